//! Deposits around a distribution.

use primis_tests_vault::{SOL, World};
use solana_signer::Signer;

/// Seconds of a slot, rounded up.
const SLOT: i64 = 1;

#[test]
fn in_before_and_out_after_a_distribution_earns_less_than_a_hundredth() {
    let mut world = World::new();
    let (steady, hasty) = (
        world.staker("steady", 100 * SOL),
        world.staker("hasty", 100 * SOL),
    );
    world.deposit(&steady, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(SOL).unwrap();
    world.pass(600 - SLOT);
    world.deposit(&hasty, 10 * SOL).unwrap();
    world.pass(SLOT);
    world.distribute(SOL).unwrap();
    world.pass(SLOT);
    world.withdraw(&hasty, 10 * SOL).unwrap();
    let earned_before = world.owed(&steady.pubkey());
    world.pass(600);
    let interval = world.owed(&steady.pubkey()) - earned_before;
    let hasty = world.owed(&hasty.pubkey());
    assert!(hasty > 0 && hasty * 100 < interval, "{hasty} of {interval}");
}

#[test]
fn in_and_out_in_one_transaction_earns_nothing() {
    let mut world = World::new();
    let (steady, hasty) = (
        world.staker("steady", 100 * SOL),
        world.staker("hasty", 100 * SOL),
    );
    world.deposit(&steady, SOL).unwrap();
    world.pass(600);
    let keeper = world.keeper.insecure_clone();
    use primis_vault_interface::Source;
    let sandwich = [
        world.deposit_ix(&hasty.pubkey(), 99 * SOL),
        world.fund_ix(Source::Compute, SOL),
        world.distribute_ix(Source::Compute, SOL),
        world.withdraw_ix(&hasty.pubkey(), 99 * SOL),
    ];
    world.send(&sandwich, &[&hasty, &keeper]).unwrap();
    assert_eq!(world.owed(&hasty.pubkey()), 0);
    world.pass(3_600);
    assert_eq!(world.owed(&hasty.pubkey()), 0);
}

#[test]
fn equal_stakes_earn_equally_whoever_settles_more_often() {
    let mut world = World::new();
    let (often, once) = (
        world.staker("often", 100 * SOL),
        world.staker("once", 100 * SOL),
    );
    world.deposit(&often, 10 * SOL).unwrap();
    world.deposit(&once, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(126_801_117).unwrap();
    let settlements = 60;
    for _ in 0..settlements {
        world.pass(60);
        world.claim(&often).unwrap();
    }
    let (often, once) = (
        world
            .position(&often.pubkey())
            .unwrap()
            .claimed_total_lamports,
        world.owed(&once.pubkey()),
    );
    assert!(
        often <= once && once - often <= settlements,
        "{often} {once}"
    );
}
