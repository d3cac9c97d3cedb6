//! A loss of everything: units that are worth nothing leave by every way, keep nobody's deposit, and
//! once the last of them is gone a unit is a lamport again. What rounding left behind is nobody's.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::losses::{bring_back, delegated, lose};

/// Alice with 40 and Bob with 50 SOL of which all but `left` lamports are lost, with yield earned.
fn lost(left: u64) -> (World, Keypair, Keypair) {
    let (mut world, alice, bob, _) = delegated();
    world.distribute(10 * SOL).unwrap();
    world.pass(3_600);
    world.withdraw(&bob, 10 * SOL).unwrap();
    lose(&mut world, 90 * SOL - left);
    (world, alice, bob)
}

/// Everyone withdraws the units they have.
fn leave(world: &mut World, everyone: [&Keypair; 2]) {
    for who in everyone {
        let units = world.position(&who.pubkey()).unwrap().units;
        world.withdraw(who, units).unwrap();
    }
    assert_eq!(world.pool().total_units, 0);
}

/// Deposits; returns the units it became.
fn units_of(world: &mut World, who: &Keypair, lamports: u64) -> u64 {
    let before = world.pool().total_units;
    world.deposit(who, lamports).unwrap();
    world.pool().total_units - before
}

/// The smallest deposit becomes a lamport.
fn take_any_deposit(world: &mut World) {
    let authority = world.authority.insecure_clone();
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    };
    let update = update.instruction(1_000_000 * SOL, 1, 0);
    world.send(&[update], &[&authority]).unwrap();
}

#[test]
fn units_worth_nothing_leave_by_every_way_and_their_owners_close_and_claim() {
    // All but a lamport, which makes no price.
    let (mut world, alice, bob) = lost(1);
    assert_eq!(world.pool().price, 0);
    assert_eq!(world.pool().lost_total_lamports, 90 * SOL - 1);
    let owed = world.owed(&alice.pubkey());
    let (wallet, rent) = (
        world.lamports(&alice.pubkey()),
        world.lamports(&world.position_address(&alice.pubkey())),
    );
    world.open_ticket(&alice, 30 * SOL).unwrap();
    world.serve_ticket(0).unwrap();
    world.withdraw(&alice, 10 * SOL).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), wallet + owed + rent);
    // Bob holds tickets, one of them cancelled, and leaves the rest in an emergency.
    for units in [SOL, 2 * SOL, 3 * SOL] {
        world.open_ticket(&bob, units).unwrap();
    }
    world.cancel_ticket(&bob, 2).unwrap();
    let emergency = world.emergency_ix(&bob.pubkey());
    world.send(&[emergency], &[&bob]).unwrap();
    assert_eq!(world.position(&bob.pubkey()).unwrap().units, 4 * SOL);
    for number in 1..4 {
        world.serve_ticket(number).unwrap();
    }
    let close = world.close_ix(&bob.pubkey());
    world.send(&[close], &[&bob]).unwrap();
    let pool = world.pool();
    assert_eq!((pool.total_units, pool.position_count), (0, 0));
}

#[test]
fn no_deposit_is_taken_while_units_worth_nothing_remain() {
    let (mut world, alice, bob) = lost(1);
    let carol = world.staker("carol", 1_000 * SOL);
    world.withdraw(&bob, 50 * SOL).unwrap();
    for remaining in [40 * SOL, 1] {
        let units = world.position(&alice.pubkey()).unwrap().units;
        if units > remaining {
            world.withdraw(&alice, units - remaining).unwrap();
        }
        let deposit = world.deposit_ix(&carol.pubkey(), SOL);
        world.refuse(&[deposit], &[&carol], VaultError::UnitsWorthNothing);
        let compound = world.compound_ix(&alice.pubkey());
        world.refuse(&[compound], &[&alice], VaultError::UnitsWorthNothing);
    }
    world.withdraw(&alice, 1).unwrap();
    assert_eq!(units_of(&mut world, &carol, SOL), SOL);
}

