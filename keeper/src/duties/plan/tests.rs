//! The plan as a table.

use solana_address::Address;

use super::model::World;
use super::*;
use crate::duties::{
    duty::Reason,
    facts::{PoolFacts, PriceFacts, RewardFacts, ValidatorFacts},
};

pub(super) const SOL: u64 = 1_000_000_000;
pub(super) const NOW: i64 = 1_700_000_400;
pub(super) const EPOCH: u64 = 50;
const RENT: u64 = 2_282_880;
pub(super) const RULES: StakingRules = StakingRules {
    interval_seconds: 600,
    wallet_reserve_lamports: 10_000_000,
    min_serve_lamports: 10_000_000,
    min_delegation_lamports: SOL,
    max_stake_account_lamports: 100 * SOL,
    max_stake_accounts: 100,
    max_commission_percent: 10,
    refill_below_percent: 50,
    harvest_delay_seconds: 600,
    min_harvest_lamports: 1_000_000,
    min_distribution_lamports: 1_000_000,
};

pub(super) fn vote(n: u8) -> Address {
    Address::new_from_array([n; 32])
}

fn validator(n: u8) -> ValidatorFacts {
    ValidatorFacts {
        vote: vote(n),
        cap_lamports: u64::MAX,
        staked_lamports: 0,
        opens_at: 0,
        is_delinquent: false,
        commission_percent: Some(5),
    }
}

pub(super) fn delegation(number: u64, of: u8, principal_lamports: u64) -> DelegationFacts {
    DelegationFacts {
        number,
        vote: vote(of),
        is_deactivating: false,
        principal_lamports,
        rent_lamports: RENT,
        held_lamports: principal_lamports + RENT,
        activation_epoch: EPOCH - 5,
        deactivation_epoch: None,
    }
}

/// A pool with free SOL, delegations of it, and tickets.
pub(super) fn world(free_lamports: u64, delegations: &[DelegationFacts], tickets: &[u64]) -> World {
    let mut world = World {
        facts: StakingFacts {
            now: NOW,
            epoch: EPOCH,
            epoch_started_at: NOW - 3_600,
            is_keeper: true,
            wallet_lamports: 10 * SOL,
            pool: PoolFacts {
                free_lamports,
                buffer_bps: 1_000,
                price: SOL,
                delegation_next: 100,
                ..PoolFacts::default()
            },
            validators: vec![validator(1), validator(2)],
            delegations: delegations.to_vec(),
            rewards: RewardFacts {
                last_interval_id: NOW - 86_400,
                cap_lamports: u64::MAX,
                ..RewardFacts::default()
            },
            ..StakingFacts::default()
        },
        queue: tickets.iter().copied().collect(),
        total_units: 0,
        paid_lamports: 0,
    };
    world.settle();
    world.total_units = world.facts.pool.held_lamports();
    world
}

pub(super) fn plan_of(world: &World) -> Vec<Duty> {
    plan_staking(&world.facts, &RULES)
}

/// Numbers of what is deactivated, and why.
fn deactivated(world: &World) -> Vec<(u64, Reason)> {
    let of = |duty| match duty {
        Duty::Deactivate { number, reason, .. } => Some((number, reason)),
        _ => None,
    };
    plan_of(world).into_iter().filter_map(of).collect()
}

/// What is delegated, and to whom.
fn delegated(world: &World, rules: &StakingRules) -> Vec<(Address, u64)> {
    let of = |duty| match duty {
        Duty::Delegate { vote, lamports, .. } => Some((vote, lamports)),
        _ => None,
    };
    let plan = plan_staking(&world.facts, rules);
    plan.into_iter().filter_map(of).collect()
}

#[test]
fn a_quiet_vault_has_nothing_to_do() {
    assert_eq!(plan_of(&world(0, &[], &[])), []);
    assert_eq!(plan_of(&world(SOL, &[delegation(1, 1, 9 * SOL)], &[])), []);
}

#[test]
fn what_is_free_beyond_the_buffer_is_spread_in_bounded_accounts() {
    let big = world(400 * SOL, &[], &[]);
    let spread = [
        (vote(1), 100 * SOL),
        (vote(2), 100 * SOL),
        (vote(1), 100 * SOL),
        (vote(2), 60 * SOL),
    ];
    assert_eq!(delegated(&big, &RULES), spread);
    // Just below, and just at the smallest delegation beyond a buffer of a tenth.
    assert_eq!(delegated(&world(1_111_111_110, &[], &[]), &RULES), []);
    assert_eq!(delegated(&world(1_111_111_112, &[], &[]), &RULES).len(), 1);
    // A pool of 100,000 SOL needs larger accounts: half of 100 hold all of it.
    let huge = delegated(&world(100_000 * SOL, &[], &[]), &RULES);
    assert_eq!(huge.len(), 45);
    assert_eq!(huge[0].1, 2_000 * SOL);
}

