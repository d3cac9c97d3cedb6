//! Distributions against revenue: each second of revenue is distributed once, and for exactly what
//! the platform reports for it.

use std::time::Duration;

use anyhow::Result;
use primis_vault_interface::Source;
use primis_vault_interface::events::{Event, YieldDistributed};
use serde::Serialize;

use super::history::Landed;
use crate::api::{ApiClient, Revenue};

/// Lamports of one SOL.
const LAMPORTS: u128 = 1_000_000_000;
/// How long a report of a window may stay unsettled.
const PATIENCE: Duration = Duration::from_secs(20);

/// One distribution of compute revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// Unix second its window begins at.
    pub from: i64,
    /// Unix second its window ends at.
    pub to: i64,
    /// Distributed.
    pub lamports: u64,
    /// Time of the block it landed in, by the chain's clock, Unix seconds.
    pub at: i64,
}

/// The distributions of compute revenue, oldest first.
pub fn distributions(history: &[Landed]) -> Vec<Distribution> {
    let compute = u64::from(Source::Compute as u8);
    let distributed = |event: &Event| match event {
        Event::YieldDistributed(YieldDistributed {
            previous_interval_id,
            interval_id,
            amount_lamports,
            source,
            at,
            ..
        }) if *source == compute => Some(Distribution {
            from: *previous_interval_id,
            to: *interval_id,
            lamports: *amount_lamports,
            at: *at,
        }),
        _ => None,
    };
    history
        .iter()
        .flat_map(|landed| &landed.events)
        .filter_map(distributed)
        .collect()
}

/// Holds the distributions against the platform's own report and the prices that were quoted
/// (nano-USD for one SOL); returns what does not fit, in words.
///
/// # Errors
/// The API does not answer.
pub async fn check(
    distributions: &[Distribution],
    api: &ApiClient,
    quoted: &[u64],
) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (earlier, later) in distributions.iter().zip(distributions.iter().skip(1)) {
        if earlier.to != later.from {
            faults.push(format!(
                "a distribution ends at {} and the next begins at {}",
                earlier.to, later.from
            ));
        }
    }
    let mut fees_nano_usd: i128 = 0;
    for Distribution {
        from, to, lamports, ..
    } in distributions
    {
        let revenue = settled(api, *from, *to).await?.fee_nano_usd;
        fees_nano_usd += i128::from(revenue);
        let fee = u128::try_from(revenue)?;
        let fits = quoted
            .iter()
            .any(|price| fee * LAMPORTS / u128::from(*price) == u128::from(*lamports));
        if !fits {
            faults.push(format!("[{from}, {to}) earned {fee} nano-USD, which is {lamports} lamports at no price quoted"));
        }
    }
    if let (Some(first), Some(last)) = (distributions.first(), distributions.last()) {
        let whole = i128::from(settled(api, first.from, last.to).await?.fee_nano_usd);
        if whole != fees_nano_usd {
            faults.push(format!(
                "the windows earned {fees_nano_usd} nano-USD one by one, and {whole} as one"
            ));
        }
    }
    Ok(faults)
}

/// The report of a window, once it is settled.
///
/// # Errors
/// The API does not answer in time.
pub async fn settled(api: &ApiClient, from: i64, to: i64) -> Result<Revenue> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match api.revenue(from, to).await {
            Ok(revenue) => return Ok(revenue),
            Err(error) if tokio::time::Instant::now() > deadline => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}
