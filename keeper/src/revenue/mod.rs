//! Where revenue is measured: one trait, one module a source.
//!
//! What makes "each second once" hold is the same for every source: a stretch is answered only when
//! it is settled, that is, when nothing can be added to it any more; from then on its answer is
//! always the same, and stretches that join add up. So the keeper needs no memory of what it
//! counted. A refund of what was distributed long ago falls into the stretch in which it is
//! recorded, and lowers that one.

mod error;
mod file;
mod http;
mod ledger;
mod simulator;
mod stripe;

use std::fmt;

use futures_util::future::BoxFuture;

pub use self::{
    error::{Asked, RevenueError},
    file::RevenueFile,
    ledger::Ledger,
    simulator::Simulator,
    stripe::{Pace, Stripe},
};
use crate::{
    config::{RevenueConfig, RevenueKind, read_secret},
    error::Error,
    ops::metrics,
    plan::{Known, Revenue},
};

/// Basis points in one.
const BPS_DENOMINATOR: i128 = 10_000;

/// What is to be measured: a stretch of time, and what a model may need of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First second, Unix.
    pub from: i64,
    /// The second after the last, Unix.
    pub to: i64,
    /// Value of all that is staked, lamports.
    pub total_value_lamports: u64,
    /// The stakers' part of compute revenue, basis points.
    pub stakers_bps: u16,
}

/// A source of revenue. The same stretch always has the same revenue once it is settled, and
/// stretches that join add up.
pub trait RevenueSource: fmt::Debug + Send + Sync {
    /// Revenue of a stretch that has ended.
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>>;
}

/// The configured source.
///
/// # Errors
/// [`Error::Config`] where its section is missing or wrong.
pub fn from_config(config: Option<&RevenueConfig>) -> Result<Box<dyn RevenueSource>, Error> {
    let missing =
        |section: &str| Error::Config(format!("[{section}] is missing: see keeper.sample.toml"));
    let config = config.ok_or_else(|| missing("revenue"))?;
    let source = match config.kind {
        RevenueKind::Ledger => {
            let section = config
                .ledger
                .as_ref()
                .ok_or_else(|| missing("revenue.ledger"))?;
            let secret = read_secret(&section.secret_path, "revenue.ledger.secret_path")?;
            Ledger::new(&section.url, secret).map(|ledger| boxed(ledger.counting(section.amount)))
        }
        RevenueKind::Stripe => {
            let section = config
                .stripe
                .as_ref()
                .ok_or_else(|| missing("revenue.stripe"))?;
            let key = read_secret(&section.api_key_path, "revenue.stripe.api_key_path")?;
            Stripe::new(section, key).map(boxed)
        }
        RevenueKind::File => {
            let section = config
                .file
                .as_ref()
                .ok_or_else(|| missing("revenue.file"))?;
            RevenueFile::new(section).map(boxed)
        }
        RevenueKind::Simulator => {
            let section = config
                .simulator
                .ok_or_else(|| missing("revenue.simulator"))?;
            Simulator::new(section).map(boxed)
        }
    };
    source.map_err(|e| Error::Config(e.to_string()))
}

fn boxed(source: impl RevenueSource + 'static) -> Box<dyn RevenueSource> {
    Box::new(source)
}

/// Measures a stretch the plan asked for and notes what it learns: its revenue, or until when
/// revenue is settled where the source is behind. Failures are counted by their code.
///
/// # Errors
/// Whatever the source fails with; nothing is noted then.
pub async fn learn(
    source: &dyn RevenueSource,
    stretch: Stretch,
    known: &mut Known,
) -> Result<(), RevenueError> {
    match source.measure(stretch).await {
        Ok(revenue) => {
            metrics::revenue_behind(0);
            known.revenue.insert(stretch.to, revenue);
        }
        // What it has settled need not wait for the rest.
        Err(RevenueError::NotSettled {
            retry_after_seconds: Some(behind @ 1..),
        }) => {
            metrics::revenue_behind(behind);
            let settled_until = stretch.to.saturating_sub_unsigned(behind);
            known.settled_until = Some(settled_until.max(stretch.from));
        }
        Err(error) => {
            metrics::revenue_held(error.code());
            return Err(error);
        }
    }
    Ok(())
}

/// A part of an amount, nano-USD, rounded down: of a sale never more than it is, of a refund never
/// less. It is taken of each amount by itself, so that sums do not depend on how they are cut.
fn share(nano_usd: i128, share_bps: u16) -> Option<i128> {
    nano_usd
        .checked_mul(i128::from(share_bps))?
        .checked_div_euclid(BPS_DENOMINATOR)
}

/// The sum of `(second, nano-USD)` within a stretch.
///
/// # Errors
/// [`RevenueError::Malformed`] where it is more than can be counted.
fn sum(
    asked: Asked,
    stretch: Stretch,
    amounts: impl Iterator<Item = (i64, i128)>,
) -> Result<Revenue, RevenueError> {
    amounts
        .filter(|(second, _)| (stretch.from..stretch.to).contains(second))
        .try_fold(0_i128, |sum, (_, nano_usd)| sum.checked_add(nano_usd))
        .and_then(|sum| i64::try_from(sum).ok())
        .map(Revenue::NanoUsd)
        .ok_or_else(|| RevenueError::Malformed {
            asked,
            cause: "the amounts of the stretch add up to more than nine billion dollars".into(),
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_share_never_gives_more_than_is_earned(nano_usd in -(1_i128 << 62)..1 << 62, bps in 1_u16..=10_000) {
            let part = share(nano_usd, bps).unwrap();
            prop_assert!(part * BPS_DENOMINATOR <= nano_usd * i128::from(bps));
            prop_assert!((part + 1) * BPS_DENOMINATOR > nano_usd * i128::from(bps));
            prop_assert!(part + share(-nano_usd, bps).unwrap() <= 0, "a sale and its refund leave nothing");
        }
    }
}
