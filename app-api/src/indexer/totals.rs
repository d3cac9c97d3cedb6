//! What the chain counts itself, and the same counted over its events.

use primis_vault_interface::{
    Source,
    accounts::{Pool, Vault},
    events::Event,
};
use solana_address::Address;

use super::IndexerError;
use crate::store::Totals;

/// Counters by source and by bucket.
const FUNDED: [&str; 2] = ["funded base", "funded compute"];
const DISTRIBUTED: [&str; 2] = ["distributed base", "distributed compute"];
const STAKERS: [&str; 2] = ["stakers base", "stakers compute"];
const DISTRIBUTIONS: [&str; 2] = ["distributions base", "distributions compute"];
const SWEPT: [&str; 3] = ["swept subsidy", "swept reserve", "swept treasury"];
/// Counters of a vault and of a pool.
const CLAIMED: &str = "claimed";
/// Counters of a pool.
const STREAMED: &str = "streamed";
const POSITIONS: &str = "positions";

/// Adds what an event of `vault` counts, or takes it off again.
pub(super) fn count(
    totals: &mut Totals,
    vault: &Address,
    event: &Event,
    sign: i64,
) -> Result<(), IndexerError> {
    let mut add = |subject: &Address, name: Option<&&str>, amount: u64| {
        let name = name.ok_or(IndexerError::Overflow)?;
        let total = totals
            .entry((subject.to_string(), (*name).to_owned()))
            .or_default();
        *total = i64::try_from(amount)
            .ok()
            .and_then(|amount| amount.checked_mul(sign))
            .and_then(|amount| total.checked_add(amount))
            .ok_or(IndexerError::Overflow)?;
        Ok::<_, IndexerError>(())
    };
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match event {
        Event::Funded(e) => add(vault, FUNDED.get(at(e.source)), e.amount_lamports),
        // Rewards of base staking are booked as funded by it.
        Event::Harvested(e) => add(vault, FUNDED.first(), e.amount_lamports),
        Event::Reclaimed(e) => add(vault, FUNDED.first(), e.reward_lamports),
        Event::YieldDistributed(e) => {
            let source = at(e.source);
            add(vault, DISTRIBUTED.get(source), e.amount_lamports)?;
            add(vault, STAKERS.get(source), e.stakers_lamports)?;
            add(vault, DISTRIBUTIONS.get(source), 1)
        }
        Event::BucketSwept(e) => {
            let bucket = at(e.bucket.saturating_sub(1));
            add(vault, SWEPT.get(bucket), e.amount_lamports)
        }
        Event::Claimed(e) => {
            add(vault, Some(&CLAIMED), e.amount_lamports)?;
            add(&e.pool, Some(&CLAIMED), e.amount_lamports)
        }
        Event::Compounded(e) => {
            add(vault, Some(&CLAIMED), e.amount_lamports)?;
            add(&e.pool, Some(&CLAIMED), e.amount_lamports)
        }
        Event::PoolStreamed(e) => add(&e.pool, Some(&STREAMED), e.amount_lamports),
        Event::PositionOpened(e) => add(&e.pool, Some(&POSITIONS), 1),
        Event::PositionClosed(e) => {
            let total = totals
                .entry((e.pool.to_string(), POSITIONS.to_owned()))
                .or_default();
            *total = total.saturating_sub(sign);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The counters of a vault.
pub(super) fn of_vault(vault: &Vault) -> Vec<(&'static str, u64)> {
    let mut all = vec![(CLAIMED, vault.claimed_total_lamports)];
    all.extend(SWEPT.into_iter().zip(vault.swept_total_lamports));
    let sources = [&vault.staking, &vault.compute];
    debug_assert_eq!((Source::Staking as u8, Source::Compute as u8), (0, 1));
    for (index, state) in sources.into_iter().enumerate() {
        for (names, value) in [
            (FUNDED, state.funded_total_lamports),
            (DISTRIBUTED, state.distributed_total_lamports),
            (STAKERS, state.stakers_total_lamports),
            (DISTRIBUTIONS, state.distribution_count),
        ] {
            all.extend(names.get(index).map(|name| (*name, value)));
        }
    }
    all
}

/// The counters of a pool.
pub(super) fn of_pool(pool: &Pool) -> [(&'static str, u64); 3] {
    [
        (CLAIMED, pool.claimed_total_lamports),
        (STREAMED, pool.streamed_total_lamports),
        (POSITIONS, pool.position_count),
    ]
}
