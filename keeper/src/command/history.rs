//! `history`: what was distributed. The chain is the authority; this keeper's attempts stand
//! beside it.

use clap::{Args, ValueEnum};
use jiff::{Timestamp, civil};
use primis_vault_interface::Source;
use serde_json::{Value, json};

use super::describe::attempt_json;
use crate::{
    chain::Rpc,
    cli::Output,
    config::Config,
    error::{Error, Exit},
    history::{History, Landed, Query, books::Books, check::find},
    human::{Sol, Table, Time, Usd},
    memory::{Memory, Remembered},
};

/// A stretch of time.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Only what was earned after this: 2026-01-31, 2026-01-31T12:00:00Z or Unix seconds.
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub from: Option<i64>,
    /// Only what was earned before this.
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub to: Option<i64>,
}

impl Span {
    /// What is asked of the chain.
    pub fn query(self, source: Source, limit: usize) -> Query {
        Query {
            source,
            from: self.from.unwrap_or(i64::MIN),
            to: self.to.unwrap_or(i64::MAX),
            limit,
        }
    }
}

/// Where the yield came from, as the command line names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// Revenue of the compute platform.
    #[default]
    Compute,
    /// Rewards of base staking.
    Staking,
}

impl From<SourceName> for Source {
    fn from(name: SourceName) -> Self {
        match name {
            SourceName::Compute => Self::Compute,
            SourceName::Staking => Self::Staking,
        }
    }
}

/// A date (its begin in UTC), a time, or Unix seconds.
fn parse_time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let date: Option<civil::Date> = text.parse().ok();
    date.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|begin| begin.timestamp().as_second())
        .ok_or_else(|| {
            "write a date as 2026-01-31, a time as 2026-01-31T12:00:00Z, or Unix seconds".into()
        })
}

/// Reads the chain and the memory.
///
/// # Errors
/// Whatever reading fails with.
pub async fn history(
    config: &Config,
    span: Span,
    source: SourceName,
    limit: usize,
    output: Output,
) -> Result<Exit, Error> {
    let vault = config.vault()?;
    let rpc = Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config());
    let books = Books::read(&rpc, &vault).await?;
    let query = span.query(source.into(), limit);
    let history = History::read(&rpc, &vault, &query).await?;
    let remembered = attempts(config, &vault, &query).await?;
    let count = books.vault.source(query.source).distribution_count;
    let exit = Exit::Done;

    let mut text = format!(
        "vault {vault}: {count} distribution(s) of {} in all, {} shown\n",
        source_name(query.source),
        history.distributions.len()
    );
    text.push_str(&table(&history, &remembered));
    let others: Vec<&Remembered> = others(&history, &remembered, limit).collect();
    if !others.is_empty() {
        text.push_str("\n\nattempts of this keeper that distributed nothing");
        for other in &others {
            text.push_str(&format!("\n{}", describe(other)));
        }
    }
    for hole in holes(&history) {
        text.push_str(&format!("\nnote: {hole}"));
    }
    output.print(
        &text,
        &json!({
            "vault": vault.to_string(),
            "source": source_name(query.source),
            "distribution_count": count,
            "distributions": history.distributions.iter().map(|landed| landed_json(landed, find(&remembered, landed))).collect::<Vec<_>>(),
            "other_attempts": others.iter().map(|other| remembered_json(other)).collect::<Vec<_>>(),
            "notes": holes(&history),
            "outcome": exit.name(),
            "exit_code": exit.code(),
        }),
    );
    Ok(exit)
}

/// This keeper's attempts of the time that is asked for; none where it remembers nothing.
pub(super) async fn attempts(
    config: &Config,
    vault: &solana_address::Address,
    query: &Query,
) -> Result<Vec<Remembered>, Error> {
    let Some(memory) = Memory::open_to_read(&config.memory.path).await? else {
        return Ok(Vec::new());
    };
    let mut attempts = memory.attempts_between(vault, query.from, query.to).await?;
    attempts.retain(|remembered| remembered.source == query.source as u8);
    Ok(attempts)
}

