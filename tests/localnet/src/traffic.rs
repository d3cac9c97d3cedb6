//! Demo customers who use compute, metered to the API as a gateway would. Now and then a batch is
//! posted twice, as a gateway does that did not hear the answer; it must be charged once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use rand::seq::IndexedRandom as _;
use tokio::sync::watch;

use crate::api::{ApiClient, UsageEvent};

/// Time between two batches.
const BATCH_EVERY: Duration = Duration::from_millis(700);
/// Most jobs of one batch.
const MOST_JOBS: usize = 4;
/// Each batch of this number is posted twice.
const REPEAT_EVERY: u64 = 4;
/// Who uses compute.
const CUSTOMERS: [&str; 4] = [
    "aurora-robotics",
    "bluefin-bio",
    "cobalt-games",
    "delta-weather",
];
/// What they use, with the least and most of one job: from some dimes to some dollars.
const WORK: [(&str, u64, u64); 5] = [
    ("gpu.h100.second", 1_800, 14_400),
    ("gpu.a100.second", 1_800, 14_400),
    ("llm.input.token", 500_000, 8_000_000),
    ("llm.output.token", 200_000, 3_000_000),
    ("api.call", 500, 5_000),
];

/// What was posted and taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Jobs the API took.
    pub usage_events: u64,
    /// Jobs posted again that the API recognised.
    pub duplicates: u64,
    /// Charged, nano-USD.
    pub billed_nano_usd: u128,
}

/// The traffic so far, shared with the task that makes it.
#[derive(Clone, Default)]
pub struct Traffic(Arc<Mutex<Tally>>);

impl Traffic {
    /// What was posted and taken so far.
    pub fn tally(&self) -> Tally {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts jobs until `stop` says so.
    ///
    /// # Errors
    /// The API does not answer, or charges a job twice.
    pub async fn run(self, api: ApiClient, mut stop: watch::Receiver<bool>) -> Result<()> {
        let mut number: u64 = 0;
        loop {
            tokio::select! {
                () = tokio::time::sleep(BATCH_EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            number = number.saturating_add(1);
            let jobs = batch(number);
            let first = self.post(&api, &jobs).await?;
            ensure!(
                first == (jobs.len(), 0),
                "the API did not take a new batch: {first:?}"
            );
            if number.is_multiple_of(REPEAT_EVERY) {
                let again = self.post(&api, &jobs).await?;
                ensure!(
                    again == (0, jobs.len()),
                    "the API took a batch twice: {again:?}"
                );
            }
        }
    }

    /// Posts a batch and tallies it; how many jobs were new and how many known.
    async fn post(&self, api: &ApiClient, jobs: &[UsageEvent]) -> Result<(usize, usize)> {
        let answer = api.post_usage(jobs).await.context("cannot post usage")?;
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.usage_events = tally.usage_events.saturating_add(answer.accepted);
        tally.duplicates = tally.duplicates.saturating_add(answer.duplicates);
        for result in answer
            .results
            .iter()
            .filter(|result| result.status == "accepted")
        {
            let charge: u128 = result
                .charge_nano_usd
                .parse()
                .context("a charge is no number")?;
            tally.billed_nano_usd = tally.billed_nano_usd.saturating_add(charge);
        }
        Ok((
            usize::try_from(answer.accepted)?,
            usize::try_from(answer.duplicates)?,
        ))
    }
}

/// Some jobs of some customers, done just now.
fn batch(number: u64) -> Vec<UsageEvent> {
    let mut random = rand::rng();
    let run: u32 = rand::random();
    let jobs = rand::random_range(1..=MOST_JOBS);
    let job = |index| {
        let (sku, least, most) = *WORK.choose(&mut random)?;
        Some(UsageEvent {
            event_id: format!("demo-{run:08x}-{number}-{index}"),
            customer: (*CUSTOMERS.choose(&mut random)?).to_owned(),
            sku: sku.to_owned(),
            quantity: rand::random_range(least..=most),
            occurred_at: Timestamp::now().to_string(),
        })
    };
    (0..jobs).filter_map(job).collect()
}
