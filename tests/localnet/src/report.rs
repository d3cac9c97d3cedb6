//! What a run of the local network leaves behind: where every lamport went, and whether the chain,
//! the API and the platform's ledger tell the same.

use serde::Serialize;
use solana_address::Address;

use crate::audit::windows::Distribution;
use crate::audit::{Audit, Moved, StakingCounts, Yield, windows};
use crate::money::{sol, usd};
use crate::staker::Staker;
use crate::traffic::Tally;

/// The report, as it is written to `--report`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Every lamport of yield and principal is where the balances on chain say it should be.
    pub conserved: bool,
    /// Every figure of the API is what the chain holds.
    pub api_matches_chain: bool,
    /// Each second of revenue was distributed once, at a price that was quoted.
    pub revenue_matches_distributions: bool,
    /// What is wrong, in words.
    pub faults: Vec<String>,
    /// Length of an interval, seconds.
    pub interval_seconds: u64,
    /// Complete intervals between the first distribution and the stop.
    pub intervals: u64,
    /// Distributions landed after the first.
    pub distributions: u64,
    /// Compute jobs metered.
    pub usage_events: u64,
    /// Jobs posted twice and charged once.
    pub duplicate_posts: u64,
    /// Charged for them, nano-USD.
    pub billed_nano_usd: u128,
    /// Of it the platform's fee, nano-USD.
    pub fee_nano_usd: i64,
    /// Price of SOL at the end, nano-USD.
    pub sol_usd_nano_usd: u64,
    /// The same, as people write it.
    pub sol_usd: String,
    /// Where the yield is.
    #[serde(flatten)]
    pub yields: Yield,
    /// Principal in the pool.
    pub staked_lamports: i128,
    /// Principal that ever went in, and came back.
    pub deposited_lamports: i128,
    /// See `deposited_lamports`.
    pub withdrawn_lamports: i128,
    /// Base staking, counted.
    pub staking: StakingCounts,
    /// From the end of a window to its distribution on chain.
    pub landing: Landing,
    /// Each distribution, the first included.
    pub windows: Vec<Distribution>,
    /// Each staker.
    pub stakers: Vec<StakerRow>,
}

/// Seconds of the chain's clock from the end of a window to its distribution on chain.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Landing {
    /// Of each distribution after the first.
    pub seconds: Vec<i64>,
    /// The middle one.
    pub median_seconds: Option<i64>,
    /// The slowest.
    pub max_seconds: Option<i64>,
}

/// One staker's run.
#[derive(Clone, Debug, Serialize)]
pub struct StakerRow {
    /// What the narration calls them.
    pub name: String,
    /// Their wallet.
    #[serde(serialize_with = "as_text")]
    pub wallet: Address,
    /// Principal they hold now.
    pub staked_lamports: u64,
    /// Yield they could take now.
    pub owed_lamports: u64,
    /// What moved, from balances.
    #[serde(flatten)]
    pub moved: Moved,
}

/// What the checks found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// API against chain.
    pub api: Vec<String>,
    /// Distributions against revenue.
    pub revenue: Vec<String>,
    /// Anything else that went wrong.
    pub run: Vec<String>,
}

/// What the platform and the price service know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Platform {
    /// What was posted.
    pub tally: Tally,
    /// Fee on it, nano-USD.
    pub fee_nano_usd: i64,
    /// Price of SOL, nano-USD.
    pub nano_usd_per_sol: u64,
}

