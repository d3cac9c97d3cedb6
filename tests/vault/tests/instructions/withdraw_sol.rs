//! `withdraw_sol`.

use primis_tests_vault::{Refusal, SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn staked() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    (world, alice)
}

#[test]
fn returns_the_sol_and_keeps_what_is_owed() {
    let (mut world, alice) = staked();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(3_600);
    let before = world.lamports(&alice.pubkey());
    let outcome = world.withdraw(&alice, 4 * SOL).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + 4 * SOL);
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(position.units, 6 * SOL);
    assert!((SOL - 1..=SOL).contains(&position.owed_lamports));
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn(e)] if e.emergency == 0 && e.owed_lamports == position.owed_lamports && e.total_units == 6 * SOL)
    );
    world.withdraw(&alice, 6 * SOL).unwrap();
    assert_eq!(world.lamports(&world.pool), world.pool().rent_lamports);
}

#[test]
fn a_donation_to_the_pool_belongs_to_nobody() {
    let (mut world, alice) = staked();
    let pool = world.pool;
    world.svm.airdrop(&pool, 3 * SOL).unwrap();
    let withdraw = world.withdraw_ix(&alice.pubkey(), 10 * SOL + 1);
    world.refuse(&[withdraw], &[&alice], VaultError::InsufficientUnits);
    world.withdraw(&alice, 10 * SOL).unwrap();
}

#[test]
fn is_open_while_everything_is_paused_and_the_pool_closed() {
    let (mut world, alice) = staked();
    super::set_pause::pause(&mut world, 3);
    let authority = world.authority.insecure_clone();
    let close = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    }
    .instruction(1, 1, 1);
    world.send(&[close], &[&authority]).unwrap();
    world.withdraw(&alice, 10 * SOL).unwrap();
}

#[test]
fn refuses_zero_and_more_than_there_is() {
    let (mut world, alice) = staked();
    let bob = world.staker("bob", 100 * SOL);
    world.deposit(&bob, 50 * SOL).unwrap();
    for (lamports, why) in [
        (0, VaultError::ZeroAmount),
        (10 * SOL + 1, VaultError::InsufficientUnits),
        (u64::MAX, VaultError::InsufficientUnits),
    ] {
        let withdraw = world.withdraw_ix(&alice.pubkey(), lamports);
        world.refuse(&[withdraw], &[&alice], why);
    }
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice) = staked();
    let position = world.position_address(&alice.pubkey());
    let thieves = [
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ];
    for thief in thieves {
        let withdraw = ix::WithdrawSol {
            owner: thief.pubkey(),
            pool: world.pool,
            position,
        }
        .instruction(SOL);
        world.refuse(&[withdraw], &[&thief], VaultError::NotPositionOwner);
    }
    let mut withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    withdraw.accounts[0].is_signer = false;
    world.refuse(&[withdraw], &[], super::missing_signature());
}

#[test]
fn refuses_another_pool() {
    let (mut world, alice) = staked();
    let (_, other) = super::other_vault(&mut world);
    let mut withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    withdraw.accounts[1].pubkey = other;
    world.refuse(&[withdraw], &[&alice], VaultError::PositionOfAnotherPool);
    let real = world.pool;
    let forged = super::forge(&mut world, real);
    let mut withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    withdraw.accounts[1].pubkey = forged;
    world.refuse(&[withdraw], &[&alice], super::illegal_owner());
}

#[test]
fn refuses_a_forged_position() {
    let (mut world, alice) = staked();
    let position = world.position_address(&alice.pubkey());
    let forged = super::forge(&mut world, position);
    let mut withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    withdraw.accounts[2].pubkey = forged;
    world.refuse(&[withdraw], &[&alice], super::illegal_owner());
}

#[test]
fn refuses_the_same_writable_account_twice() {
    let (mut world, alice) = staked();
    let mut withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    withdraw.accounts[2].pubkey = world.pool;
    world.refuse(&[withdraw], &[&alice], Refusal::duplicate_mutable_account());
}

#[test]
fn refuses_a_closed_position_even_if_revived_with_lamports() {
    let (mut world, alice) = staked();
    world.withdraw(&alice, 10 * SOL).unwrap();
    let position = world.position_address(&alice.pubkey());
    let revive = solana_system_interface::instruction::transfer(&alice.pubkey(), &position, SOL);
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close, revive], &[&alice]).unwrap();
    let withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    world.refuse(&[withdraw], &[&alice], super::no_data());
}
