//! Looking at the running network, and telling what is new.

use anyhow::{Result, anyhow};
use tokio::task::JoinHandle;

use super::Network;
use crate::money::{both, sol, usd};

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
                "{} jobs have been billed {} so far",
                tally.usage_events,
                usd(tally.billed_nano_usd)
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
        self.seen = view;
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
            usd(self.traffic.tally().billed_nano_usd),
        )
    }
}
