//! `update_pool`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn update(world: &World, cap: u64, min: u64, status: u8) -> solana_instruction::Instruction {
    ix::UpdatePool {
        authority: world.authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    }
    .instruction(cap, min, status)
}

#[test]
fn a_lower_cap_and_a_closed_pool_lock_nobody_in() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    let authority = world.authority.insecure_clone();
    let change = update(&world, SOL, 1, 1);
    let outcome = world.send(&[change], &[&authority]).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::PoolUpdated(e)] if e.cap_units == SOL && e.status == 1)
    );
    let deposit = world.deposit_ix(&alice.pubkey(), SOL);
    world.refuse(&[deposit], &[&alice], VaultError::PoolClosedToDeposits);
    world.withdraw(&alice, 10 * SOL).unwrap();
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let mut change = update(&world, SOL, 1, 0);
        change.accounts[0].pubkey = who.pubkey();
        world.refuse(&[change], &[&who], VaultError::NotAuthority);
    }
}

#[test]
fn refuses_a_pool_of_another_vault() {
    let mut world = World::new();
    let (_, other) = super::other_vault(&mut world);
    let authority = world.authority.insecure_clone();
    let mut change = update(&world, SOL, 1, 0);
    change.accounts[2].pubkey = other;
    world.refuse(&[change], &[&authority], VaultError::PoolOfAnotherVault);
}

#[test]
fn refuses_bounds_and_status_it_does_not_know() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let change = update(&world, SOL, 0, 0);
    world.refuse(
        &[change],
        &[&authority],
        VaultError::MinimumDepositOutOfBounds,
    );
    let change = update(&world, SOL, SOL + 1, 0);
    world.refuse(
        &[change],
        &[&authority],
        VaultError::MinimumDepositOutOfBounds,
    );
    let change = update(&world, SOL, 1, 3);
    world.refuse(&[change], &[&authority], VaultError::UnknownPoolStatus);
}
