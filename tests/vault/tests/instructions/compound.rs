//! `compound`.

use primis_tests_vault::{Refusal, SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn earned() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    (world, alice)
}

#[test]
fn turns_what_is_owed_into_principal() {
    let (mut world, alice) = earned();
    let (owed, wallet) = (world.owed(&alice.pubkey()), world.lamports(&alice.pubkey()));
    let compound = world.compound_ix(&alice.pubkey());
    let outcome = world.send(&[compound], &[&alice]).unwrap();
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(
        (
            position.units,
            position.owed_lamports,
            position.claimed_total_lamports
        ),
        (10 * SOL + owed, 0, owed)
    );
    assert_eq!(
        world.lamports(&world.pool),
        world.pool().rent_lamports + 10 * SOL + owed
    );
    assert_eq!(world.lamports(&alice.pubkey()), wallet);
    assert!(
        matches!(outcome.events[..], [Event::Compounded(e)] if e.amount_lamports == owed && e.total_units == 10 * SOL + owed)
    );
    let again = world.compound_ix(&alice.pubkey());
    world.refuse(&[again], &[&alice], VaultError::NothingOwed);
    world.withdraw(&alice, 10 * SOL + owed).unwrap();
}

#[test]
fn refuses_while_deposits_are_paused() {
    let (mut world, alice) = earned();
    super::set_pause::pause(&mut world, 1);
    let compound = world.compound_ix(&alice.pubkey());
    world.refuse(&[compound], &[&alice], VaultError::DepositsPaused);
    world.claim(&alice).unwrap();
}

#[test]
fn refuses_over_the_cap_and_in_a_closed_pool() {
    let (mut world, alice) = earned();
    let authority = world.authority.insecure_clone();
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    };
    world
        .send(&[update.instruction(10 * SOL, 1, 0)], &[&authority])
        .unwrap();
    let compound = world.compound_ix(&alice.pubkey());
    world.refuse(
        std::slice::from_ref(&compound),
        &[&alice],
        VaultError::OverPoolCap,
    );
    world
        .send(&[update.instruction(100 * SOL, 1, 1)], &[&authority])
        .unwrap();
    world.refuse(&[compound], &[&alice], VaultError::PoolClosedToDeposits);
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice) = earned();
    let position = world.position_address(&alice.pubkey());
    let thief = super::stranger(&mut world);
    let compound = ix::Compound {
        owner: thief.pubkey(),
        vault: world.vault,
        pool: world.pool,
        position,
    }
    .instruction();
    world.refuse(&[compound], &[&thief], VaultError::NotPositionOwner);
    let mut compound = world.compound_ix(&alice.pubkey());
    compound.accounts[0].is_signer = false;
    world.refuse(&[compound], &[], super::missing_signature());
}

#[test]
fn refuses_what_belongs_to_another_vault() {
    let (mut world, alice) = earned();
    let (other_vault, other_pool) = super::other_vault(&mut world);
    let mut compound = world.compound_ix(&alice.pubkey());
    compound.accounts[1].pubkey = other_vault;
    world.refuse(
        &[compound.clone()],
        &[&alice],
        VaultError::PoolOfAnotherVault,
    );
    compound.accounts[2].pubkey = other_pool;
    world.refuse(&[compound], &[&alice], VaultError::PositionOfAnotherPool);
}

#[test]
fn refuses_the_same_writable_account_twice() {
    let (mut world, alice) = earned();
    let mut compound = world.compound_ix(&alice.pubkey());
    compound.accounts[2].pubkey = world.vault;
    world.refuse(&[compound], &[&alice], Refusal::duplicate_mutable_account());
}
