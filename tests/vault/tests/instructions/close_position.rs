//! `close_position`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn emptied() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let (alice, bob) = (
        world.staker("alice", 100 * SOL),
        world.staker("bob", 100 * SOL),
    );
    world.deposit(&alice, 10 * SOL).unwrap();
    world.deposit(&bob, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    world.withdraw(&alice, 10 * SOL).unwrap();
    (world, alice)
}

#[test]
fn pays_what_is_owed_and_returns_the_rent() {
    let (mut world, alice) = emptied();
    let owed = world.owed(&alice.pubkey());
    assert!(owed > 0);
    let close = world.close_ix(&alice.pubkey());
    let outcome = world.send(&[close], &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), 100 * SOL + owed);
    assert!(world.position(&alice.pubkey()).is_none());
    assert_eq!(world.pool().position_count, 1);
    assert!(
        matches!(outcome.events[..], [Event::Claimed(c), Event::PositionClosed(e)] if c.amount_lamports == owed && e.owner == alice.pubkey())
    );
}

#[test]
fn returns_dust_that_was_sent_in() {
    let (mut world, alice) = emptied();
    world.claim(&alice).unwrap();
    let (position, before) = (
        world.position_address(&alice.pubkey()),
        world.lamports(&alice.pubkey()),
    );
    let rent = world.lamports(&position);
    world.svm.airdrop(&position, 777).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + rent + 777);
}

#[test]
fn can_be_opened_again_and_starts_from_nothing() {
    let (mut world, alice) = emptied();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    world.pass(600);
    world.deposit(&alice, SOL).unwrap();
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(
        (
            position.units,
            position.claimed_total_lamports,
            world.owed(&alice.pubkey())
        ),
        (SOL, 0, 0)
    );
}

#[test]
fn is_open_while_everything_is_paused() {
    let (mut world, alice) = emptied();
    super::set_pause::pause(&mut world, 3);
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
}

#[test]
fn refuses_while_units_are_left() {
    let (mut world, alice) = emptied();
    world.deposit(&alice, SOL).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.refuse(&[close], &[&alice], VaultError::PositionNotEmpty);
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice) = emptied();
    let position = world.position_address(&alice.pubkey());
    let thief = super::stranger(&mut world);
    let close = ix::ClosePosition {
        owner: thief.pubkey(),
        vault: world.vault,
        pool: world.pool,
        position,
    }
    .instruction();
    world.refuse(&[close], &[&thief], VaultError::NotPositionOwner);
    let mut close = world.close_ix(&alice.pubkey());
    close.accounts[0].is_signer = false;
    world.refuse(&[close], &[], super::missing_signature());
}

#[test]
fn refuses_a_second_time() {
    let (mut world, alice) = emptied();
    let close = world.close_ix(&alice.pubkey());
    world.send(std::slice::from_ref(&close), &[&alice]).unwrap();
    assert!(world.send(&[close], &[&alice]).is_err());
}

#[test]
fn refuses_what_belongs_to_another_vault() {
    let (mut world, alice) = emptied();
    let (other_vault, other_pool) = super::other_vault(&mut world);
    let mut close = world.close_ix(&alice.pubkey());
    close.accounts[1].pubkey = other_vault;
    world.refuse(&[close.clone()], &[&alice], VaultError::PoolOfAnotherVault);
    close.accounts[2].pubkey = other_pool;
    world.refuse(&[close], &[&alice], VaultError::PositionOfAnotherPool);
}
