//! The decision as a table, and what must hold of every decision.

use proptest::prelude::*;

use super::*;

/// A full ten minutes.
pub(super) const BOUNDARY: i64 = 1_700_000_400;
pub(super) const RULES: Rules = Rules {
    interval_seconds: 600,
    settle_grace_seconds: 3,
    min_distribution_lamports: 1,
    wallet_reserve_lamports: 10_000_000,
};
pub(super) const PRICE: SolUsd = SolUsd {
    nano_usd_per_sol: 150_000_000_000,
    confidence_nano_usd: 0,
    published_at: 0,
};

pub(super) fn facts() -> Facts {
    Facts {
        now: BOUNDARY + 603,
        last_interval_id: BOUNDARY,
        last_distributed_at: BOUNDARY + 4,
        min_spacing_seconds: 0,
        cap_lamports: 1_000_000_000,
        funded_lamports: 0,
        is_keeper: true,
        is_paused: false,
        wallet_lamports: 5_000_000_000,
    }
}

fn known(revenue: &[(i64, i64)]) -> Known {
    Known {
        revenue: revenue
            .iter()
            .map(|(to, nano_usd)| (*to, Revenue::NanoUsd(*nano_usd)))
            .collect(),
        price: Some(PRICE),
        settled_until: None,
    }
}

/// Answers every question from `cumulative`, counting them; returns the first real action.
fn settle(facts: &Facts, rules: &Rules, cumulative: impl Fn(i64) -> Revenue) -> (Action, usize) {
    let mut known = Known::default();
    for asked in 0..200 {
        match plan(facts, &known, rules) {
            Action::AskRevenue { from, to } => {
                assert_eq!(from, facts.last_interval_id);
                assert!(to > from && to <= facts.now - rules.settle_grace_seconds);
                assert!(
                    known.revenue.insert(to, cumulative(to)).is_none(),
                    "asked twice for {to}"
                );
            }
            Action::AskPrice => assert!(
                known.price.replace(PRICE).is_none(),
                "asked twice for the price"
            ),
            action => return (action, asked),
        }
    }
    panic!("the plan never came to an end");
}

#[test]
fn the_wrong_key_and_a_pause_need_a_person_before_anything_is_asked() {
    let not_keeper = Facts {
        is_keeper: false,
        ..facts()
    };
    assert_eq!(
        plan(&not_keeper, &Known::default(), &RULES),
        Action::NeedsPerson(Trouble::NotKeeper)
    );
    let paused = Facts {
        is_paused: true,
        ..facts()
    };
    assert_eq!(
        plan(&paused, &Known::default(), &RULES),
        Action::NeedsPerson(Trouble::Paused)
    );
}

#[test]
fn a_window_is_due_at_its_end_plus_grace_and_not_a_second_before() {
    let early = Facts {
        now: BOUNDARY + 602,
        ..facts()
    };
    let wait = Action::Wait {
        until: BOUNDARY + 603,
        reason: WaitFor::WindowEnd,
    };
    assert_eq!(plan(&early, &Known::default(), &RULES), wait);
    let ask = Action::AskRevenue {
        from: BOUNDARY,
        to: BOUNDARY + 600,
    };
    assert_eq!(plan(&facts(), &Known::default(), &RULES), ask);
}

#[test]
fn the_first_window_of_a_new_vault_is_the_rest_of_the_running_one() {
    let new = Facts {
        now: BOUNDARY + 100,
        last_interval_id: BOUNDARY + 77,
        last_distributed_at: 0,
        ..facts()
    };
    let wait = Action::Wait {
        until: BOUNDARY + 603,
        reason: WaitFor::WindowEnd,
    };
    assert_eq!(plan(&new, &Known::default(), &RULES), wait);
    let due = Facts {
        now: BOUNDARY + 603,
        ..new
    };
    let ask = Action::AskRevenue {
        from: BOUNDARY + 77,
        to: BOUNDARY + 600,
    };
    assert_eq!(plan(&due, &Known::default(), &RULES), ask);
}

#[test]
fn the_minimum_spacing_is_waited_for() {
    let facts = Facts {
        min_spacing_seconds: 900,
        ..facts()
    };
    let wait = Action::Wait {
        until: BOUNDARY + 904,
        reason: WaitFor::Spacing,
    };
    assert_eq!(plan(&facts, &Known::default(), &RULES), wait);
}

