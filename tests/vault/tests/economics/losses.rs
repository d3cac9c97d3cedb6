//! A loss that the reserve does not cover: it is everyone's alike, and nobody who comes later pays
//! for it or gains by it. A loss of everything: `total_loss.rs`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{VaultError, math::value_lamports};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Alice with 40 and Bob with 60 SOL, 90 of them delegated and 10 free.
pub fn delegated() -> (World, Keypair, Keypair, Address) {
    let mut world = World::new();
    let vote = world.add_validator("validator", 500 * SOL);
    let (alice, bob) = (
        world.staker("alice", 1_000 * SOL),
        world.staker("bob", 1_000 * SOL),
    );
    world.deposit(&alice, 40 * SOL).unwrap();
    world.deposit(&bob, 60 * SOL).unwrap();
    world.delegate(&vote, 90 * SOL).unwrap();
    world.pass_epochs(1);
    (world, alice, bob, vote)
}

/// Slashes the delegation so that so much principal is lost, and recognises it.
pub fn lose(world: &mut World, lamports: u64) {
    let delegation = world.delegation(0).unwrap();
    let spare = world.stake_lamports(0) - delegation.principal_lamports;
    world.slash(0, lamports + spare);
    world.harvest(0).unwrap();
}

pub fn bring_back(world: &mut World) {
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
}

#[test]
fn is_shared_by_all_alike_whoever_leaves_first() {
    let (mut world, alice, bob, _) = delegated();
    lose(&mut world, 25 * SOL);
    assert_eq!(world.pool().price, SOL * 3 / 4);
    bring_back(&mut world);
    for (who, units) in [(&alice, 40 * SOL), (&bob, 60 * SOL)] {
        let before = world.lamports(&who.pubkey());
        world.withdraw(who, units).unwrap();
        assert_eq!(world.lamports(&who.pubkey()), before + units * 3 / 4);
    }
    assert_eq!(world.free_lamports(), 0);
}

#[test]
fn losses_add_up_and_stay_visible() {
    let (mut world, _, _, _) = delegated();
    for (lost, price) in [(10 * SOL, 900_000_000), (45 * SOL, 450_000_000)] {
        lose(&mut world, lost);
        assert_eq!(world.pool().price, price);
    }
    assert_eq!(world.pool().lost_total_lamports, 55 * SOL);
    assert_eq!(world.pool().staked_lamports, 35 * SOL);
}

#[test]
fn who_comes_later_neither_pays_for_it_nor_gains_by_it() {
    let (mut world, alice, _, _) = delegated();
    // A price with no end of digits: every conversion rounds.
    lose(&mut world, 33 * SOL + 333_333_333);
    let price = world.pool().price;
    assert_eq!(price, 666_666_666);
    let carol = world.staker("carol", 1_000 * SOL);
    let minimum = world.pool().min_deposit_units;
    for lamports in [
        minimum,
        minimum + 1,
        SOL - 1,
        SOL,
        7 * SOL + 123_457,
        99 * SOL,
    ] {
        let (pool, wallet) = (world.pool(), world.lamports(&carol.pubkey()));
        world.deposit(&carol, lamports).unwrap();
        let units = world.pool().total_units - pool.total_units;
        let value = value_lamports(units, price).unwrap();
        assert!(
            (lamports - 1..=lamports).contains(&value),
            "{lamports} lamports became units worth {value}"
        );
        // In and out: at most a lamport is lost, to the vault.
        world.withdraw(&carol, units).unwrap();
        let close = world.close_ix(&carol.pubkey());
        world.send(&[close], &[&carol]).unwrap();
        let back = world.lamports(&carol.pubkey());
        assert!(
            (wallet - 1..=wallet).contains(&back),
            "{wallet} became {back}"
        );
        assert_eq!(world.pool().price, price, "the others' price moved");
    }
    // And Alice, who was there, gets what her units are worth.
    let before = world.lamports(&alice.pubkey());
    world.withdraw(&alice, 3 * SOL).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + 3 * price);
}

#[test]
fn many_small_withdrawals_gain_nothing_by_rounding() {
    let (mut world, alice, _, _) = delegated();
    lose(&mut world, 33 * SOL + 333_333_333);
    let before = world.lamports(&alice.pubkey());
    for _ in 0..100 {
        world.withdraw(&alice, 2).unwrap();
    }
    // Two units are worth a lamport and a third.
    assert_eq!(world.lamports(&alice.pubkey()), before + 100);
}

#[test]
fn yield_compounds_at_the_price() {
    let (mut world, alice, _, _) = delegated();
    lose(&mut world, 50 * SOL);
    world.distribute(10 * SOL).unwrap();
    world.pass(3_600);
    let owed = world.owed(&alice.pubkey());
    let (free, price) = (world.free_lamports(), world.pool().price);
    assert_eq!(price, SOL / 2);
    let compound = world.compound_ix(&alice.pubkey());
    world.send(&[compound], &[&alice]).unwrap();
    assert_eq!(world.free_lamports(), free + owed);
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(position.units, 40 * SOL + 2 * owed);
}

#[test]
fn what_was_donated_to_the_pool_covers_it_first() {
    let (mut world, _, _, _) = delegated();
    let pool = world.pool;
    world.svm.airdrop(&pool, 4 * SOL).unwrap();
    lose(&mut world, 3 * SOL);
    assert_eq!(world.pool().price, SOL);
    assert_eq!(world.pool().lost_total_lamports, 3 * SOL);
    lose(&mut world, 2 * SOL);
    assert_eq!(world.pool().price, SOL * 99 / 100);
}

#[test]
fn an_emergency_takes_what_is_free_at_the_price() {
    let (mut world, alice, bob, _) = delegated();
    lose(&mut world, 50 * SOL);
    let before = world.lamports(&bob.pubkey());
    let emergency = world.emergency_ix(&bob.pubkey());
    world.send(&[emergency], &[&bob]).unwrap();
    assert_eq!(world.lamports(&bob.pubkey()), before + 10 * SOL);
    assert_eq!(world.position(&bob.pubkey()).unwrap().units, 40 * SOL);
    let withdraw = world.withdraw_ix(&alice.pubkey(), 2);
    world.refuse(&[withdraw], &[&alice], VaultError::InsufficientLiquidity);
}
