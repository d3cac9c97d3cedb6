//! `open_position`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

fn open(
    world: &World,
    payer: &impl Signer,
    owner: &impl Signer,
) -> solana_instruction::Instruction {
    let position = world.position_address(&owner.pubkey());
    ix::OpenPosition {
        payer: payer.pubkey(),
        pool: world.pool,
        position,
    }
    .instruction(owner.pubkey())
}

#[test]
fn anyone_may_pay_for_it() {
    let mut world = World::new();
    let (alice, bob) = (world.staker("alice", SOL), world.staker("bob", SOL));
    let ix = open(&world, &bob, &alice);
    let outcome = world.send(&[ix], &[&bob]).unwrap();
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(
        (position.owner, position.pool, position.units),
        (alice.pubkey(), world.pool, 0)
    );
    assert!(
        matches!(outcome.events[..], [Event::PositionOpened(e)] if e.owner == alice.pubkey() && e.position_count == 1)
    );
}

#[test]
fn a_prefunded_address_still_works() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let address = world.position_address(&alice.pubkey());
    world.svm.airdrop(&address, 12_345_678).unwrap();
    let ix = open(&world, &alice, &alice);
    world.send(&[ix], &[&alice]).unwrap();
    // The rent and what was sent before come back when it closes.
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), SOL + 12_345_678);
}

#[test]
fn refuses_a_second_time() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let ix = open(&world, &alice, &alice);
    world.send(std::slice::from_ref(&ix), &[&alice]).unwrap();
    world.refuse(&[ix], &[&alice], InstructionError::Custom(0));
}

#[test]
fn refuses_another_address() {
    let mut world = World::new();
    let (alice, bob) = (world.staker("alice", SOL), world.staker("bob", SOL));
    let mut ix = open(&world, &alice, &alice);
    ix.accounts[2].pubkey = world.position_address(&bob.pubkey());
    world.refuse(&[ix], &[&alice], VaultError::WrongPositionAddress);
}

#[test]
fn refuses_a_bump_that_is_not_canonical() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let owner = alice.pubkey();
    let canonical = world.position_address(&owner);
    let mut all = (0..=255u8).rev().filter_map(|bump| {
        let seeds: [&[u8]; 4] = [b"position", world.pool.as_ref(), owner.as_ref(), &[bump]];
        solana_address::Address::create_program_address(&seeds, &primis_vault_interface::ID).ok()
    });
    let other = all.nth(1).unwrap();
    assert_ne!(other, canonical);
    let mut ix = open(&world, &alice, &alice);
    ix.accounts[2].pubkey = other;
    world.refuse(&[ix], &[&alice], VaultError::WrongPositionAddress);
}

#[test]
fn refuses_without_the_payers_signature() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let mut ix = open(&world, &alice, &alice);
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}

#[test]
fn refuses_a_pool_that_is_not_the_programs() {
    let mut world = World::new();
    let alice = world.staker("alice", SOL);
    let real = world.pool;
    let forged = super::forge(&mut world, real);
    let position = primis_vault_interface::position_address(&forged, &alice.pubkey());
    let ix = ix::OpenPosition {
        payer: alice.pubkey(),
        pool: forged,
        position,
    }
    .instruction(alice.pubkey());
    world.refuse(&[ix], &[&alice], super::illegal_owner());
}