#[test]
fn revenue_is_funded_and_distributed_at_the_price() {
    let mut known = known(&[(BOUNDARY + 600, 19_025_875_190)]);
    let expected = Distribution {
        previous_interval_id: BOUNDARY,
        interval_id: BOUNDARY + 600,
        windows: 1,
        fund_lamports: 126_839_167,
        distribute_lamports: 126_839_167,
        revenue: Revenue::NanoUsd(19_025_875_190),
        nano_usd_per_sol: Some(150_000_000_000),
    };
    assert_eq!(plan(&facts(), &known, &RULES), Action::Distribute(expected));
    known.price = None;
    assert_eq!(plan(&facts(), &known, &RULES), Action::AskPrice);
}

#[test]
fn no_revenue_waits_for_the_next_window_without_asking_for_a_price() {
    for nothing in [0, -5] {
        let known = Known {
            price: None,
            ..known(&[(BOUNDARY + 600, nothing)])
        };
        let wait = Action::Wait {
            until: BOUNDARY + 1_203,
            reason: WaitFor::Revenue,
        };
        assert_eq!(plan(&facts(), &known, &RULES), wait);
    }
    // Less than a lamport's worth is nothing, too.
    let wait = plan(&facts(), &known(&[(BOUNDARY + 600, 149)]), &RULES);
    assert!(
        matches!(
            wait,
            Action::Wait {
                reason: WaitFor::Revenue,
                ..
            }
        ),
        "{wait:?}"
    );
}

#[test]
fn what_was_funded_goes_along_within_the_cap() {
    let revenue = known(&[(BOUNDARY + 600, 75_000_000_000)]);
    for (funded, distributed) in [
        (0, 500_000_000),
        (1, 500_000_001),
        (600_000_000, 1_000_000_000),
    ] {
        let facts = Facts {
            funded_lamports: funded,
            ..facts()
        };
        let Action::Distribute(d) = plan(&facts, &revenue, &RULES) else {
            panic!("nothing distributed")
        };
        assert_eq!(
            (d.fund_lamports, d.distribute_lamports),
            (500_000_000, distributed)
        );
    }
    // Funded by somebody, with no revenue: it is distributed without funding.
    let facts = Facts {
        funded_lamports: 42,
        ..facts()
    };
    let Action::Distribute(d) = plan(&facts, &known(&[(BOUNDARY + 600, 0)]), &RULES) else {
        panic!()
    };
    assert_eq!((d.fund_lamports, d.distribute_lamports), (0, 42));
}

#[test]
fn downtime_is_caught_up_by_one_distribution() {
    let facts = Facts {
        now: BOUNDARY + 600 * 1_000 + 250,
        ..facts()
    };
    let (action, _) = settle(&facts, &RULES, |to| {
        Revenue::NanoUsd((to - BOUNDARY) * 1_000)
    });
    let Action::Distribute(d) = action else {
        panic!("{action:?}")
    };
    assert_eq!((d.windows, d.interval_id), (1_000, BOUNDARY + 600_000));
    assert_eq!(d.fund_lamports, 4_000_000);
}

#[test]
fn over_the_cap_the_longest_prefix_that_fits_goes_first() {
    // 0.1 SOL a window, a cap of 1 SOL, 1,000 windows missed.
    let facts = Facts {
        now: BOUNDARY + 600_003,
        ..facts()
    };
    let (action, asked) = settle(&facts, &RULES, |to| {
        Revenue::Lamports(100_000_000 * u64::try_from((to - BOUNDARY) / 600).unwrap())
    });
    let Action::Distribute(d) = action else {
        panic!("{action:?}")
    };
    assert_eq!((d.windows, d.fund_lamports), (10, 1_000_000_000));
    assert!(
        asked <= 12,
        "bisection asks about log2(1000) times, not {asked}"
    );
}

#[test]
fn one_window_over_the_cap_needs_a_person() {
    let (action, _) = settle(&facts(), &RULES, |_| Revenue::NanoUsd(i64::MAX));
    let Action::NeedsPerson(trouble @ Trouble::OverCap { .. }) = action else {
        panic!("{action:?}")
    };
    assert!(trouble.to_string().contains("max_distribution_lamports"));
    // Also where windows without revenue precede it: they alone cannot be distributed.
    let facts = Facts {
        now: BOUNDARY + 1_803,
        ..facts()
    };
    let (action, _) = settle(&facts, &RULES, |to| {
        Revenue::Lamports(if to > BOUNDARY + 1_200 { u64::MAX } else { 0 })
    });
    let expected = Trouble::OverCap {
        from: BOUNDARY,
        to: BOUNDARY + 1_800,
        lamports: u64::MAX,
        cap_lamports: 1_000_000_000,
    };
    assert_eq!(action, Action::NeedsPerson(expected));
}

