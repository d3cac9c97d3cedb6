//! Messages to a webhook when a person is wanted.
//!
//! [`judge`] says what is wrong, [`Told`] what of that is news, and [`webhook`] delivers it. All
//! of it runs beside the loop, on a queue that drops what does not fit: nothing here can hold up a
//! distribution.

mod judge;
mod notice;
mod told;
mod webhook;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub use self::{
    judge::{Kind, Limits, Situation, judge},
    notice::{Notice, State},
    told::Told,
    webhook::{Retry, Webhook},
};
use super::{Health, Readings, is_ready, metrics};
use crate::{config::Config, error::Error, keeper::Keeper};

/// How often everything is judged.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Messages that wait for the webhook at most.
const QUEUE: usize = 32;
/// How long the last message may take once the keeper stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Who watches a running keeper.
#[derive(Debug)]
pub struct Watch {
    health: Arc<Health>,
    keeper: Keeper,
    limits: Limits,
    wallet_reserve_lamports: u64,
    webhook: Option<Webhook>,
}

impl Watch {
    /// Reads the webhook's address and secret, where there are any.
    ///
    /// # Errors
    /// [`Error::Config`] where a file cannot be read or the address is none.
    pub fn new(config: &Config, health: Arc<Health>, keeper: &Keeper) -> Result<Self, Error> {
        metrics::limits(config);
        Ok(Self {
            health,
            keeper: keeper.clone(),
            limits: Limits::from_config(config),
            wallet_reserve_lamports: config.fees.wallet_reserve_lamports,
            webhook: Webhook::from_config(&config.alerts)?,
        })
    }

    /// Watches until the keeper stops.
    pub fn start(self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(self.run(stop))
    }

    async fn run(self, stop: CancellationToken) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let delivery = self
            .webhook
            .clone()
            .map(|webhook| tokio::spawn(webhook.deliver_all(receiver)));
        let mut told = Told::new(self.limits.repeat);
        while !stop.is_cancelled() {
            let reasons = is_ready(
                &self.health,
                &self.keeper.memory,
                self.wallet_reserve_lamports,
            )
            .await;
            metrics::ready(&reasons);
            if delivery.is_some() {
                self.tell(&mut told, &sender);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
        drop(sender);
        if let Some(delivery) = delivery {
            let abort = delivery.abort_handle();
            if timeout(STOP_PATIENCE, delivery).await.is_err() {
                abort.abort();
                tracing::warn!("the webhook did not take the last message in time");
            }
        }
    }

    /// Queues what is news.
    fn tell(&self, told: &mut Told, sender: &mpsc::Sender<Notice>) {
        let now = Instant::now();
        let situation = Situation {
            now,
            trouble: self.health.trouble(),
            waits_for_revenue: self.health.waits_for_revenue(),
            readings: Readings::latest(),
        };
        for (kind, state, summary) in told.news(now, judge(&situation, &self.limits)) {
            let notice = Notice {
                kind,
                state,
                summary,
                vault: self.keeper.decider.vault,
                keeper: self.keeper.decider.address(),
                at_unix_seconds: wall_clock_seconds(),
            };
            tracing::warn!(
                alert = kind.code(),
                state = state.code(),
                summary = notice.summary,
                "alert"
            );
            if sender.try_send(notice).is_err() {
                tracing::warn!("the webhook does not keep up: a message is dropped");
            }
        }
    }
}

fn wall_clock_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