impl Report {
    /// Puts the report together.
    pub fn of(
        audit: &Audit,
        findings: &Findings,
        platform: Platform,
        stakers: &[Staker],
        interval_seconds: u64,
    ) -> Self {
        let rows = windows::distributions(&audit.history);
        let later = rows.get(1..).unwrap_or_default();
        let covered = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => last.to.abs_diff(first.to),
            _ => 0,
        };
        let intervals = covered.checked_div(interval_seconds).unwrap_or_default();
        let distributions = u64::try_from(later.len()).unwrap_or(u64::MAX);
        let mut faults = findings.run.clone();
        faults.extend(
            audit
                .faults
                .iter()
                .chain(&findings.api)
                .chain(&findings.revenue)
                .cloned(),
        );
        if intervals != distributions {
            faults.push(format!(
                "{intervals} intervals were complete and {distributions} distributions landed"
            ));
        }
        Self {
            conserved: audit.faults.is_empty(),
            api_matches_chain: findings.api.is_empty(),
            revenue_matches_distributions: findings.revenue.is_empty(),
            faults,
            interval_seconds,
            intervals,
            distributions,
            usage_events: platform.tally.usage_events,
            duplicate_posts: platform.tally.duplicates,
            billed_nano_usd: platform.tally.billed_nano_usd,
            fee_nano_usd: platform.fee_nano_usd,
            sol_usd_nano_usd: platform.nano_usd_per_sol,
            sol_usd: usd(u128::from(platform.nano_usd_per_sol)),
            yields: audit.yields,
            staked_lamports: audit.books.deposited_lamports + audit.books.compounded_lamports
                - audit.books.withdrawn_lamports,
            deposited_lamports: audit.books.deposited_lamports,
            withdrawn_lamports: audit.books.withdrawn_lamports,
            staking: StakingCounts::of(&audit.history),
            landing: Landing::of(later),
            stakers: stakers
                .iter()
                .map(|staker| StakerRow::of(staker, audit))
                .collect(),
            windows: rows,
        }
    }

    /// The report in lines that people read.
    pub fn lines(&self) -> Vec<String> {
        let yes = |holds| if holds { "yes" } else { "NO" };
        let y = &self.yields;
        let mut lines = vec![
            format!(
                "{} compute jobs billed {}",
                self.usage_events,
                usd(self.billed_nano_usd)
            ),
            format!(
                "{} distributions in {} intervals after the first",
                self.distributions, self.intervals
            ),
            format!(
                "funded {}, harvested {} from validators: of it",
                sol(y.funded_lamports),
                sol(y.harvested_lamports)
            ),
            format!("  {} in the buckets", sol(y.bucket_lamports)),
            format!(
                "  {} taken by stakers, {} theirs to take",
                sol(y.claimed_lamports),
                sol(y.owed_lamports)
            ),
            format!(
                "  {} still streaming to them, {} carried over",
                sol(y.streaming_lamports),
                sol(y.carried_lamports)
            ),
            format!("  {} lamports of rounding", y.dust_lamports),
            format!(
                "{} stake accounts delegated, {} deactivated, {} reclaimed; {} harvests; tickets paid in full: {} of {}",
                self.staking.delegations,
                self.staking.deactivations,
                self.staking.reclaims,
                self.staking.harvests,
                self.staking.tickets_served,
                self.staking.tickets_opened
            ),
            format!("every lamport accounted for: {}", yes(self.conserved)),
            format!(
                "the API tells what the chain holds: {}",
                yes(self.api_matches_chain)
            ),
            format!(
                "each second of revenue distributed once: {}",
                yes(self.revenue_matches_distributions)
            ),
        ];
        lines.extend(self.faults.iter().map(|fault| format!("  fault: {fault}")));
        lines
    }
}

impl Landing {
    fn of(rows: &[Distribution]) -> Self {
        let seconds: Vec<i64> = rows
            .iter()
            .map(|row| row.at.saturating_sub(row.to))
            .collect();
        let mut sorted = seconds.clone();
        sorted.sort_unstable();
        Self {
            median_seconds: sorted.get(sorted.len() / 2).copied(),
            max_seconds: sorted.last().copied(),
            seconds,
        }
    }
}

impl StakerRow {
    fn of(staker: &Staker, audit: &Audit) -> Self {
        let position = audit
            .positions
            .iter()
            .find(|position| position.owner == staker.owner());
        let now = audit.view.clock.unix_timestamp;
        Self {
            name: staker.name.clone(),
            wallet: staker.owner(),
            staked_lamports: position.map_or(0, |position| position.units),
            owed_lamports: position
                .and_then(|p| p.owed_lamports_at(audit.pool_of(p).ok()?, now))
                .unwrap_or_default(),
            moved: audit
                .books
                .wallets
                .get(&staker.owner())
                .copied()
                .unwrap_or_default(),
        }
    }
}

fn as_text<S: serde::Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}
