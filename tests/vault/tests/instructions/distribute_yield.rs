//! `distribute_yield`.

use primis_tests_vault::{Refusal, SOL, World, config, key};
use primis_vault_interface::{Source, VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

/// A staker with 10 SOL, 10 SOL funded for each source, an interval behind.
fn funded() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    let keeper = world.keeper.insecure_clone();
    let fund = [
        world.fund_ix(Source::Compute, 10 * SOL),
        world.fund_ix(Source::Staking, 10 * SOL),
    ];
    world.send(&fund, &[&keeper]).unwrap();
    world.pass(600);
    (world, keeper)
}

#[test]
fn splits_compute_in_half_and_streams_the_stakers_part() {
    let (mut world, keeper) = funded();
    let previous = world.vault().compute.last_interval_id;
    let distribute = world.distribute_ix(Source::Compute, 126_801_117);
    let outcome = world.send(&[distribute], &[&keeper]).unwrap();
    let vault = world.vault();
    // The odd lamport is the stakers'.
    assert_eq!(
        (vault.stakers_lamports, vault.treasury_lamports),
        (63_400_559, 63_400_558)
    );
    assert_eq!(
        (
            vault.subsidy_lamports,
            vault.reserve_lamports,
            vault.carried_lamports
        ),
        (0, 0, 0)
    );
    assert_eq!(
        (
            vault.compute.funded_lamports,
            vault.compute.distribution_count
        ),
        (10 * SOL - 126_801_117, 1)
    );
    assert_eq!(
        (
            vault.compute.last_interval_id,
            vault.staking.last_interval_id
        ),
        (world.now(), previous)
    );
    let pool = world.pool();
    assert_eq!(
        (pool.stream_end, pool.streamed_total_lamports),
        (world.now() + 3_600, 63_400_559)
    );
    let [
        Event::PoolStreamed(streamed),
        Event::YieldDistributed(event),
    ] = outcome.events[..]
    else {
        panic!("{:?}", outcome.events)
    };
    assert_eq!(
        (
            streamed.amount_lamports,
            streamed.rate,
            streamed.value_lamports
        ),
        (63_400_559, pool.rate, 10 * SOL)
    );
    assert_eq!(
        (
            event.previous_interval_id,
            event.interval_id,
            event.amount_lamports
        ),
        (previous, world.now(), 126_801_117)
    );
}

#[test]
fn splits_staking_in_three() {
    let (mut world, keeper) = funded();
    let distribute = world.distribute_ix(Source::Staking, 1_003);
    world.send(&[distribute], &[&keeper]).unwrap();
    let vault = world.vault();
    assert_eq!(
        (
            vault.stakers_lamports,
            vault.subsidy_lamports,
            vault.reserve_lamports,
            vault.treasury_lamports
        ),
        (703, 200, 100, 0)
    );
    assert_eq!(
        (
            vault.staking.distribution_count,
            vault.compute.distribution_count
        ),
        (1, 0)
    );
}

#[test]
fn folds_what_is_left_of_a_running_stream_into_the_new_one() {
    let (mut world, keeper) = funded();
    let distribute = world.distribute_ix(Source::Compute, 2 * SOL);
    world.send(&[distribute], &[&keeper]).unwrap();
    world.pass(1_800);
    let distribute = world.distribute_ix(Source::Compute, 2 * SOL);
    world.send(&[distribute], &[&keeper]).unwrap();
    let left = world.pool().stream().remaining_lamports().unwrap();
    assert!(
        (SOL + SOL / 2 - 2..=SOL + SOL / 2).contains(&left),
        "{left}"
    );
    world.pass(3_600);
    let alice = key("alice");
    let owed = world.owed(&alice.pubkey());
    assert!((2 * SOL - 3..=2 * SOL).contains(&owed), "{owed}");
}