#[test]
fn the_price_starts_over_once_the_last_unit_has_left() {
    let (mut world, alice, bob) = lost(1);
    leave(&mut world, [&alice, &bob]);
    assert_eq!(world.pool().price, 0);
    let deposit = world.deposit(&alice, 7 * SOL).unwrap();
    let [Event::PriceRefreshed(over), Event::Deposited(deposited)] = deposit.events[..] else {
        panic!("{:?}", deposit.events);
    };
    assert_eq!((over.price_before, over.price), (0, SOL));
    assert_eq!(deposited.amount_units, 7 * SOL);
    // From then on it is a pool like any other.
    let before = world.lamports(&alice.pubkey());
    let deposit = world.deposit(&bob, 5 * SOL).unwrap();
    assert!(matches!(deposit.events[..], [Event::Deposited(_)]));
    world.withdraw(&alice, 7 * SOL).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + 7 * SOL);
    world.withdraw(&bob, 5 * SOL).unwrap();
    assert_eq!(world.pool().price, SOL);
}

#[test]
fn yield_of_before_the_loss_compounds_into_a_pool_that_starts_over() {
    let (mut world, alice, bob) = lost(1);
    let owed = world.owed(&alice.pubkey());
    leave(&mut world, [&alice, &bob]);
    let compound = world.compound_ix(&alice.pubkey());
    world.send(&[compound], &[&alice]).unwrap();
    assert_eq!(world.position(&alice.pubkey()).unwrap().units, owed);
    world.withdraw(&alice, owed).unwrap();
}

#[test]
fn a_price_that_a_part_was_lost_of_starts_over_too() {
    let (mut world, alice, bob, _) = delegated();
    lose(&mut world, 33 * SOL + 333_333_333);
    bring_back(&mut world);
    world.withdraw(&bob, 60 * SOL).unwrap();
    // Not as long as one unit is left that bears the loss.
    world.withdraw(&alice, 40 * SOL - 1).unwrap();
    assert!(units_of(&mut world, &bob, SOL) > SOL);
    leave(&mut world, [&alice, &bob]);
    assert_eq!(units_of(&mut world, &bob, SOL), SOL);
    assert_eq!(world.pool().price, SOL);
}

#[test]
fn what_was_left_over_is_nobodys_however_little_is_deposited() {
    // 89 lamports make no price for 90 SOL in units either.
    let (mut world, alice, bob) = lost(89);
    leave(&mut world, [&alice, &bob]);
    bring_back(&mut world);
    let left = world.free_lamports();
    assert_eq!(left, 89);
    take_any_deposit(&mut world);
    let (carol, mallory) = (
        world.staker("carol", 100 * SOL),
        world.staker("mallory", 100 * SOL),
    );
    // First in, with the least there is; and again after others.
    for others in [0, 10 * SOL] {
        if others > 0 {
            world.deposit(&carol, others).unwrap();
        }
        world.deposit(&mallory, 1).unwrap();
        let held = world.lamports(&mallory.pubkey());
        let more = world.withdraw_ix(&mallory.pubkey(), 2);
        world.refuse(&[more], &[&mallory], VaultError::InsufficientUnits);
        world.withdraw(&mallory, 1).unwrap();
        assert_eq!(world.lamports(&mallory.pubkey()), held + 1);
        // Nor by the other two ways out.
        world.deposit(&mallory, 1).unwrap();
        let emergency = world.emergency_ix(&mallory.pubkey());
        world.send(&[emergency], &[&mallory]).unwrap();
        world.deposit(&mallory, 1).unwrap();
        world.open_ticket(&mallory, 1).unwrap();
        world
            .serve_ticket(world.pool().ticket_next.saturating_sub(1))
            .unwrap();
        assert_eq!(world.free_lamports(), left + others);
    }
    // Who was there all along has lost nothing by it.
    world.withdraw(&carol, 10 * SOL).unwrap();
    assert_eq!(world.free_lamports(), left);
}

#[test]
fn what_was_left_over_bears_a_later_loss_first() {
    let (mut world, alice, bob) = lost(89);
    leave(&mut world, [&alice, &bob]);
    world.deposit(&alice, 100 * SOL).unwrap();
    let vote = world.delegation(0).unwrap().vote;
    world.delegate(&vote, 50 * SOL).unwrap();
    world.pass_epochs(1);
    let spare = world.stake_lamports(1) - 50 * SOL;
    world.slash(1, spare + 89);
    world.harvest(1).unwrap();
    assert_eq!(world.pool().price, SOL);
    world.slash(1, SOL);
    world.harvest(1).unwrap();
    assert_eq!(world.pool().price, SOL * 99 / 100);
}
