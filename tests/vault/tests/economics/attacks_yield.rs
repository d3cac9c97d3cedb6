//! Attacks on yield, by name: timing, dust, dry streams, taking it twice, donations. In one
//! transaction: `timing.rs`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::Source;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::losses::{bring_back, delegated};

/// Alice with ten SOL staked, and a running stream of one SOL.
fn earning() -> (World, Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    (world, alice)
}

#[test]
fn a_just_in_time_deposit_in_the_same_slot_earns_nothing() {
    let (mut world, _) = earning();
    let hasty = world.staker("hasty", 1_000 * SOL);
    world.pass(1_800);
    // Before and after the distribution, all by the same clock.
    world.deposit(&hasty, 900 * SOL).unwrap();
    world.distribute(2 * SOL).unwrap();
    world.withdraw(&hasty, 900 * SOL).unwrap();
    assert_eq!(world.owed(&hasty.pubkey()), 0);
    world.pass(7_200);
    assert_eq!(world.owed(&hasty.pubkey()), 0);
}

#[test]
fn a_dry_stream_followed_by_a_top_up_pays_nothing_for_the_dry_time() {
    let (mut world, alice) = earning();
    world.pass(3_600);
    let first = world.owed(&alice.pubkey());
    assert!((SOL - 1..=SOL).contains(&first), "{first}");
    // Half a day without a stream, at the end of which somebody joins.
    world.pass(43_200);
    let late = world.staker("late", 100 * SOL);
    world.deposit(&late, 10 * SOL).unwrap();
    world.distribute(2 * SOL).unwrap();
    assert_eq!(world.owed(&alice.pubkey()), first);
    assert_eq!(world.owed(&late.pubkey()), 0);
    world.pass(1_800);
    let late = world.owed(&late.pubkey());
    assert!((SOL / 4 - 1..=SOL / 4).contains(&late), "{late}");
    assert!(world.owed(&alice.pubkey()) <= first + SOL / 4);
}

#[test]
fn dust_distributed_over_a_huge_stake_is_not_lost() {
    let mut world = World::new();
    let whale = world.staker("whale", 1_000_000 * SOL);
    world.deposit(&whale, 999_000 * SOL).unwrap();
    // A lamport for ten million units each time: a fraction of nothing that must add up.
    for _ in 0..200 {
        world.pass(3_600);
        world.distribute(200_000).unwrap();
    }
    world.pass(3_600);
    let owed = world.owed(&whale.pubkey());
    let given = 200 * 100_000;
    assert!((given - 200..=given).contains(&owed), "{owed}");
    // The least there is: a lamport, which is the stakers'.
    world.distribute(1).unwrap();
    assert_eq!(world.vault().compute.stakers_total_lamports, given + 1);
}

/// What alice owns of the vault's and her own lamports, all of it.
fn wealth(world: &World, owner: &Address) -> u64 {
    let position = world.position_address(owner);
    let units = world.position(owner).map_or(0, |p| p.units);
    world.lamports(owner) + world.lamports(&position) + units + world.owed(owner)
}

#[test]
fn no_order_of_claim_compound_withdraw_close_and_reopen_pays_twice() {
    type Make = fn(&World, &Address) -> Instruction;
    let moves: [Make; 6] = [
        |w, o| w.claim_ix(o),
        |w, o| w.compound_ix(o),
        |w, o| w.withdraw_ix(o, w.position(o).map_or(1, |p| p.units.max(1))),
        |w, o| w.emergency_ix(o),
        |w, o| w.close_ix(o),
        |w, o| w.deposit_ix(o, 10 * SOL),
    ];
    // Sequences of five moves, a move in a transaction, all by the same clock: a world is dear, and one
    // in forty-one has each move at each place many times.
    for sequence in (0..6usize.pow(5)).step_by(41) {
        let (mut world, alice) = earning();
        let bob = world.staker("bob", 100 * SOL);
        world.deposit(&bob, 10 * SOL).unwrap();
        world.pass(1_800);
        let (mine, bobs) = (
            wealth(&world, &alice.pubkey()),
            wealth(&world, &bob.pubkey()),
        );
        for place in 0..5 {
            let make = moves[sequence / 6usize.pow(place) % 6];
            let instruction = make(&world, &alice.pubkey());
            let _ = world.send(&[instruction], &[&alice]);
            assert!(wealth(&world, &alice.pubkey()) <= mine, "{sequence}");
        }
        // Who leaves in an emergency gives up what was not settled, to those who stay; in one share the
        // same yield is rounded down once instead of twice.
        let all = wealth(&world, &alice.pubkey()) + wealth(&world, &bob.pubkey());
        assert!(all <= mine + bobs + 1, "{sequence}");
        assert!(wealth(&world, &bob.pubkey()) >= bobs, "{sequence}");
    }
}

#[test]
fn a_donation_to_every_account_makes_nobody_richer_and_blocks_nothing() {
    let (mut world, alice, bob, vote) = delegated();
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    world.open_ticket(&alice, 40 * SOL).unwrap();
    let owed = [&alice, &bob].map(|who| world.owed(&who.pubkey()));
    for account in [
        world.vault,
        world.pool,
        world.position_address(&alice.pubkey()),
        world.validator_address(&vote),
        world.delegation_address(0),
        world.stake_address(0),
        world.ticket_address(0),
    ] {
        world.svm.airdrop(&account, 3 * SOL).unwrap();
    }
    assert_eq!([&alice, &bob].map(|who| world.owed(&who.pubkey())), owed);
    let more = world.withdraw_ix(&bob.pubkey(), 60 * SOL + 1);
    assert!(world.send(&[more], &[&bob]).is_err());
    world.pass(600);
    world.distribute(SOL).unwrap();
    bring_back(&mut world);
    // What lay on the stake is everyone's yield; on the pool it is nobody's.
    assert_eq!(
        world.vault().source(Source::Staking).funded_lamports,
        3 * SOL
    );
    world.serve_ticket(0).unwrap();
    world.withdraw(&bob, 60 * SOL).unwrap();
    assert_eq!(world.pool().price, SOL);
    for who in [&alice, &bob] {
        let close = world.close_ix(&who.pubkey());
        world.send(&[close], &[who]).unwrap();
    }
    assert_eq!(world.free_lamports(), 3 * SOL);
}
