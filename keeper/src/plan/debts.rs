//! Refunds after a distribution, and sources that are behind: nothing is paid that was not earned,
//! nothing is forgotten, whoever funds what and however late the keeper comes.

use proptest::prelude::*;

use super::{
    tests::{BOUNDARY, PRICE},
    *,
};

const RULES: Rules = Rules {
    wallet_reserve_lamports: 0,
    ..tests::RULES
};

fn facts() -> Facts {
    Facts {
        last_distributed_at: 0,
        cap_lamports: u64::MAX,
        wallet_lamports: u64::MAX,
        ..tests::facts()
    }
}

/// Plans over sales and refunds `(second, nano-USD)` that the source settles `behind` seconds late.
fn decide(facts: &Facts, ledger: &[(i64, i64)], behind: i64) -> Action {
    let mut known = Known {
        price: Some(PRICE),
        ..Known::default()
    };
    for _ in 0..100 {
        match plan(facts, &known, &RULES) {
            Action::AskRevenue { from, to } if to > facts.now - behind => {
                assert!(
                    known.settled_until.is_none(),
                    "asked beyond what is settled"
                );
                known.settled_until = Some((facts.now - behind).max(from));
            }
            Action::AskRevenue { from, to } => {
                let within = ledger.iter().filter(|(at, _)| (from..to).contains(at));
                let revenue = within.map(|(_, nano_usd)| nano_usd).sum();
                known.revenue.insert(to, Revenue::NanoUsd(revenue));
            }
            action => return action,
        }
    }
    panic!("the plan never came to an end");
}

#[test]
fn a_debt_is_not_forgotten_because_somebody_funds_a_lamport() {
    let refund = [(BOUNDARY + 5, -1_000_000_000)];
    for funded_lamports in [0, 1, 5_000_000_000] {
        let facts = Facts {
            funded_lamports,
            ..facts()
        };
        let action = decide(&facts, &refund, 0);
        let wait = Action::Wait {
            until: BOUNDARY + 1_203,
            reason: WaitFor::Revenue,
        };
        assert_eq!(action, wait, "{funded_lamports} lamports funded");
    }
    // The next sales make up for it first; then all goes at once.
    let later = Facts {
        now: BOUNDARY + 1_203,
        funded_lamports: 7,
        ..facts()
    };
    let ledger = [refund[0], (BOUNDARY + 700, 2_500_000_000)];
    let Action::Distribute(d) = decide(&later, &ledger, 0) else {
        panic!("nothing distributed")
    };
    assert_eq!(
        (d.fund_lamports, d.distribute_lamports),
        (10_000_000, 10_000_007)
    );
}

#[test]
fn what_a_source_that_is_behind_has_settled_does_not_wait() {
    let sales = [
        (BOUNDARY + 5, 1_500_000_000),
        (BOUNDARY + 1_700, 1_500_000_000),
    ];
    let facts = Facts {
        now: BOUNDARY + 1_900,
        ..facts()
    };
    let Action::Distribute(d) = decide(&facts, &sales, 500) else {
        panic!("nothing distributed")
    };
    assert_eq!(
        (d.interval_id, d.fund_lamports),
        (BOUNDARY + 1_200, 10_000_000)
    );
    // Nothing settled: a wait that says so, and never for a moment that has passed.
    for behind in [1_301, 100_000] {
        let action = decide(&facts, &sales, behind);
        let Action::Wait { until, reason } = action else {
            panic!("{action:?}")
        };
        assert!(until > facts.now, "{until}");
        assert_eq!(reason.code(), "settling");
    }
    // Behind by less than the grace: no difference.
    let Action::Distribute(d) = decide(&facts, &sales, 3) else {
        panic!("nothing distributed")
    };
    assert_eq!(d.interval_id, BOUNDARY + 1_800);
}

proptest! {
    /// Random sales and refunds over two days, a keeper that comes at random moments, a source
    /// that settles late, somebody who funds: each distribution is the floor of what its stretch
    /// earned, none closes a stretch in debt, and after a last large sale everything is paid.
    #[test]
    fn what_goes_out_is_what_came_in(
        mut ledger in proptest::collection::vec((0_i64..172_800, -20_000_000_000_i64..20_000_000_000), 1..60),
        polls in proptest::collection::vec((1_i64..20_000, 0_u64..3, 0_i64..2_000), 1..40),
        cap in 1_000_000_u64..10_000_000_000,
    ) {
        for (at, _) in &mut ledger {
            *at += BOUNDARY;
        }
        let debts: i64 = ledger.iter().map(|(_, nano_usd)| -nano_usd.min(&0)).sum();
        let end = BOUNDARY + 1_000_000;
        ledger.push((end - 1, debts + 1_000_000_000));
        let mut facts = Facts { cap_lamports: cap, now: BOUNDARY, ..facts() };
        let (mut revenue, mut stretches, mut funded, mut given, mut paid) = (0_i128, 0_u128, 0_u128, 0_u128, 0_u128);
        let last_look = [(end - BOUNDARY + 600, 0, 0)];
        for (step, gift, behind) in polls.into_iter().chain(last_look) {
            facts.now += step;
            facts.funded_lamports += gift;
            given += u128::from(gift);
            while let Action::Distribute(d) = decide(&facts, &ledger, behind) {
                let Revenue::NanoUsd(earned) = d.revenue else { panic!("{d:?}") };
                prop_assert!(earned >= 0, "a stretch in debt was closed: {:?}", d);
                prop_assert_eq!(Some(d.fund_lamports), PRICE.lamports_for(earned.unsigned_abs()));
                prop_assert!(d.interval_id > facts.last_interval_id && d.interval_id <= facts.now - behind.max(3));
                revenue += i128::from(earned);
                stretches += 1;
                funded += u128::from(d.fund_lamports);
                paid += u128::from(d.distribute_lamports);
                facts.funded_lamports = facts.funded_lamports + d.fund_lamports - d.distribute_lamports;
                facts.last_interval_id = d.interval_id;
                let closed: i128 = ledger.iter().filter(|(at, _)| *at < d.interval_id).map(|(_, x)| i128::from(*x)).sum();
                prop_assert_eq!(revenue, closed, "what was counted is what happened, whatever the cuts");
            }
        }
        // One lamport at most is rounded away in each stretch, and none is made.
        let worth = u128::try_from(revenue).unwrap() * 1_000_000_000;
        let price = u128::from(PRICE.nano_usd_per_sol);
        prop_assert!(funded * price <= worth && worth < (funded + stretches + 1) * price);
        prop_assert_eq!(paid + u128::from(facts.funded_lamports), funded + given);
    }
}