#[test]
fn whom_nothing_is_delegated_to() {
    let with = |change: fn(&mut ValidatorFacts)| {
        let mut world = world(20 * SOL, &[], &[]);
        world.facts.validators.truncate(1);
        change(&mut world.facts.validators[0]);
        delegated(&world, &RULES)
    };
    assert_eq!(with(|_| {}), [(vote(1), 18 * SOL)]);
    assert_eq!(with(|v| v.cap_lamports = 0), []);
    assert_eq!(with(|v| v.opens_at = NOW + 1), []);
    assert_eq!(with(|v| v.is_delinquent = true), []);
    assert_eq!(with(|v| v.commission_percent = Some(11)), []);
    assert_eq!(with(|v| v.commission_percent = None).len(), 1);
    // Room is what the cap leaves.
    assert_eq!(
        with(|v| {
            v.cap_lamports = 5 * SOL;
            v.staked_lamports = 3 * SOL;
        }),
        [(vote(1), 2 * SOL)]
    );
}

#[test]
fn what_holds_delegation_back() {
    let free = || world(20 * SOL, &[], &[]);
    let mut ticket = world(20 * SOL, &[], &[1]);
    assert_eq!(delegated(&ticket, &RULES), []);
    ticket.run(&RULES);
    assert_eq!(ticket.facts.delegations.len(), 1, "once it is served");
    let mut stranger = free();
    stranger.facts.is_keeper = false;
    assert_eq!(plan_of(&stranger), []);
    // The wallet pays the rents, and keeps its reserve.
    let mut poor = free();
    poor.facts.wallet_lamports = 14_999_999;
    assert_eq!(delegated(&poor, &RULES), []);
    poor.facts.wallet_lamports += 1;
    assert_eq!(delegated(&poor, &RULES).len(), 1);
    let full = StakingRules {
        max_stake_accounts: 0,
        ..RULES
    };
    assert_eq!(delegated(&free(), &full), []);
}

#[test]
fn tickets_bring_back_as_little_stake_as_is_enough() {
    let stakes = [5, 20, 7, 50].map(|sol| sol * SOL);
    let numbered: Vec<_> = stakes
        .iter()
        .zip(1..)
        .map(|(principal, number)| delegation(number, 1, *principal))
        .collect();
    for (wanted, expected) in [
        (9, &[][..]),
        (10, &[]),
        (11, &[1]),
        (15, &[1]),
        (16, &[3]),
        (18, &[2]),
        (31, &[4]),
        (61, &[4, 1]),
        (92, &[4, 2, 3, 1]),
    ] {
        let mut world = world(10 * SOL, &numbered, &[wanted * SOL]);
        world.facts.pool.buffer_bps = 0;
        let expected: Vec<_> = expected.iter().map(|n| (*n, Reason::Tickets)).collect();
        assert_eq!(deactivated(&world), expected, "{wanted} SOL");
    }
}

