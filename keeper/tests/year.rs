//! A year of ten-minute windows with everything failing now and then: the real plan against a chain
//! and a platform that are numbers. In the end every nano-USD of revenue is in one distribution.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that overflows or panics fails"
)]

use primis_keeper::plan::{Action, Distribution, Facts, Known, Revenue, Rules, Trouble, plan};
use primis_price::SolUsd;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

const WINDOWS: usize = 52_560;
const SECONDS: i64 = 600;
const BEGIN: i64 = 1_800_000_000;
const CAP_LAMPORTS: u64 = 20_000_000_000;
const RULES: Rules = Rules {
    interval_seconds: SECONDS,
    settle_grace_seconds: 3,
    min_distribution_lamports: 10_000,
    wallet_reserve_lamports: 10_000_000,
};

/// What the platform earned up to the end of each window, nano-USD: sales, and at times refunds that
/// exceed them.
fn revenue(random: &mut StdRng) -> Vec<i64> {
    let mut sum = 0;
    let mut until = vec![0];
    for _ in 0..WINDOWS {
        let sales = random.random_range(0..40_000_000_000i64);
        let refunds = match random.random_ratio(1, 50) {
            true => random.random_range(0..100_000_000_000i64),
            false => 0,
        };
        sum += sales - refunds;
        until.push(sum);
    }
    until
}

struct Year {
    facts: Facts,
    until: Vec<i64>,
    random: StdRng,
    /// Distributions that landed, the revenue in them (nano-USD), and lamports in and out.
    landed: usize,
    distributed_nano_usd: i64,
    funded_lamports: u64,
    distributed_lamports: u64,
    /// Windows waited for, counted from when they were due.
    longest_wait: i64,
}

impl Year {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let facts = Facts {
            now: BEGIN,
            last_interval_id: BEGIN,
            last_distributed_at: 0,
            min_spacing_seconds: 300,
            cap_lamports: CAP_LAMPORTS,
            funded_lamports: 0,
            is_keeper: true,
            is_paused: false,
            wallet_lamports: 2_000_000_000,
        };
        Self {
            facts,
            until: revenue(&mut random),
            random,
            landed: 0,
            distributed_nano_usd: 0,
            funded_lamports: 0,
            distributed_lamports: 0,
            longest_wait: 0,
        }
    }

    fn earned(&self, from: i64, to: i64) -> i64 {
        let at = |time: i64| self.until[usize::try_from((time - BEGIN) / SECONDS).unwrap()];
        at(to) - at(from)
    }

    /// What the keeper would do, or nothing where platform or price do not answer.
    fn decide(&self, price: Option<SolUsd>, platform: bool) -> Option<Action> {
        let mut known = Known::default();
        loop {
            match plan(&self.facts, &known, &RULES) {
                Action::AskRevenue { from, to } => {
                    platform.then_some(())?;
                    let earned = self.earned(from, to);
                    known.revenue.insert(to, Revenue::NanoUsd(earned));
                }
                Action::AskPrice => known.price = Some(price?),
                action => return Some(action),
            }
        }
    }

    /// One look of the keeper. Transactions are lost, land, and land with their answer lost.
    fn look(&mut self) {
        let price = self.random.random_ratio(49, 50).then(|| SolUsd {
            nano_usd_per_sol: self.random.random_range(80_000_000_000..300_000_000_000),
            confidence_nano_usd: 0,
            published_at: self.facts.now,
        });
        let platform = self.random.random_ratio(49, 50);
        match self.decide(price, platform) {
            Some(Action::Distribute(distribution)) => {
                if self.random.random_ratio(1, 20) {
                    return;
                }
                self.land(distribution);
                if self.random.random_ratio(1, 20) {
                    // The answer is lost: the same bytes again change nothing.
                    self.land(distribution);
                }
            }
            Some(Action::NeedsPerson(Trouble::WalletLow { .. })) => {
                // The operator comes in the morning.
                if self.random.random_ratio(1, 60) {
                    self.facts.wallet_lamports += 100_000_000_000;
                }
            }
            Some(Action::Wait { .. }) | None => {}
            Some(action) => panic!("{action:?}"),
        }
    }

    /// The program: compares and swaps the interval.
    fn land(&mut self, distribution: Distribution) {
        if distribution.previous_interval_id != self.facts.last_interval_id {
            return;
        }
        let earned = self.earned(self.facts.last_interval_id, distribution.interval_id);
        let price = distribution.nano_usd_per_sol.map_or(u128::MAX, u128::from);
        let exact = u128::try_from(earned.max(0)).unwrap() * 1_000_000_000 / price;
        assert_eq!(
            u128::from(distribution.fund_lamports),
            exact,
            "to the lamport"
        );
        let facts = &mut self.facts;
        assert!(distribution.interval_id > facts.last_interval_id);
        assert!(distribution.interval_id <= facts.now);
        assert!(distribution.distribute_lamports <= facts.cap_lamports);
        facts.wallet_lamports -= distribution.fund_lamports;
        facts.funded_lamports += distribution.fund_lamports;
        facts.funded_lamports -= distribution.distribute_lamports;
        facts.last_interval_id = distribution.interval_id;
        facts.last_distributed_at = facts.now;
        let waited = facts.now - distribution.previous_interval_id;
        self.longest_wait = self.longest_wait.max(waited / SECONDS);
        self.landed += 1;
        self.distributed_nano_usd += earned;
        self.funded_lamports += distribution.fund_lamports;
        self.distributed_lamports += distribution.distribute_lamports;
    }
}

/// Pages of memory this process holds.
fn resident_pages() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_year_with_outages_distributes_every_second_once() {
    let mut year = Year::new(7);
    let mut down_until = BEGIN;
    let mut pages = 0;
    for window in 1..=i64::try_from(WINDOWS).unwrap() {
        for seconds in [4, 150, 300, 450] {
            year.facts.now = BEGIN + (window - 1) * SECONDS + seconds;
            if year.random.random_ratio(1, 2_000) {
                // Keeper, chain or network are away, for up to three days.
                down_until = year.facts.now + year.random.random_range(0..3 * 86_400);
            }
            if year.facts.now >= down_until {
                year.look();
            }
        }
        if window == 5_000 {
            pages = resident_pages();
        }
    }
    let grown = resident_pages().saturating_sub(pages);

    // Every second once: each stretch began where the one before ended.
    let last = year.facts.last_interval_id;
    assert_eq!(year.distributed_nano_usd, year.earned(BEGIN, last));
    assert_eq!(
        year.funded_lamports,
        year.distributed_lamports + year.facts.funded_lamports
    );
    assert!(year.landed > WINDOWS / 2, "{}", year.landed);
    assert!(year.longest_wait > 100, "nothing was away for long");
    assert!(grown < 256, "{grown} pages more than after a tenth");
}
