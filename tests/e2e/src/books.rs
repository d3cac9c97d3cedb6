//! What must be true at the end of every test: the window was distributed once, for exactly its
//! revenue, and the keeper remembers what the chain shows.

use anyhow::{Context as _, Result};
use primis_localnet::audit::windows::{self, Distribution};
use primis_localnet::{Audit, SOL};
use serde_json::Value;
use solana_signer::Signer as _;

use crate::config::{FEE_BPS, USD_PER_SOL_CENTS, YEARLY_VOLUME_USD};
use crate::stand::{KEEPER, Stand};
use crate::verb::{DONE, Verb};

/// What `Roles::funded` gives each role.
const WALLET_START_LAMPORTS: u64 = 10_000 * SOL;
/// The year of the revenue model: 52,560 intervals of ten minutes.
const MODEL_YEAR_SECONDS: u128 = 365 * 86_400;

/// Revenue of `[from, to)` in lamports, from the model's definition: a year's fee spread evenly
/// over its seconds, in whole nano-USD up to each second, then in lamports, each rounded down.
pub fn revenue_lamports(from: i64, to: i64) -> Result<u64> {
    let yearly_fee_nano_usd =
        u128::from(YEARLY_VOLUME_USD) * 1_000_000_000 * u128::from(FEE_BPS) / 10_000;
    let until = |second: i64| -> Result<u128> {
        Ok(yearly_fee_nano_usd * u128::try_from(second)? / MODEL_YEAR_SECONDS)
    };
    let fee_nano_usd = until(to)? - until(from)?;
    let nano_usd_per_sol = u128::from(USD_PER_SOL_CENTS) * 10_000_000;
    Ok(u64::try_from(
        fee_nano_usd * u128::from(SOL) / nano_usd_per_sol,
    )?)
}

impl Stand {
    /// Holds the chain to the window's revenue: one distribution, one funding, and nothing else
    /// left the keeper's wallet.
    pub async fn distributed_once(&self) -> Result<()> {
        let (from, to) = self.window;
        let expected = revenue_lamports(from, to)?;
        assert!(expected > 0, "a window without revenue proves nothing");
        let audit = Audit::of(&self.chain, &self.addresses).await?;
        assert_eq!(audit.faults, Vec::<String>::new());
        let rows = windows::distributions(&audit.history);
        let [row] = rows[..] else {
            anyhow::bail!("one distribution, not {rows:?}")
        };
        let at = row.at;
        let wanted = Distribution {
            from,
            to,
            lamports: expected,
            at,
        };
        assert_eq!(row, wanted);

        let compute = audit.view.vault.compute;
        assert_eq!(
            (
                compute.last_interval_id,
                compute.distribution_count,
                compute.distributed_total_lamports,
                compute.funded_lamports
            ),
            (to, 1, expected, 0),
            "the vault's own account"
        );
        assert_eq!(
            audit.yields.funded_lamports, expected,
            "lamports that ever left a wallet for the vault"
        );

        let keeper = self.roles.keeper.pubkey();
        let paid = audit.history.iter().map(|landed| landed.outlay(&keeper));
        assert_eq!(
            paid.sum::<i128>(),
            i128::from(expected),
            "what the keeper paid apart from fees"
        );
        Ok(())
    }

    /// Holds the chain to the revenue of these windows: one distribution each, in this order, and
    /// nothing funded beside it. Whoever distributed them.
    pub async fn distributed(&self, windows: &[(i64, i64)]) -> Result<()> {
        let audit = Audit::of(&self.chain, &self.addresses).await?;
        assert_eq!(audit.faults, Vec::<String>::new());
        let rows = windows::distributions(&audit.history);
        let covered: Vec<_> = rows.iter().map(|row| (row.from, row.to)).collect();
        assert_eq!(covered, windows);
        let mut total = 0;
        for row in &rows {
            assert_eq!(row.lamports, revenue_lamports(row.from, row.to)?, "{row:?}");
            total += row.lamports;
        }
        assert_eq!(audit.yields.funded_lamports, total);
        assert_eq!(audit.view.vault.compute.funded_lamports, 0);
        Ok(())
    }

    /// The wallet lost the window's revenue and the fees of so many transactions, executed or
    /// failed; each has one signature and no priority fee.
    pub async fn keeper_paid_fees(&self, transactions: u64) -> Result<()> {
        const SIGNATURE_LAMPORTS: u64 = 5_000;
        let (from, to) = self.window;
        let spent = revenue_lamports(from, to)? + transactions * SIGNATURE_LAMPORTS;
        assert_eq!(
            self.wallet_lamports().await?,
            WALLET_START_LAMPORTS - spent,
            "the keeper's wallet"
        );
        Ok(())
    }

    /// What the keeper remembers, oldest first, as `status` shows it.
    pub async fn attempts(&self) -> Result<Vec<Value>> {
        self.attempts_of(KEEPER).await
    }

    /// The same of the keeper of this name, whether the vault names it or not.
    pub async fn attempts_of(&self, name: &str) -> Result<Vec<Value>> {
        let status = Verb::run(&self.path(&format!("{name}.toml")), "status").await?;
        let attempts = status.end()?["attempts"].as_array().cloned();
        let mut attempts = attempts.context("status shows no attempts")?;
        attempts.reverse();
        Ok(attempts)
    }

    /// The states of what the keeper remembers, oldest first.
    pub async fn remembers(&self, states: &[&str]) -> Result<()> {
        self.remembers_of(KEEPER, states).await
    }

    /// The same of the keeper of this name.
    pub async fn remembers_of(&self, name: &str, states: &[&str]) -> Result<()> {
        let attempts = self.attempts_of(name).await?;
        let remembered: Vec<&str> = attempts
            .iter()
            .filter_map(|attempt| attempt["state"].as_str())
            .collect();
        assert_eq!(remembered, states, "{attempts:?}");
        Ok(())
    }

    /// Lets `run` finish what is left, asks once more, and holds everything to account.
    pub async fn recovers(&self, states: &[&str]) -> Result<()> {
        self.run_until_idle().await?;
        self.distributed_once().await?;
        self.remembers(states).await?;
        let again = self.verb("once").await?;
        assert_eq!(again.ended(DONE)?["event"], "waiting");
        self.distributed_once().await?;
        self.remembers(states).await
    }
}