#[test]
fn stake_that_earns_nothing_goes_before_stake_that_does() {
    let mut numbered = [1, 2, 3].map(|number| delegation(number, 1, 10 * SOL));
    numbered[1].vote = vote(2);
    numbered[2].activation_epoch = EPOCH;
    let with = |tickets: u64, delinquent: bool| {
        let mut world = world(0, &numbered, &[tickets * SOL]);
        world.facts.pool.buffer_bps = 0;
        world.facts.validators[1].is_delinquent = delinquent;
        let numbers = deactivated(&world).into_iter().map(|(number, _)| number);
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(with(10, true), [3]);
    assert_eq!(with(11, true), [3, 2]);
    assert_eq!(with(11, false), [3, 1]);
    assert_eq!(with(21, true), [3, 2, 1]);
}

#[test]
fn a_cap_of_zero_and_a_deactivation_by_others_are_followed() {
    let mut world = world(
        10 * SOL,
        &[delegation(1, 1, 10 * SOL), delegation(2, 2, 10 * SOL)],
        &[],
    );
    world.facts.validators[1].cap_lamports = 0;
    assert_eq!(deactivated(&world), [(2, Reason::Unlisted)]);
    world.facts.delegations[0].deactivation_epoch = Some(EPOCH);
    let both = [(1, Reason::Booked), (2, Reason::Unlisted)];
    assert_eq!(deactivated(&world), both);
    // What anyone may is done also by a key that is not the keeper's.
    world.facts.is_keeper = false;
    assert_eq!(deactivated(&world), [(1, Reason::Booked)]);
}

#[test]
fn a_buffer_below_half_is_filled() {
    let stakes = || [delegation(1, 1, 5 * SOL), delegation(2, 1, 90 * SOL)];
    assert_eq!(deactivated(&world(5 * SOL, &stakes(), &[])), []);
    let low = world(5 * SOL - 1_000, &stakes(), &[]);
    assert_eq!(deactivated(&low), [(2, Reason::Buffer)]);
    let mut stranger = low;
    stranger.facts.is_keeper = false;
    assert_eq!(deactivated(&stranger), []);
}

#[test]
fn reclaimed_when_inactive() {
    for (deactivation, activation, back) in [
        (EPOCH, EPOCH - 5, false),
        (EPOCH - 1, EPOCH - 5, true),
        (EPOCH, EPOCH, true),
    ] {
        let mut stake = delegation(1, 1, 10 * SOL);
        stake.is_deactivating = true;
        stake.deactivation_epoch = Some(deactivation);
        stake.activation_epoch = activation;
        let reclaim = Duty::Reclaim {
            number: 1,
            lamports: 10 * SOL,
        };
        let plan = plan_of(&world(SOL, &[stake], &[]));
        assert_eq!(plan.contains(&reclaim), back, "{deactivation}");
    }
}

#[test]
fn tickets_are_served_whole_in_part_or_empty() {
    for (free, units, paid) in [
        (10 * SOL, SOL, Some(SOL)),
        (SOL, SOL, Some(SOL)),
        (SOL, 2 * SOL, Some(SOL)),
        (9_999_999, 2 * SOL, None),
        (5, 5, Some(5)),
        (0, 5, None),
        (0, 0, Some(0)),
    ] {
        let serve = plan_of(&world(free, &[delegation(1, 1, SOL)], &[units]))
            .into_iter()
            .find_map(|duty| match duty {
                Duty::Serve { lamports, .. } => Some(lamports),
                _ => None,
            });
        assert_eq!(serve, paid, "{free} free for {units}");
    }
}

#[test]
fn rewards_are_harvested_after_the_delay_and_a_loss_at_once() {
    let mut stake = delegation(1, 1, 10 * SOL);
    stake.held_lamports += 3_500_000;
    let mut world = world(SOL, &[stake], &[]);
    let harvest = Duty::Harvest {
        number: 1,
        lamports: 3_500_000,
    };
    assert_eq!(plan_of(&world), [harvest]);
    world.facts.epoch_started_at = NOW - 599;
    assert_eq!(plan_of(&world), []);
    world.facts.epoch_started_at = NOW - 600;
    // As far as free SOL goes that no ticket waits for, and no dust. A buffer would be filled first,
    // and the rewards come back with the stake.
    world.facts.pool.buffer_bps = 0;
    world.facts.pool.free_lamports = 2_000_000;
    let part = Duty::Harvest {
        number: 1,
        lamports: 2_000_000,
    };
    assert!(plan_of(&world).contains(&part));
    world.facts.pool.free_lamports = 999_999;
    assert!(!plan_of(&world).iter().any(|d| d.code() == "harvest"));
    world.facts.delegations[0].held_lamports = 9 * SOL;
    let loss = Duty::RecogniseLoss {
        number: 1,
        lamports: SOL,
    };
    assert_eq!(plan_of(&world).first(), Some(&loss));
}

#[test]
fn harvested_rewards_are_distributed_up_to_the_newest_boundary() {
    let mut world = world(0, &[], &[]);
    world.facts.now = NOW + 599;
    world.facts.rewards.funded_lamports = 5_000_000;
    let distribute = |lamports| Duty::Distribute {
        previous_interval_id: NOW - 86_400,
        interval_id: NOW,
        lamports,
    };
    assert_eq!(plan_of(&world), [distribute(5_000_000)]);
    let refused: [fn(&mut StakingFacts); 5] = [
        |f| f.is_keeper = false,
        |f| f.is_paused = true,
        |f| f.rewards.funded_lamports = 999_999,
        |f| f.rewards.last_interval_id = NOW,
        |f| {
            f.rewards.last_distributed_at = NOW;
            f.rewards.min_spacing_seconds = 600;
        },
    ];
    for change in refused {
        let mut changed = world.clone();
        change(&mut changed.facts);
        assert_eq!(plan_of(&changed), []);
    }
    world.facts.rewards.cap_lamports = 2_000_000;
    assert_eq!(plan_of(&world), [distribute(2_000_000)]);
}

#[test]
fn the_most_pressing_comes_first() {
    let mut lost = delegation(1, 1, 10 * SOL);
    lost.held_lamports = 9 * SOL;
    let mut back = delegation(2, 1, 10 * SOL);
    back.is_deactivating = true;
    back.deactivation_epoch = Some(EPOCH - 1);
    let mut earned = delegation(3, 1, 10 * SOL);
    earned.held_lamports += SOL;
    let mut world = world(60 * SOL, &[lost, back, earned], &[SOL, 90 * SOL]);
    world.facts.old_prices = vec![PriceFacts {
        pool: vote(9),
        mint: vote(9),
        age_seconds: 400,
    }];
    world.facts.rewards.funded_lamports = SOL;
    let codes: Vec<_> = plan_of(&world).iter().map(Duty::code).collect();
    let expected = [
        "recognise_loss",
        "refresh",
        "serve",
        "reclaim",
        "deactivate",
        "deactivate",
        "distribute",
    ];
    assert_eq!(codes, expected);
    assert!(expected.iter().all(|code| Duty::CODES.contains(code)));
}
