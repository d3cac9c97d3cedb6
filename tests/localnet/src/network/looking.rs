//! Looking at the running network, and telling what is new.

use anyhow::{Result, anyhow};
use primis_vault_interface::instructions::SweepBucket;
use solana_signer::Signer as _;
use tokio::task::JoinHandle;

use super::Network;
use crate::chain::VaultView;
use crate::money::{both, sol, usd};

/// The subsidy's number among the vault's buckets.
const SUBSIDY_BUCKET: u8 = 1;

impl Network {
    /// Checks that all is well and tells what is new.
    pub(super) async fn look(&mut self) -> Result<()> {
        self.keeper.check()?;
        self.api.daemon.check()?;
        if let Some(index) = self.tasks.iter().position(JoinHandle::is_finished) {
            self.tasks.swap_remove(index).await??;
            return Err(anyhow!("the stakers' story or the traffic ended by itself"));
        }
        self.watch_vault().await?;
        if self.voice.is_live() {
            self.voice.progress(&self.progress());
        }
        Ok(())
    }

    /// Tells of a new distribution.
    pub(super) async fn watch_vault(&mut self) -> Result<()> {
        let view = self.chain.vault(&self.addresses).await?;
        let (before, after) = (&self.seen.vault, &view.vault);
        let distributed = after
            .compute
            .distributed_total_lamports
            .saturating_sub(before.compute.distributed_total_lamports);
        if distributed > 0 {
            let price = self.hermes.nano_usd_per_sol();
            let stakers = after
                .compute
                .stakers_total_lamports
                .saturating_sub(before.compute.stakers_total_lamports);
            let treasury = after
                .treasury_lamports
                .saturating_sub(before.treasury_lamports);
            let covered = after
                .compute
                .last_interval_id
                .saturating_sub(before.compute.last_interval_id);
            let tally = self.traffic.tally();
            self.voice.say(&format!(
                "{} customers have called models {} times, run {} simulations and been billed {} so far, {} of it \
                 plan fees; they have topped up {}",
                tally.customers,
                tally.model_calls,
                tally.runs,
                usd(tally.billed_nano_usd()),
                usd(tally.plan_fee_nano_usd),
                usd(tally.top_up_nano_usd),
            ));
            self.voice.say(&format!(
                "the keeper distributes {} for {covered} seconds of revenue: {} streams to the stakers over {} seconds, \
                 {} goes to the treasury",
                both(distributed, price),
                sol(stakers),
                after.config.stream_seconds,
                sol(treasury),
            ));
        }
        for line in staking_news(&self.seen, &view) {
            self.voice.say(&line);
        }
        let subsidy_lamports = view.vault.subsidy_lamports;
        self.seen = view;
        if subsidy_lamports > 0 {
            self.sweep_subsidy(subsidy_lamports).await?;
        }
        Ok(())
    }

    /// Sweeps the subsidy bucket, as an operator does: once it is final, the platform credits the pool that
    /// makes its prices fall.
    async fn sweep_subsidy(&self, lamports: u64) -> Result<()> {
        let sweep = SweepBucket {
            signer: self.roles.authority.pubkey(),
            vault: self.addresses.vault,
            destination: self.roles.treasury.pubkey(),
        };
        let sweep = sweep.instruction(SUBSIDY_BUCKET, lamports);
        self.chain.send(&[sweep], &[&self.roles.authority]).await?;
        self.voice.say(&format!(
            "the operator sweeps {} of subsidy: once that is final it pays a quarter of each price, while it lasts",
            both(lamports, self.hermes.nano_usd_per_sol())
        ));
        Ok(())
    }

    /// One line: what is staked, streaming and billed, and when the next distribution is due.
    fn progress(&self) -> String {
        let (vault, pool, now) = (
            &self.seen.vault,
            &self.seen.pool,
            self.seen.clock.unix_timestamp,
        );
        let interval = i64::try_from(self.interval_seconds).unwrap_or(i64::MAX);
        let next = interval.saturating_sub(now.rem_euclid(interval));
        let stream = pool
            .stream()
            .settle(pool.total_units, now)
            .and_then(|stream| stream.remaining_lamports());
        format!(
            "staked {} · streaming {} · paid {} · billed {} · window ends in {next} s",
            sol(pool.total_units),
            sol(stream.unwrap_or_default()),
            sol(vault.claimed_total_lamports),
            usd(self.traffic.tally().billed_nano_usd()),
        )
    }
}

/// What the keeper did for base staking between two looks, in words.
fn staking_news(before: &VaultView, after: &VaultView) -> Vec<String> {
    let (old, new) = (&before.pool, &after.pool);
    let (old_rewards, new_rewards) = (&before.vault.staking, &after.vault.staking);
    let grown = |new: u64, old: u64| Some(new.saturating_sub(old)).filter(|by| *by > 0);
    let mut news = Vec::new();
    if let Some(count) = grown(new.delegation_next, old.delegation_next) {
        news.push(format!(
            "the keeper delegates, {count} stake account(s) more: {} of the pool is staked now",
            sol(new.staked_lamports)
        ));
    }
    if let Some(lamports) = grown(new.deactivating_lamports, old.deactivating_lamports) {
        news.push(format!(
            "the keeper deactivates {}: it is back with the next epoch",
            sol(lamports)
        ));
    }
    if let Some(lamports) = grown(old.deactivating_lamports, new.deactivating_lamports) {
        news.push(format!("the keeper reclaims {}", sol(lamports)));
    }
    if let Some(count) = grown(new.ticket_served, old.ticket_served) {
        news.push(format!("the keeper has paid {count} ticket(s) in full"));
    } else if let Some(units) = grown(old.ticket_units, new.ticket_units) {
        news.push(format!(
            "the keeper pays {} of a ticket; {} still waits",
            sol(units),
            sol(new.ticket_units)
        ));
    }
    if let Some(lamports) = grown(
        new_rewards.funded_total_lamports,
        old_rewards.funded_total_lamports,
    ) {
        news.push(format!("the keeper harvests {} of rewards", sol(lamports)));
    }
    if let Some(lamports) = grown(
        new_rewards.distributed_total_lamports,
        old_rewards.distributed_total_lamports,
    ) {
        let stakers = new_rewards
            .stakers_total_lamports
            .saturating_sub(old_rewards.stakers_total_lamports);
        news.push(format!(
            "the keeper distributes {} of rewards: {} streams to the stakers of SOL, the rest to subsidy and reserve",
            sol(lamports),
            sol(stakers)
        ));
    }
    news
}
