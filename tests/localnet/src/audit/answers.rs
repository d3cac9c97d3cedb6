//! What the API answers against what the chain holds, figure by figure.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use primis_vault_interface::accounts::Position;
use primis_vault_math::value_lamports;
use serde_json::{Value, json};
use solana_address::Address;

use super::windows::Distribution;
use super::{Audit, streaming_lamports, windows};
use crate::api::ApiClient;

/// Rows of distributions asked for at once, small enough that a run has several pages.
const PAGE: usize = 7;

/// Collects what differs.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    /// The figure at `pointer` is `expected`; a lamport amount is a decimal string.
    fn expect(&mut self, endpoint: &str, answer: &Value, pointer: &str, expected: &Value) {
        let answered = answer.pointer(pointer).unwrap_or(&Value::Null);
        if answered != expected {
            self.0.push(format!(
                "{endpoint} {pointer} is {answered}, the chain says {expected}"
            ));
        }
    }

    fn lamports(&mut self, endpoint: &str, answer: &Value, figures: &[(&str, u64)]) {
        for (pointer, expected) in figures {
            self.expect(endpoint, answer, pointer, &json!(expected.to_string()));
        }
    }
}

/// Holds every figure that the API answers of the vault, of `wallets` and of the distributions
/// against an audited chain that is quiet; returns the differences, in words.
///
/// # Errors
/// The API does not answer, or not in the shape it promises.
pub async fn check(
    api: &ApiClient,
    audit: &Audit,
    wallets: &[Address],
    usage_events: u64,
) -> Result<Vec<String>> {
    let mut differences = Differences::default();
    network(api, audit, usage_events, &mut differences).await?;
    yields(api, audit, &mut differences).await?;
    pools(api, audit, &mut differences).await?;
    for wallet in wallets {
        positions(api, audit, wallet, &mut differences).await?;
    }
    distributions(api, audit, &mut differences).await?;
    Ok(differences.0)
}

async fn network(
    api: &ApiClient,
    audit: &Audit,
    usage_events: u64,
    differences: &mut Differences,
) -> Result<()> {
    let endpoint = "/api/stats";
    let answer = api.get(endpoint).await?;
    let stakers = audit
        .positions
        .iter()
        .filter(|position| position.units > 0)
        .map(|position| position.owner)
        .collect::<BTreeSet<_>>()
        .len();
    let staked = sum(audit
        .pools
        .iter()
        .filter_map(|view| value_lamports(view.pool.total_units, view.pool.price)))?;
    differences.lamports(
        endpoint,
        &answer,
        &[
            ("/totalStakedLamports", staked),
            ("/networkRevenueLamports", audit.yields.funded_lamports),
        ],
    );
    for (pointer, expected) in [
        ("/totalStakers", u64::try_from(stakers)?),
        ("/totalJobsCompleted", usage_events),
        (
            "/distributionCount",
            u64::try_from(windows::distributions(&audit.history).len())?
                .saturating_add(audit.view.vault.staking.distribution_count),
        ),
    ] {
        differences.expect(endpoint, &answer, pointer, &json!(expected));
    }
    Ok(())
}

async fn yields(api: &ApiClient, audit: &Audit, differences: &mut Differences) -> Result<()> {
    let endpoint = "/api/yield/stats";
    let answer = api.get(endpoint).await?;
    let vault = &audit.view.vault;
    let now = as_of(&answer)?;
    let streaming = streaming_lamports(&audit.pools, now)?;
    let owed = owed(audit, audit.positions.iter(), now)?;
    let distributed = windows::distributions(&audit.history);
    differences.lamports(
        endpoint,
        &answer,
        &[
            ("/streamingLamports", streaming),
            ("/owedLamports", owed),
            ("/claimedTotalLamports", audit.yields.claimed_lamports),
            ("/carriedLamports", audit.yields.carried_lamports),
            (
                "/dustLamports",
                vault
                    .stakers_lamports
                    .saturating_sub(streaming)
                    .saturating_sub(owed),
            ),
            ("/subsidyBucketLamports", vault.subsidy_lamports),
            ("/reserveBucketLamports", vault.reserve_lamports),
            ("/treasuryBucketLamports", vault.treasury_lamports),
            ("/bucketLamports", audit.yields.bucket_lamports),
            ("/sweptTotalLamports", audit.yields.swept_lamports),
            ("/fundedLamports", audit.yields.undistributed_lamports),
            ("/compute/fundedTotalLamports", audit.yields.funded_lamports),
            ("/base/fundedTotalLamports", audit.yields.harvested_lamports),
            (
                "/compute/distributedTotalLamports",
                sum(distributed.iter().map(|row| row.lamports))?,
            ),
            (
                "/compute/stakersTotalLamports",
                vault.compute.stakers_total_lamports,
            ),
        ],
    );
    differences.expect(
        endpoint,
        &answer,
        "/compute/distributionCount",
        &json!(distributed.len()),
    );
    differences.expect(
        endpoint,
        &answer,
        "/compute/lastIntervalUnix",
        &json!(vault.compute.last_interval_id),
    );
    Ok(())
}

