//! Taking the network down: nothing half done, and every lamport checked.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{LOOK_EVERY, Network};
use crate::audit::platform::Platform;
use crate::audit::{Audit, answers, windows};
use crate::lst::TokenStaker;
use crate::report::{Findings, Report};
use crate::staker::Staker;
use crate::story::TOKEN_PURSE_UNITS;

/// How long the last distribution may take to land, beyond an interval.
const LAST_DISTRIBUTION: Duration = Duration::from_secs(30);
/// How long the keeper may take to bring stake back for the last ticket and pay it.
const LAST_TICKET: Duration = Duration::from_secs(60);
/// How long it usually takes for that, once an epoch has ended.
const RECLAIMED_WITHIN: Duration = Duration::from_secs(5);
/// How long the API may take to catch up with the chain.
const CATCH_UP: Duration = Duration::from_secs(30);

impl Network {
    /// Stops stakers and traffic, lets the last due distribution land, stops the keeper, lets the
    /// API catch up, checks everything, and stops the rest.
    ///
    /// # Errors
    /// A part does not stop, or a check cannot be made. What a check finds is in the report.
    pub async fn down(mut self) -> Result<Report> {
        self.voice
            .say("stopping: stakers and customers first, then whatever is still due");
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            task.await??;
        }
        let mut findings = Findings::default();
        if let Err(error) = self.last_ticket().await {
            findings.run.push(format!("{error:#}"));
        }
        if let Err(error) = self.last_distribution().await {
            findings.run.push(format!("{error:#}"));
        }
        self.keeper.stop().await?;
        self.voice
            .say("the keeper has stopped; checking every lamport against the chain");
        let audit = Audit::of(&self.chain, &self.addresses).await?;
        let rows = windows::distributions(&audit.history);
        let client = &self.api.client;
        findings.revenue = windows::check(&rows, client, &self.hermes.served()).await?;
        let begin = rows
            .first()
            .map_or(self.seen.vault.compute.last_interval_id, |row| row.from);
        let customers = self.traffic.customers();
        let database = &self.api.database;
        let mut platform =
            Platform::of(database, client, &self.services, &self.traffic, begin).await?;
        let tally = self.traffic.tally();
        let mut metered_calls = 0u64;
        for customer in &customers {
            metered_calls = metered_calls.saturating_add(customer.metered_calls().await?);
        }
        if metered_calls != tally.metered_calls {
            platform.usage_faults.push(format!(
                "customers sent {} batches of measurements and are told {metered_calls}",
                tally.metered_calls
            ));
        }
        let owners = self.stakers.iter().map(Staker::owner);
        let token_owners = self.token_stakers.iter().map(TokenStaker::owner);
        let wallets: Vec<_> = owners.chain(token_owners).collect();
        for staker in self.token_stakers.iter() {
            let held = staker
                .position(&self.chain)
                .await?
                .map_or(0, |held| held.units);
            let units = staker.units(&self.chain).await?.saturating_add(held);
            if units != TOKEN_PURSE_UNITS {
                findings.run.push(format!(
                    "{} began with {TOKEN_PURSE_UNITS} tokens and has {units}, the stake included",
                    staker.name
                ));
            }
        }
        let deadline = Instant::now() + CATCH_UP;
        findings.api = loop {
            let differences = answers::check(client, &audit, &wallets, platform.lines).await?;
            if differences.is_empty() || Instant::now() > deadline {
                break differences;
            }
            sleep(LOOK_EVERY).await;
        };
        let report = Report::of(
            &audit,
            &findings,
            &platform,
            &tally,
            self.hermes.nano_usd_per_sol(),
            &self.stakers,
            self.interval_seconds,
        );
        self.api.daemon.stop().await?;
        match Arc::try_unwrap(self.chain) {
            Ok(chain) => chain.stop().await?,
            Err(_) => self
                .voice
                .say("the chain is still in use; it ends with this process"),
        }
        Ok(report)
    }

    /// Waits until every withdrawal ticket is paid; ends epochs for the stake they wait for.
    async fn last_ticket(&mut self) -> Result<()> {
        let deadline = Instant::now() + LAST_TICKET;
        loop {
            self.watch_vault().await?;
            let view = &self.seen;
            let pool = &view.pool;
            if pool.ticket_served == pool.ticket_next {
                return Ok(());
            }
            self.keeper.check()?;
            if Instant::now() > deadline {
                return Err(anyhow!(
                    "ticket {} waits for {} units, {} lamports are being deactivated",
                    pool.ticket_served,
                    pool.ticket_units,
                    pool.deactivating_lamports
                ));
            }
            let free = view.pool_lamports.saturating_sub(pool.rent_lamports);
            if pool.deactivating_lamports > 0
                && free.saturating_add(pool.deactivating_lamports) >= pool.ticket_units
            {
                self.cluster.end_epoch(&self.chain).await?;
                sleep(RECLAIMED_WITHIN).await;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits for the distribution of the last window that is complete now.
    async fn last_distribution(&mut self) -> Result<()> {
        let interval = i64::try_from(self.interval_seconds)?;
        let now = Timestamp::now().as_second();
        let boundary = now - now.rem_euclid(interval);
        let deadline =
            Instant::now() + Duration::from_secs(self.interval_seconds) + LAST_DISTRIBUTION;
        loop {
            self.watch_vault().await?;
            if self.seen.vault.compute.last_interval_id >= boundary {
                return Ok(());
            }
            self.keeper.check()?;
            if Instant::now() > deadline {
                let last = self.seen.vault.compute.last_interval_id;
                return Err(anyhow!(
                    "the revenue up to {boundary} is due, the last distribution ends at {last}"
                ));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}
