//! What must hold of every plan.

use proptest::prelude::*;

use super::{
    model::World,
    tests::{EPOCH, NOW, RULES, SOL, delegation, plan_of, vote, world},
    *,
};
use crate::duties::facts::ValidatorFacts;

/// A vault in any state a cluster can bring it to.
fn any_world() -> impl Strategy<Value = World> {
    let stake = (
        1..500 * SOL,
        1_u8..4,
        0..4_u64,
        prop::option::of(0..3_u64),
        any::<bool>(),
        -2_i64..3,
    );
    let validator = (
        any::<bool>(),
        0..1_000 * SOL,
        any::<bool>(),
        prop::option::of(0_u8..20),
    );
    (
        0..2_000 * SOL,
        prop::collection::vec(stake, 0..12),
        prop::collection::vec(prop_oneof![Just(0), 1..300 * SOL], 0..6),
        prop::collection::vec(validator, 3),
        (100_u64..10_000, 0..20 * SOL, 0..SOL, any::<bool>()),
    )
        .prop_map(|(free, stakes, tickets, validators, others)| {
            let (buffer_bps, wallet_lamports, funded_lamports, is_keeper) = others;
            let mut delegations = Vec::new();
            for (number, stake) in (0..).zip(stakes) {
                let (principal, of, age, gone, booked, earned) = stake;
                let mut one = delegation(number, of, principal);
                one.activation_epoch = EPOCH - age;
                let deactivated = gone.map(|epochs| (EPOCH - epochs).max(one.activation_epoch));
                one.deactivation_epoch = deactivated;
                one.is_deactivating = booked && deactivated.is_some();
                // Rewards of up to a fiftieth of it, or a loss of up to a fiftieth.
                let part = principal / 100 * earned.unsigned_abs();
                one.held_lamports = match earned {
                    ..0 => principal - part,
                    _ => one.held_lamports + part,
                };
                delegations.push(one);
            }
            let mut world = world(free, &delegations, &tickets);
            // No more waits than there is.
            let held = world.total_units;
            let mut left = held;
            world.queue.retain(|units| {
                let fits = *units <= left;
                left -= if fits { *units } else { 0 };
                fits
            });
            for (n, (open, cap, is_delinquent, commission_percent)) in (1_u8..).zip(validators) {
                let staked = |d: &&DelegationFacts| d.vote == vote(n);
                let staked_lamports = delegations
                    .iter()
                    .filter(staked)
                    .map(|d| d.principal_lamports)
                    .sum();
                let facts = ValidatorFacts {
                    vote: vote(n),
                    cap_lamports: cap,
                    staked_lamports,
                    opens_at: if open { 0 } else { NOW + 1_000_000 },
                    is_delinquent,
                    commission_percent,
                };
                world.facts.validators.retain(|v| v.vote != vote(n));
                world.facts.validators.push(facts);
            }
            world.facts.pool.buffer_bps = buffer_bps;
            world.facts.wallet_lamports = wallet_lamports;
            world.facts.rewards.funded_lamports = funded_lamports;
            world.facts.is_keeper = is_keeper;
            world.settle();
            world
        })
}

proptest! {
    /// Whatever the state: the program takes each duty when its turn comes, the plan comes to rest, and
    /// at rest nothing is left undone that could be done.
    #[test]
    fn every_duty_is_one_the_program_takes_and_the_plan_comes_to_rest(mut world in any_world()) {
        let before = world.clone();
        if before.facts.delegations.iter().all(|d| d.lost_lamports() == 0) {
            // What `plan` shows is not only a first step: all of it would be taken as it stands.
            let mut at_once = before.clone();
            plan_of(&before).iter().for_each(|duty| at_once.apply(duty));
        }
        let done = world.run(&RULES);
        let pool = &world.facts.pool;
        if done.iter().any(|duty| matches!(duty, Duty::Delegate { .. })) {
            prop_assert!(pool.free_lamports >= pool.buffer_lamports() + pool.ticket_lamports());
            prop_assert!(world.facts.delegations.len() <= 100.max(before.facts.delegations.len()));
        }
        prop_assert!(world.facts.delegations.iter().all(|d| d.lost_lamports() == 0));
        if let Some(head) = world.facts.head {
            // It could not be paid, not even in part.
            prop_assert!(pool.free_lamports < pool.lamports_for(head.units));
            prop_assert!(pool.free_lamports < RULES.min_serve_lamports);
            // And as much comes as it and all behind it want, or everything there is.
            let coming = pool.free_lamports + pool.deactivating_lamports;
            let all = world.facts.delegations.iter().all(|d| d.is_deactivating || d.principal_lamports == 0);
            prop_assert!(coming >= pool.ticket_lamports() || all);
        }
        // Nobody's SOL is lost: what left the pool was paid, or became yield that came in as rewards.
        let principal = |world: &World| world.facts.pool.held_lamports();
        let lost: u64 = before.facts.delegations.iter().map(DelegationFacts::lost_lamports).sum();
        prop_assert_eq!(principal(&before) - lost, principal(&world) + world.paid_lamports);
    }

    /// Epoch by epoch every ticket is paid, also where nobody but a stranger's keeper runs.
    #[test]
    fn every_ticket_is_paid_within_two_epochs(mut world in any_world()) {
        world.run(&RULES);
        for _ in 0..2 {
            world.pass_epoch(0);
            world.run(&RULES);
        }
        let free = world.facts.pool.free_lamports;
        prop_assert!(
            world.queue.is_empty() || free < RULES.min_serve_lamports && world.facts.pool.staked_lamports == 0,
            "{:?} wait, {free} free", world.queue
        );
    }

    /// In a vault that earns, everything settles into delegating once and harvesting each epoch.
    #[test]
    fn nothing_is_moved_to_and_fro(mut world in any_world(), reward in 2_000_000..1_000_000_000_u64) {
        world.facts.is_keeper = true;
        world.facts.pool.free_lamports += 100 * SOL;
        world.facts.pool.buffer_bps = 1_000;
        world.settle();
        for _ in 0..3 {
            world.pass_epoch(0);
            world.run(&RULES);
        }
        world.pass_epoch(reward);
        let done = world.run(&RULES);
        let moved = done.iter().filter(|d| matches!(d, Duty::Delegate { .. } | Duty::Reclaim { .. }));
        prop_assert!(moved.count() <= 1, "{done:?}");
    }
}