/// Attempts that are not one of the distributions shown, no older than the oldest of them.
fn others<'a>(
    history: &'a History,
    remembered: &'a [Remembered],
    limit: usize,
) -> impl Iterator<Item = &'a Remembered> {
    let is_cut = history.distributions.len() >= limit;
    let oldest = history.distributions.last().filter(|_| is_cut);
    let since = oldest.map_or(i64::MIN, |oldest| oldest.previous_interval_id);
    remembered.iter().filter(move |remembered| {
        let in_flight = remembered.attempt.in_flight.as_ref();
        let is_shown = history.distributions.iter().any(|landed| {
            in_flight.is_some_and(|in_flight| in_flight.signature == landed.signature)
        });
        !is_shown && remembered.attempt.interval_id > since
    })
}

fn table(history: &History, remembered: &[Remembered]) -> String {
    if history.distributions.is_empty() {
        return "nothing was distributed in this time".into();
    }
    let mut table = Table::new(&[
        "from",
        "to",
        "distributed",
        "funded",
        "price of a SOL",
        "attempt",
        "transaction",
    ]);
    for landed in &history.distributions {
        let attempt = find(remembered, landed);
        let price = attempt.and_then(|attempt| attempt.nano_usd_per_sol);
        table.row(&[
            Time(landed.previous_interval_id).to_string(),
            Time(landed.interval_id).to_string(),
            Sol(landed.distributed_lamports).to_string(),
            Sol(landed.funded_lamports).to_string(),
            price.map_or_else(
                || "-".into(),
                |price| Usd(i64::try_from(price).unwrap_or(i64::MAX)).to_string(),
            ),
            attempt.map_or_else(
                || "not ours".into(),
                |known| format!("{} {}", known.attempt.id, known.attempt.state.name()),
            ),
            landed.signature.to_string(),
        ]);
    }
    table.to_string()
}

/// An attempt that distributed nothing, in a line.
fn describe(remembered: &Remembered) -> String {
    let attempt = &remembered.attempt;
    let note = attempt.note.as_ref().map(|note| format!(" ({note})"));
    format!(
        "  {} {}: {} until {}{}",
        attempt.id,
        attempt.state.name(),
        Sol(attempt.distribute_lamports),
        Time(attempt.interval_id),
        note.unwrap_or_default()
    )
}

/// What is missing from the history, and what to do.
pub(super) fn holes(history: &History) -> Vec<String> {
    let gaps = history.gaps().into_iter().map(|(from, to)| {
        format!(
            "no distribution covers {} to {}: this RPC's history has a hole, set chain.rpc_urls to one that keeps all of it",
            Time(from),
            Time(to)
        )
    });
    let unreadable = (history.unreadable > 0).then(|| {
        format!(
            "the RPC does not have the whole log of {} transaction(s) of the vault: set chain.rpc_urls to one that keeps all history",
            history.unreadable
        )
    });
    gaps.chain(unreadable).collect()
}

/// The source as JSON names it.
pub(super) fn source_name(source: Source) -> &'static str {
    match source {
        Source::Staking => "staking",
        Source::Compute => "compute",
    }
}

/// A distribution, with the attempt that became it.
pub(super) fn landed_json(landed: &Landed, remembered: Option<&Remembered>) -> Value {
    json!({
        "previous_interval_id": landed.previous_interval_id,
        "interval_id": landed.interval_id,
        "distributed_lamports": landed.distributed_lamports.to_string(),
        "funded_lamports": landed.funded_lamports.to_string(),
        "stakers_lamports": landed.stakers_lamports.to_string(),
        "total_value_lamports": landed.total_value_lamports.to_string(),
        "landed_at_unix_seconds": landed.at,
        "slot": landed.slot,
        "signature": landed.signature.to_string(),
        "attempt": remembered.map(remembered_json),
    })
}

fn remembered_json(remembered: &Remembered) -> Value {
    let mut value = attempt_json(&remembered.attempt);
    if let Some(object) = value.as_object_mut() {
        let revenue = remembered.revenue_nano_usd.map(|n| n.to_string());
        let price = remembered.nano_usd_per_sol.map(|n| n.to_string());
        object.insert("revenue_nano_usd".into(), revenue.into());
        object.insert("nano_usd_per_sol".into(), price.into());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse_time("1769860800"), Ok(1_769_860_800));
        assert_eq!(parse_time("2026-01-31T12:00:00Z"), Ok(1_769_860_800));
        assert_eq!(parse_time("2026-01-31"), Ok(1_769_817_600));
        assert!(parse_time("yesterday").unwrap_err().contains("2026-01-31"));
    }
}