async fn pools(api: &ApiClient, audit: &Audit, differences: &mut Differences) -> Result<()> {
    let endpoint = "/api/pools";
    let answer = api.get(endpoint).await?;
    for (index, view) in audit.pools.iter().enumerate() {
        let row = answer
            .pointer(&format!("/pools/{index}"))
            .unwrap_or(&Value::Null);
        let pool = &view.pool;
        differences.expect(endpoint, row, "/mint", &json!(pool.mint.to_string()));
        differences.expect(endpoint, row, "/positionCount", &json!(pool.position_count));
        differences.lamports(
            endpoint,
            row,
            &[
                ("/totalUnits", pool.total_units),
                ("/delegatedLamports", pool.staked_lamports),
                ("/streamedTotalLamports", pool.streamed_total_lamports),
            ],
        );
        // Without a price both are unknown.
        let known = |number: u64| {
            if pool.price == 0 {
                Value::Null
            } else {
                json!(number.to_string())
            }
        };
        let value = value_lamports(pool.total_units, pool.price).context("overflow")?;
        differences.expect(
            endpoint,
            row,
            "/priceLamportsPerBillionUnits",
            &known(pool.price),
        );
        differences.expect(endpoint, row, "/valueLamports", &known(value));
    }
    Ok(())
}

async fn positions(
    api: &ApiClient,
    audit: &Audit,
    wallet: &Address,
    differences: &mut Differences,
) -> Result<()> {
    let endpoint = format!("/api/positions/{wallet}");
    let answer = api.get(&endpoint).await?;
    let held: Vec<&Position> = audit
        .positions
        .iter()
        .filter(|position| position.owner == *wallet)
        .collect();
    let values = held.iter().map(|position| audit.value_lamports(position));
    let value = sum(values.collect::<Result<Vec<_>>>()?.into_iter())?;
    let claimed = sum(held.iter().map(|position| position.claimed_total_lamports))?;
    let owed = owed(audit, held.iter().copied(), as_of(&answer)?)?;
    let mut figures = vec![
        ("/stakedLamports", value),
        ("/owedLamports", owed),
        ("/claimedTotalLamports", claimed),
    ];
    if let [position] = held[..] {
        figures.extend([
            ("/positions/0/units", position.units),
            ("/positions/0/valueLamports", value),
            ("/positions/0/owedLamports", owed),
        ]);
    }
    differences.lamports(&endpoint, &answer, &figures);
    let rows = answer
        .pointer("/positions")
        .and_then(Value::as_array)
        .map(Vec::len);
    differences.expect(
        &endpoint,
        &json!({ "positions": rows }),
        "/positions",
        &json!(held.len()),
    );
    Ok(())
}

/// Every page of the distributions, against those the transactions hold.
async fn distributions(
    api: &ApiClient,
    audit: &Audit,
    differences: &mut Differences,
) -> Result<()> {
    let expected = windows::distributions(&audit.history);
    let mut answered = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = api
            .get(&format!("/api/yield/distributions?limit={PAGE}{cursor}"))
            .await?;
        let rows = answer
            .pointer("/distributions")
            .and_then(Value::as_array)
            .context("no distributions in the answer")?;
        answered.extend(
            rows.iter()
                .filter(|row| row.get("source") == Some(&json!("compute")))
                .map(row)
                .collect::<Option<Vec<_>>>()
                .context("a distribution lacks a figure")?,
        );
        match answer.pointer("/nextCursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    answered.reverse();
    if answered != expected {
        differences.0.push(format!(
            "/api/yield/distributions tells {answered:?}, the chain {expected:?}"
        ));
    }
    Ok(())
}

fn row(row: &Value) -> Option<Distribution> {
    Some(Distribution {
        from: row.get("intervalFromUnix")?.as_i64()?,
        to: row.get("intervalToUnix")?.as_i64()?,
        lamports: row.get("amountLamports")?.as_str()?.parse().ok()?,
        at: row.get("distributedAtUnix")?.as_i64()?,
    })
}

/// The time of the chain an answer speaks of.
fn as_of(answer: &Value) -> Result<i64> {
    answer
        .get("asOfUnix")
        .and_then(Value::as_i64)
        .context("the answer does not say of when it is")
}

fn owed<'a>(audit: &Audit, positions: impl Iterator<Item = &'a Position>, now: i64) -> Result<u64> {
    let owed = positions.map(|position| {
        position
            .owed_lamports_at(audit.pool_of(position)?, now)
            .context("a position and its pool do not fit together")
    });
    sum(owed.collect::<Result<Vec<_>>>()?.into_iter())
}

fn sum(mut amounts: impl Iterator<Item = u64>) -> Result<u64> {
    amounts
        .try_fold(0u64, |sum, amount| sum.checked_add(amount))
        .context("overflow")
}
