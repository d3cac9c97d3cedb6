//! The revenue model: what projections assume, and what follows from it. Pure.

use primis_vault_interface::{accounts::Vault, math::BPS_DENOMINATOR};

use super::rate::Rate;
use crate::config::Model as Settings;

/// Nano-USD of a dollar.
const NANO: u128 = 1_000_000_000;
/// Lamports of a SOL.
const LAMPORTS_PER_SOL: u128 = 1_000_000_000;
/// Seconds of the year the model's intervals are counted in: 365 days, so that ten minutes give
/// 52,560 of them.
pub(super) const MODEL_YEAR_SECONDS: u64 = 31_536_000;

/// The assumptions, and the revenue they make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    /// Compute sold a year, whole USD.
    pub(super) yearly_volume_usd: u64,
    /// The platform's fee.
    pub(super) fee_bps: u64,
    /// The stakers' part of compute revenue, by the vault's own config.
    pub(super) stakers_bps: u64,
    /// Seconds between distributions.
    pub(super) interval_seconds: u64,
    /// Base staking's rate to stakers, after the vault's split.
    pub(super) base: Option<Rate>,
}

impl Model {
    pub(super) fn of(settings: &Settings, fee_bps: u64, vault: &Vault) -> Self {
        let base = settings.base_staking_apr_bps.and_then(|apr_bps| {
            let whole = u128::from(BPS_DENOMINATOR);
            let stakers = u128::from(vault.config.staking_split.stakers_bps);
            Rate::of(
                u128::from(apr_bps).checked_mul(stakers)?,
                whole.checked_mul(whole)?,
            )
        });
        Self {
            yearly_volume_usd: settings.yearly_compute_volume_usd,
            fee_bps,
            stakers_bps: u64::from(vault.config.compute_split.stakers_bps),
            interval_seconds: settings.interval_seconds,
            base,
        }
    }

    /// The platform's revenue a year, nano-USD, rounded down.
    pub(super) fn yearly_revenue_nano_usd(&self) -> Option<u128> {
        bps_of(
            u128::from(self.yearly_volume_usd).checked_mul(NANO)?,
            self.fee_bps,
        )
    }

    /// The stakers' part of it a year, nano-USD, rounded down.
    pub(super) fn yearly_pool_nano_usd(&self) -> Option<u128> {
        bps_of(self.yearly_revenue_nano_usd()?, self.stakers_bps)
    }

    /// Nano-USD a year as lamports an interval, rounded down.
    pub(super) fn per_interval_lamports(
        &self,
        yearly_nano_usd: u128,
        nano_usd_per_sol: u64,
    ) -> Option<u64> {
        // Two divisions would lose a lamport; nano-USD × seconds × lamports fits 128 bits only up
        // to a revenue of billions of dollars a year, so the first factor is split off exactly.
        let divisor = u128::from(MODEL_YEAR_SECONDS).checked_mul(u128::from(nano_usd_per_sol))?;
        let per_year = yearly_nano_usd.checked_mul(u128::from(self.interval_seconds))?;
        let lamports = per_year
            .checked_mul(LAMPORTS_PER_SOL)?
            .checked_div(divisor)?;
        u64::try_from(lamports).ok()
    }

    /// What `stake_lamports` of `total_lamports` earn a year, nano-USD, rounded down.
    pub(super) fn yearly_earnings_nano_usd(
        &self,
        stake_lamports: u64,
        total_lamports: u64,
    ) -> Option<u128> {
        self.yearly_pool_nano_usd()?
            .checked_mul(u128::from(stake_lamports))?
            .checked_div(u128::from(total_lamports))
    }

    /// The simple yearly rate that compute revenue makes for every stake in `total_lamports`.
    pub(super) fn compute_rate(&self, total_lamports: u64, nano_usd_per_sol: u64) -> Option<Rate> {
        let earned = self.yearly_pool_nano_usd()?.checked_mul(LAMPORTS_PER_SOL)?;
        Rate::of(
            earned,
            u128::from(total_lamports).checked_mul(u128::from(nano_usd_per_sol))?,
        )
    }
}

fn bps_of(amount: u128, bps: u64) -> Option<u128> {
    amount
        .checked_mul(u128::from(bps))?
        .checked_div(u128::from(BPS_DENOMINATOR))
}