#[test]
fn with_nobody_staked_the_stakers_part_is_carried_to_the_next() {
    let mut world = World::new();
    world.pass(600);
    world.distribute(1_000).unwrap();
    assert_eq!(
        (
            world.vault().carried_lamports,
            world.vault().stakers_lamports
        ),
        (500, 0)
    );
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, SOL).unwrap();
    world.pass(600);
    let outcome = world.distribute(1_000).unwrap();
    assert!(
        matches!(outcome.events.last(), Some(Event::YieldDistributed(e)) if e.carried_in_lamports == 500 && e.carried_out_lamports == 0)
    );
    assert_eq!(
        (
            world.vault().carried_lamports,
            world.vault().stakers_lamports
        ),
        (0, 1_000)
    );
}

#[test]
fn a_pool_everyone_left_holds_its_stream_for_the_next() {
    let (mut world, keeper) = funded();
    let distribute = world.distribute_ix(Source::Compute, 2 * SOL);
    world.send(&[distribute], &[&keeper]).unwrap();
    let alice = key("alice");
    world.pass(1_800);
    world.withdraw(&alice, 10 * SOL).unwrap();
    world.pass(1_000_000);
    let bob = world.staker("bob", 100 * SOL);
    world.deposit(&bob, SOL).unwrap();
    assert_eq!(world.owed(&bob.pubkey()), 0);
    world.pass(1_800);
    let owed = world.owed(&bob.pubkey());
    assert!((SOL / 2 - 1..=SOL / 2).contains(&owed), "{owed}");
}

#[test]
fn refuses_anyone_but_the_keeper() {
    let (mut world, _) = funded();
    for who in [
        world.authority.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let mut distribute = world.distribute_ix(Source::Compute, SOL);
        distribute.accounts[0].pubkey = who.pubkey();
        world.refuse(&[distribute], &[&who], VaultError::NotKeeper);
    }
    let mut distribute = world.distribute_ix(Source::Compute, SOL);
    distribute.accounts[0].is_signer = false;
    world.refuse(&[distribute], &[], super::missing_signature());
}

#[test]
fn refuses_replayed_older_overlapping_and_future_intervals() {
    let (mut world, keeper) = funded();
    let genesis = world.vault().compute.last_interval_id;
    let distribute = world.distribute_ix(Source::Compute, SOL);
    world
        .send(std::slice::from_ref(&distribute), &[&keeper])
        .unwrap();
    let last = world.now();
    world.pass(600);
    let now = world.now();
    // The very same transaction again; an older one; one that begins before the last ended; one
    // that skips; one that has not ended.
    let cases = [
        (genesis, last, VaultError::IntervalNotNewer),
        (genesis, last - 1, VaultError::IntervalNotNewer),
        (last, i64::MIN, VaultError::IntervalNotNewer),
        (genesis, now, VaultError::IntervalMismatch),
        (last + 1, now, VaultError::IntervalMismatch),
        (last, now + 1, VaultError::IntervalInFuture),
        (last, i64::MAX, VaultError::IntervalInFuture),
    ];
    for (previous, interval, why) in cases {
        let distribute = world.distribute_interval_ix(Source::Compute, previous, interval, SOL);
        world.refuse(&[distribute], &[&keeper], why);
    }
    let next = world.distribute_interval_ix(Source::Compute, last, now, SOL);
    world.send(&[next], &[&keeper]).unwrap();
}

#[test]
fn refuses_before_the_spacing_has_passed() {
    let (mut world, keeper) = funded();
    let distribute = world.distribute_ix(Source::Compute, SOL);
    world.send(&[distribute], &[&keeper]).unwrap();
    world.pass(299);
    let distribute = world.distribute_ix(Source::Compute, SOL);
    world.refuse(&[distribute], &[&keeper], VaultError::SpacingNotElapsed);
    // The other source has a spacing of its own.
    let staking = world.distribute_ix(Source::Staking, SOL);
    world.send(&[staking], &[&keeper]).unwrap();
    world.pass(1);
    let distribute = world.distribute_ix(Source::Compute, SOL);
    world.send(&[distribute], &[&keeper]).unwrap();
}

