//! Which stretches of time a page is of.

use super::{
    super::{
        book::{SOURCES, Scope},
        chain::Chain,
    },
    asked::Read,
};
use crate::{app::App, store::StoreError};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The stretches of a page, newest first.
pub(super) struct Windows {
    /// Begins and ends, Unix seconds.
    pub(super) spans: Vec<(i64, i64)>,
    pub(super) next_cursor: Option<String>,
}

/// Days, UTC, back to the first with stake or yield. The cursor is the begin of a page's last day.
pub(super) async fn days(
    app: &App,
    chain: &Chain,
    scope: &Scope,
    read: &Read,
) -> Result<Windows, StoreError> {
    let now = chain.progress.clock_unix;
    let pools: Vec<String> = chain
        .pools
        .iter()
        .map(|(address, _)| address.clone())
        .filter(|address| scope.as_ref().is_none_or(|only| only == address))
        .collect();
    let mut first = app.store.first_stake_at(&chain.address, &pools).await?;
    for source in SOURCES {
        let edges = app
            .store
            .given_first_and_newest(&chain.address, scope.as_deref(), u64::from(source as u8))
            .await?;
        let begin = edges.map(|(first, _)| first.interval_from);
        first = [first, begin].into_iter().flatten().min();
    }
    let Some(first) = first.map(day_of) else {
        return Ok(Windows {
            spans: Vec::new(),
            next_cursor: None,
        });
    };
    // A day that has only begun has no length yet.
    let newest = day_of(now.saturating_sub(1));
    let begin = match read.before {
        Some(before) => newest.min(day_of(before.saturating_sub(1))),
        None => newest,
    };
    let mut spans = Vec::new();
    let mut day = begin;
    for _ in 0..read.limit {
        if day < first {
            break;
        }
        spans.push((day, day.saturating_add(DAY).min(now)));
        day = day.saturating_sub(DAY);
    }
    let next_cursor = spans
        .last()
        .filter(|(from, _)| *from > first)
        .map(|(from, _)| from.to_string());
    Ok(Windows { spans, next_cursor })
}

/// The intervals of compute revenue's distributions, or of base staking's where there are no others.
/// The cursor is the end of a page's last interval.
pub(super) async fn intervals(
    app: &App,
    chain: &Chain,
    read: &Read,
) -> Result<Windows, StoreError> {
    let wanted = usize::try_from(read.limit).unwrap_or(usize::MAX);
    let before = read.before.unwrap_or(i64::MAX);
    let mut spans = Vec::new();
    for source in SOURCES.into_iter().rev() {
        let source = u64::from(source as u8);
        let any = app
            .store
            .given_first_and_newest(&chain.address, None, source)
            .await?;
        if any.is_some() {
            // One more than asked for tells whether there are more.
            let limit = read.limit.saturating_add(1);
            spans = app
                .store
                .intervals(&chain.address, source, before, limit)
                .await?;
            break;
        }
    }
    let more = spans.len() > wanted;
    spans.truncate(wanted);
    let next_cursor = spans.last().filter(|_| more).map(|(_, to)| to.to_string());
    Ok(Windows { spans, next_cursor })
}

fn day_of(at: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(DAY))
}
