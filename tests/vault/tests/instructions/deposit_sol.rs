//! `deposit_sol`.

use primis_tests_vault::{Refusal, SOL, World, key};
use primis_vault_interface::{VaultError, events::Event};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

#[test]
fn opens_the_position_and_takes_the_sol() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    let outcome = world.deposit(&alice, 10 * SOL).unwrap();
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!((position.units, position.owed_lamports), (10 * SOL, 0));
    assert_eq!(world.pool().total_units, 10 * SOL);
    assert_eq!(
        world.lamports(&world.pool),
        world.pool().rent_lamports + 10 * SOL
    );
    assert!(
        matches!(outcome.events[..], [Event::PositionOpened(_), Event::Deposited(e)] if e.amount_units == 10 * SOL && e.total_units == 10 * SOL)
    );
    let outcome = world.deposit(&alice, 5 * SOL).unwrap();
    assert!(matches!(outcome.events[..], [Event::Deposited(e)] if e.position_units == 15 * SOL));
}

#[test]
fn earns_nothing_of_the_past() {
    let mut world = World::new();
    let (alice, bob) = (
        world.staker("alice", 100 * SOL),
        world.staker("bob", 100 * SOL),
    );
    world.deposit(&alice, SOL).unwrap();
    world.pass(600);
    world.distribute(SOL).unwrap();
    world.pass(1_800);
    world.deposit(&bob, 99 * SOL).unwrap();
    assert_eq!(world.owed(&bob.pubkey()), 0);
    // Half of the hour's stream of half a SOL, less the floor of one settlement.
    assert!((SOL / 4 - 1..=SOL / 4).contains(&world.owed(&alice.pubkey())));
}

#[test]
fn a_prefunded_position_still_works() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    let address = world.position_address(&alice.pubkey());
    world.svm.airdrop(&address, 1_000_000).unwrap();
    world.deposit(&alice, SOL).unwrap();
    assert_eq!(world.position(&alice.pubkey()).unwrap().units, SOL);
}

#[test]
fn refuses_zero_and_less_than_the_minimum() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    for (lamports, why) in [
        (0, VaultError::ZeroAmount),
        (1, VaultError::BelowMinimumDeposit),
        (SOL / 100 - 1, VaultError::BelowMinimumDeposit),
    ] {
        let deposit = world.deposit_ix(&alice.pubkey(), lamports);
        world.refuse(&[deposit], &[&alice], why);
    }
    world.deposit(&alice, SOL / 100).unwrap();
}

#[test]
fn refuses_more_than_the_cap() {
    let mut world = World::new();
    let alice = world.staker("alice", 2_000_000 * SOL);
    world.deposit(&alice, 999_999 * SOL).unwrap();
    for lamports in [SOL + 1, u64::MAX - 999_999 * SOL, u64::MAX] {
        let deposit = world.deposit_ix(&alice.pubkey(), lamports);
        let why = if lamports == u64::MAX {
            VaultError::Overflow
        } else {
            VaultError::OverPoolCap
        };
        world.refuse(&[deposit], &[&alice], why);
    }
    world.deposit(&alice, SOL).unwrap();
}

#[test]
fn refuses_more_than_the_wallet_holds() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let deposit = world.deposit_ix(&alice.pubkey(), 2 * SOL);
    world.refuse(&[deposit], &[&alice], InstructionError::Custom(1)); // the System program: insufficient funds
}

#[test]
fn refuses_while_deposits_are_paused() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    super::set_pause::pause(&mut world, 1);
    let deposit = world.deposit_ix(&alice.pubkey(), SOL);
    world.refuse(&[deposit], &[&alice], VaultError::DepositsPaused);
}

#[test]
fn refuses_without_the_owners_signature() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[0].is_signer = false;
    world.refuse(&[deposit], &[], super::missing_signature());
}

#[test]
fn refuses_the_vault_or_the_pool_as_the_source() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    for source in [world.vault, world.pool] {
        let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
        deposit.accounts[0].pubkey = source;
        deposit.accounts[0].is_signer = false;
        let refusal = world.send(&[deposit], &[]).unwrap_err();
        let duplicate = Refusal::duplicate_mutable_account();
        assert!(
            refusal == super::missing_signature() || refusal == duplicate,
            "{refusal:?}"
        );
    }
}

#[test]
fn refuses_someone_elses_position() {
    let mut world = World::new();
    let (alice, bob) = (
        world.staker("alice", 100 * SOL),
        world.staker("bob", 100 * SOL),
    );
    world.deposit(&bob, SOL).unwrap();
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[3].pubkey = world.position_address(&bob.pubkey());
    world.refuse(&[deposit], &[&alice], VaultError::NotPositionOwner);
}

#[test]
fn refuses_a_position_at_another_address() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[3].pubkey = key("elsewhere").pubkey();
    world.refuse(&[deposit], &[&alice], VaultError::WrongPositionAddress);
}

#[test]
fn refuses_what_belongs_to_another_vault() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, SOL).unwrap();
    let (other_vault, other_pool) = super::other_vault(&mut world);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[1].pubkey = other_vault;
    world.refuse(&[deposit], &[&alice], VaultError::PoolOfAnotherVault);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[1].pubkey = other_vault;
    deposit.accounts[2].pubkey = other_pool;
    world.refuse(&[deposit], &[&alice], VaultError::PositionOfAnotherPool);
}

#[test]
fn refuses_forged_and_swapped_accounts() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, SOL).unwrap();
    let real = world.pool;
    let forged = super::forge(&mut world, real);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[2].pubkey = forged;
    world.refuse(&[deposit], &[&alice], super::illegal_owner());
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[1].pubkey = world.position_address(&alice.pubkey());
    assert!(world.send(&[deposit], &[&alice]).is_err());
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[1].pubkey = forged;
    world.refuse(&[deposit], &[&alice], super::illegal_owner());
}

#[test]
fn refuses_the_same_writable_account_twice() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, SOL).unwrap();
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[3].pubkey = world.pool;
    world.refuse(&[deposit], &[&alice], Refusal::duplicate_mutable_account());
}

#[test]
fn refuses_another_system_program() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    let mut deposit = world.deposit_ix(&alice.pubkey(), SOL);
    deposit.accounts[4].pubkey = primis_vault_interface::ID;
    world.refuse(&[deposit], &[&alice], InstructionError::IncorrectProgramId);
}
