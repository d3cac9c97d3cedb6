//! What a run of the local network leaves behind: where every lamport went, and whether the chain,
//! the API and the platform's ledger tell the same.

use serde::Serialize;
use solana_address::Address;

use crate::audit::platform::Platform;
use crate::audit::windows::Distribution;
use crate::audit::{Audit, Moved, StakingCounts, Yield, windows};
use crate::money::{sol, usd};
use crate::staker::Staker;
use crate::tally::Tally;

/// The report, as it is written to `--report`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Every lamport of yield and principal is where the balances on chain say it should be.
    pub conserved: bool,
    /// Every figure of the API is what the chain holds.
    pub api_matches_chain: bool,
    /// Each second of revenue was distributed once, at a price that was quoted.
    pub revenue_matches_distributions: bool,
    /// Each posting of the platform's ledger sums to zero, and each balance is what was posted to it.
    pub ledger_balances: bool,
    /// What was charged is what the models answered and Stripe was paid, and what customers are told.
    pub usage_matches_services: bool,
    /// What is wrong, in words.
    pub faults: Vec<String>,
    /// Length of an interval, seconds.
    pub interval_seconds: u64,
    /// Complete intervals between the first distribution and the stop.
    pub intervals: u64,
    /// Distributions landed after the first.
    pub distributions: u64,
    /// What customers bought and used.
    #[serde(flatten)]
    pub tally: Tally,
    /// Charged by the platform: list prices of model calls, and plan fees, nano-USD.
    pub billed_nano_usd: i128,
    /// Of it the platform's fee, which is its revenue, nano-USD.
    pub fee_nano_usd: i128,
    /// Of it paid by customers for model calls, nano-USD.
    pub charged_nano_usd: i128,
    /// Of it paid by the vault's subsidy, nano-USD.
    pub subsidised_nano_usd: i128,
    /// What was swept from the vault's subsidy bucket, at its price then, nano-USD.
    pub subsidy_nano_usd: i128,
    /// What the models cost the platform, nano-USD.
    pub provider_cost_nano_usd: i128,
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

impl Report {
    /// Puts the report together.
    pub fn of(
        audit: &Audit,
        findings: &Findings,
        platform: &Platform,
        tally: &Tally,
        nano_usd_per_sol: u64,
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
                .chain(&platform.ledger_faults)
                .chain(&platform.usage_faults)
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
            ledger_balances: platform.ledger_faults.is_empty(),
            usage_matches_services: platform.usage_faults.is_empty(),
            faults,
            interval_seconds,
            intervals,
            distributions,
            tally: *tally,
            billed_nano_usd: platform.gross_nano_usd,
            fee_nano_usd: platform.fee_nano_usd,
            charged_nano_usd: platform.charge_nano_usd,
            subsidised_nano_usd: platform.discount_nano_usd,
            subsidy_nano_usd: platform.subsidy_nano_usd,
            provider_cost_nano_usd: platform.provider_cost_nano_usd,
            sol_usd_nano_usd: nano_usd_per_sol,
            sol_usd: usd(u128::from(nano_usd_per_sol)),
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
        let (y, t) = (&self.yields, &self.tally);
        let dollars = |nano_usd: i128| usd(nano_usd.unsigned_abs());
        let mut lines = vec![
            format!(
                "{} customers topped up {} in {} payments; {} plan fees of {}; Stripe delivered {} webhooks, {} of them twice",
                t.customers,
                usd(t.top_up_nano_usd),
                t.top_ups,
                t.plan_fees,
                usd(t.plan_fee_nano_usd),
                t.webhooks,
                t.webhook_duplicates
            ),
            format!(
                "{} model calls billed {}: {} prompt tokens, {} completion tokens; {} left before the end; {} metered calls",
                t.model_calls,
                usd(t.list_nano_usd),
                t.prompt_tokens,
                t.completion_tokens,
                t.hung_up,
                t.metered_calls
            ),
            format!(
                "{} simulations run: {} prepaid, in packs for {}, the others for {}; {} orders came twice",
                t.runs,
                t.runs_prepaid,
                usd(t.run_pack_nano_usd),
                usd(t.run_nano_usd),
                t.run_duplicates
            ),
            format!(
                "of what was used {} paid by customers' credit, {} by the vault's subsidy; the platform's fee is {}",
                dollars(self.charged_nano_usd),
                dollars(self.subsidised_nano_usd),
                dollars(self.fee_nano_usd)
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
                "the platform's ledger balances: {}",
                yes(self.ledger_balances)
            ),
            format!(
                "what was charged is what models answered, Stripe took and customers are told: {}",
                yes(self.usage_matches_services)
            ),
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