#[test]
fn the_wallet_keeps_its_reserve() {
    let revenue = known(&[(BOUNDARY + 600, 75_000_000_000)]);
    let enough = Facts {
        wallet_lamports: 510_000_000,
        ..facts()
    };
    assert!(matches!(
        plan(&enough, &revenue, &RULES),
        Action::Distribute(_)
    ));
    let short = Facts {
        wallet_lamports: 509_999_999,
        ..facts()
    };
    let trouble = Trouble::WalletLow {
        wallet_lamports: 509_999_999,
        needed_lamports: 510_000_000,
    };
    assert_eq!(plan(&short, &revenue, &RULES), Action::NeedsPerson(trouble));
}

#[test]
fn a_chain_ahead_of_its_own_clock_is_waited_for() {
    let ahead = Facts {
        last_interval_id: BOUNDARY + 6_000,
        ..facts()
    };
    let wait = Action::Wait {
        until: BOUNDARY + 6_603,
        reason: WaitFor::WindowEnd,
    };
    assert_eq!(plan(&ahead, &Known::default(), &RULES), wait);
}

proptest! {
    /// Whatever the numbers: the plan ends, waits only for the future, and distributes only what
    /// the program takes.
    #[test]
    fn every_decision_is_one_the_program_takes(
        now: i64, last: i64, at: i64, spacing in 0_u64..2_592_000, cap in 1..=u64::MAX, funded: u64, wallet: u64,
        interval in 1_i64..100_000, grace in 0_i64..1_000, rate in -10_i64..1_000_000_000,
    ) {
        let rules = Rules { interval_seconds: interval, settle_grace_seconds: grace, ..RULES };
        let facts = Facts {
            now, last_interval_id: last, last_distributed_at: at, min_spacing_seconds: spacing,
            cap_lamports: cap, funded_lamports: funded, wallet_lamports: wallet, ..facts()
        };
        let (action, _) = settle(&facts, &rules, |to| Revenue::NanoUsd(to.saturating_sub(last).saturating_mul(rate)));
        match action {
            Action::Wait { until, .. } => prop_assert!(until > now || until == i64::MAX),
            Action::Distribute(d) => {
                prop_assert_eq!(d.previous_interval_id, last);
                prop_assert!(d.interval_id > last && d.interval_id <= now.saturating_sub(grace));
                prop_assert!(now >= at.saturating_add_unsigned(spacing));
                prop_assert!(d.distribute_lamports > 0 && d.distribute_lamports <= cap);
                prop_assert!(d.distribute_lamports <= d.fund_lamports.saturating_add(funded));
                prop_assert!(d.fund_lamports <= wallet.saturating_sub(rules.wallet_reserve_lamports));
            }
            Action::NeedsPerson(_) => {}
            other => prop_assert!(false, "{other:?}"),
        }
    }

    /// However often the keeper runs, and however the cap cuts the stretch: what it funds adds up
    /// to the revenue, without a gap, an overlap, or more than was earned.
    #[test]
    fn distributions_tile_the_time(
        polls in proptest::collection::vec(1_i64..5_000, 1..40), interval in 1_i64..700, cap in 700_u64..100_000,
    ) {
        let rules = Rules { interval_seconds: interval, ..RULES };
        let mut facts = Facts { now: BOUNDARY, last_interval_id: BOUNDARY - 37, last_distributed_at: 0, cap_lamports: cap, wallet_lamports: u64::MAX, ..facts() };
        let mut funded = 0;
        for step in polls {
            facts.now += step;
            let from = facts.last_interval_id;
            let (action, _) = settle(&facts, &rules, |to| Revenue::Lamports(u64::try_from(to - from).unwrap()));
            if let Action::Distribute(d) = action {
                funded += d.fund_lamports;
                facts.last_interval_id = d.interval_id;
                facts.last_distributed_at = facts.now;
            }
            prop_assert_eq!(i64::try_from(funded).unwrap(), facts.last_interval_id - (BOUNDARY - 37));
        }
    }
}