#[test]
fn refuses_zero_unfunded_and_over_the_cap() {
    let (mut world, keeper) = funded();
    for (lamports, why) in [
        (0, VaultError::ZeroAmount),
        (10 * SOL + 1, VaultError::Unfunded),
        (1_000 * SOL, VaultError::Unfunded),
        (1_000 * SOL + 1, VaultError::OverDistributionCap),
        (u64::MAX, VaultError::OverDistributionCap),
    ] {
        let distribute = world.distribute_ix(Source::Compute, lamports);
        world.refuse(&[distribute], &[&keeper], why);
    }
}

#[test]
fn funds_of_one_source_do_not_pay_for_the_other() {
    let mut world = World::new();
    let keeper = world.keeper.insecure_clone();
    let fund = world.fund_ix(Source::Staking, SOL);
    world.send(&[fund], &[&keeper]).unwrap();
    world.pass(600);
    let distribute = world.distribute_ix(Source::Compute, 1);
    world.refuse(&[distribute], &[&keeper], VaultError::Unfunded);
}

#[test]
fn refuses_while_distributions_are_paused() {
    let (mut world, keeper) = funded();
    super::set_pause::pause(&mut world, 2);
    let distribute = world.distribute_ix(Source::Compute, SOL);
    world.refuse(&[distribute], &[&keeper], VaultError::DistributionsPaused);
}

#[test]
fn refuses_unknown_sources() {
    let (mut world, keeper) = funded();
    let previous = world.vault().compute.last_interval_id;
    let mut distribute = ix::DistributeYield {
        keeper: keeper.pubkey(),
        vault: world.vault,
    }
    .instruction(2, previous, world.now(), SOL);
    distribute
        .accounts
        .push(solana_instruction::AccountMeta::new(world.pool, false));
    world.refuse(&[distribute], &[&keeper], VaultError::UnknownSource);
}

#[test]
fn refuses_missing_repeated_foreign_and_read_only_pools() {
    let (mut world, keeper) = funded();
    let (_, other) = super::other_vault(&mut world);
    let good = world.distribute_ix(Source::Compute, SOL);
    let mut none = good.clone();
    none.accounts.truncate(2);
    world.refuse(&[none], &[&keeper], VaultError::WrongPools);
    let mut twice = good.clone();
    twice.accounts.push(twice.accounts[2].clone());
    world.refuse(&[twice], &[&keeper], VaultError::WrongPools);
    let mut foreign = good.clone();
    foreign.accounts[2].pubkey = other;
    world.refuse(&[foreign], &[&keeper], VaultError::PoolOfAnotherVault);
    let mut forged = good.clone();
    let real = world.pool;
    forged.accounts[2].pubkey = super::forge(&mut world, real);
    world.refuse(&[forged], &[&keeper], super::illegal_owner());
    let mut read_only = good.clone();
    read_only.accounts[2].is_writable = false;
    world.refuse(&[read_only], &[&keeper], InstructionError::Custom(2000));
    let mut the_vault = good;
    the_vault.accounts[2].pubkey = world.vault;
    world.refuse(
        &[the_vault],
        &[&keeper],
        Refusal::duplicate_mutable_account(),
    );
}

#[test]
fn a_split_of_nothing_to_stakers_streams_nothing() {
    let (mut world, keeper) = funded();
    let mut all_treasury = config();
    all_treasury.compute_split.stakers_bps = 0;
    all_treasury.compute_split.treasury_bps = 10_000;
    super::apply_config::change(&mut world, all_treasury);
    let distribute = world.distribute_ix(Source::Compute, 999);
    world.send(&[distribute], &[&keeper]).unwrap();
    assert_eq!(
        (
            world.vault().stakers_lamports,
            world.vault().treasury_lamports
        ),
        (0, 999)
    );
}
