//! The balance transactions of a Stripe account: `GET /v1/balance_transactions`.
//!
//! A transaction falls into the second it was `created` in, which never changes. Stripe shows one
//! within seconds, but promises no bound; therefore a stretch is settled only when Stripe's own
//! clock (the `Date` of its answer) is `settle_grace_seconds` past its end. What shows up later
//! still is never counted, neither a sale nor a refund: a generous grace costs only that
//! distributions follow by as much.

mod client;
mod wire;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;

pub use self::client::Pace;
use self::{
    client::Client,
    wire::{Collected, Rules},
};
use super::{Asked, RevenueError, RevenueSource, Stretch, sum};
use crate::{config::StripeConfig, plan::Revenue};

/// How long what was collected answers for shorter stretches: one plan, which asks for several
/// where the vault's cap cuts the stretch.
const REUSE: Duration = Duration::from_secs(60);

/// How long Stripe's clock is known after it was seen. Then it is asked again, so that a wrong
/// `Date` does not silence the keeper.
const CLOCK_KNOWN: Duration = Duration::from_secs(60);

/// A Stripe account.
pub struct Stripe {
    client: Client,
    rules: Rules,
    grace_seconds: i64,
    /// When Stripe's clock was seen last, and what it said.
    clock: Mutex<Option<(Instant, i64)>>,
    last: Mutex<Option<(Instant, Collected)>>,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

impl Stripe {
    /// A client with this key; sends nothing.
    ///
    /// # Errors
    /// [`RevenueError::Config`] where address, key or categories cannot be used.
    pub fn new(config: &StripeConfig, key: String) -> Result<Self, RevenueError> {
        Self::with_pace(config, key, Pace::default())
    }

    /// As [`Stripe::new`], with another patience.
    ///
    /// # Errors
    /// As [`Stripe::new`].
    pub fn with_pace(config: &StripeConfig, key: String, pace: Pace) -> Result<Self, RevenueError> {
        if key.contains("_test_") != config.test_mode {
            return Err(RevenueError::Config(if config.test_mode {
                "revenue.stripe.test_mode is true, but the key is not one of the test mode".into()
            } else {
                "the key in revenue.stripe.api_key_path is one of Stripe's test mode, whose money is not real: use a live key, or set test_mode = true".into()
            }));
        }
        Ok(Self {
            client: Client::new(&config.url, key, pace)?,
            rules: Rules::new(config)?,
            grace_seconds: i64::from(config.settle_grace_seconds),
            clock: Mutex::new(None),
            last: Mutex::new(None),
        })
    }

    async fn ask(&self, stretch: Stretch) -> Result<Revenue, RevenueError> {
        if let Some(revenue) = self.reused(stretch) {
            return revenue;
        }
        // Where Stripe's clock is known not to be there yet, it need not be asked.
        let clock = *lock(&self.clock);
        if let Some((at, seen)) = clock.filter(|(at, _)| at.elapsed() < CLOCK_KNOWN) {
            let now = seen.saturating_add_unsigned(at.elapsed().as_secs());
            self.check_settled(stretch, now)?;
        }
        let mut collected = Collected::new(stretch.from, stretch.to);
        let mut cursor = None;
        loop {
            let (page, date) = self.client.page(stretch, cursor.as_deref()).await?;
            *lock(&self.clock) = Some((Instant::now(), date));
            self.check_settled(stretch, date)?;
            cursor = collected
                .add(page, &self.rules)
                .map_err(|cause| RevenueError::Malformed {
                    asked: Asked::Stripe,
                    cause,
                })?;
            if cursor.is_none() {
                break;
            }
        }
        let revenue = sum(Asked::Stripe, stretch, collected.amounts());
        *lock(&self.last) = Some((Instant::now(), collected));
        revenue
    }

    /// The answer for the beginning of a stretch that was collected a moment ago.
    fn reused(&self, stretch: Stretch) -> Option<Result<Revenue, RevenueError>> {
        let last = lock(&self.last);
        let (at, collected) = last.as_ref()?;
        (at.elapsed() < REUSE && collected.covers(stretch))
            .then(|| sum(Asked::Stripe, stretch, collected.amounts()))
    }

    fn check_settled(&self, stretch: Stretch, now: i64) -> Result<(), RevenueError> {
        let settled_at = stretch.to.saturating_add(self.grace_seconds);
        match u64::try_from(settled_at.saturating_sub(now)) {
            Ok(behind @ 1..) => Err(RevenueError::NotSettled {
                retry_after_seconds: Some(behind),
            }),
            _ => Ok(()),
        }
    }
}

impl RevenueSource for Stripe {
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>> {
        Box::pin(self.ask(stretch))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
