//! The rows of the file, and what must hold of them. No IO.

use std::{collections::HashSet, path::Path};

use csv::{ReaderBuilder, Trim};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::amount::nano_usd;
use crate::revenue::share;

/// The columns of a CSV file, the keys of a JSON line.
const COLUMNS: [&str; 4] = ["settled_at", "kind", "amount_usd", "id"];
/// Longest id, bytes.
const MAX_ID_BYTES: usize = 200;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON object on each line.
    JsonLines,
}

impl Format {
    /// By the end of the name.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sale,
    Refund,
    Cost,
    /// Only the promise that nothing older follows.
    Mark,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// When it was written, Unix seconds.
    pub(super) settled_at: i64,
    kind: Kind,
    nano_usd: i64,
}

impl Row {
    /// What counts of it, nano-USD.
    pub(super) fn revenue(&self, share_bps: u16, less_cost: bool) -> Option<i128> {
        let amount = i128::from(self.nano_usd);
        match self.kind {
            Kind::Sale => share(amount, share_bps),
            Kind::Cost if !less_cost => Some(0),
            Kind::Refund | Kind::Cost => share(amount.checked_neg()?, share_bps),
            Kind::Mark => Some(0),
        }
    }
}

/// A row as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    settled_at: Value,
    kind: String,
    #[serde(default)]
    amount_usd: Value,
    id: String,
}

/// All rows of the file.
///
/// # Errors
/// The first mistake, with its line and what to do.
pub(super) fn parse(format: Format, text: &str) -> Result<Vec<Row>, String> {
    let mut checked = Checked::default();
    match format {
        Format::Csv => read_csv(text, &mut checked)?,
        Format::JsonLines => {
            for (line, text) in (1..).zip(text.lines()) {
                if !text.trim().is_empty() {
                    let written =
                        serde_json::from_str(text).map_err(|e| format!("line {line}: {e}"))?;
                    checked.add(line, &written)?;
                }
            }
        }
    }
    Ok(checked.rows)
}

fn read_csv(text: &str, checked: &mut Checked) -> Result<(), String> {
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    if text.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<&str> = header.iter().collect();
    sorted.sort_unstable();
    let mut expected = COLUMNS;
    expected.sort_unstable();
    if sorted != expected {
        return Err(format!(
            "line 1: the columns must be {}, not {}",
            COLUMNS.join(","),
            header.iter().collect::<Vec<_>>().join(",")
        ));
    }
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |name: &str| {
            let value = header
                .iter()
                .zip(&record)
                .find(|(column, _)| *column == name);
            value.map_or_else(String::new, |(_, value)| value.to_owned())
        };
        let written = Written {
            settled_at: field("settled_at").into(),
            kind: field("kind"),
            amount_usd: field("amount_usd").into(),
            id: field("id"),
        };
        checked.add(line, &written)?;
    }
    Ok(())
}

/// Rows that were found right, in their order.
#[derive(Default)]
struct Checked {
    rows: Vec<Row>,
    ids: HashSet<String>,
}

impl Checked {
    fn add(&mut self, line: u64, written: &Written) -> Result<(), String> {
        let row = written
            .row()
            .map_err(|cause| format!("line {line}: {cause}"))?;
        if let Some(before) = self.rows.last()
            && row.settled_at < before.settled_at
        {
            return Err(format!(
                "line {line}: settled_at is {} s before the row above it; a late event is written with the time it is written at, because what is older may be distributed already: correct settled_at of this row",
                before.settled_at.saturating_sub(row.settled_at)
            ));
        }
        if !self.ids.insert(written.id.clone()) {
            return Err(format!(
                "line {line}: id {:?} comes twice: take the second row out, or give it an id of its own",
                written.id
            ));
        }
        self.rows.push(row);
        Ok(())
    }
}

impl Written {
    fn row(&self) -> Result<Row, String> {
        let is_id = !self.id.is_empty()
            && self.id.len() <= MAX_ID_BYTES
            && !self.id.chars().any(char::is_control);
        if !is_id {
            return Err(format!(
                "id must be of 1 to {MAX_ID_BYTES} bytes on one line; look for a quote that is not closed"
            ));
        }
        let kind = match self.kind.as_str() {
            "sale" => Kind::Sale,
            "refund" => Kind::Refund,
            "cost" => Kind::Cost,
            "mark" => Kind::Mark,
            other => {
                return Err(format!(
                    "kind {other:?} is not one of sale, refund, cost, mark"
                ));
            }
        };
        let nano_usd = match (&self.amount_usd, kind) {
            (Value::Null, Kind::Mark) => 0,
            (Value::String(text), Kind::Mark) if text.is_empty() => 0,
            (_, Kind::Mark) => return Err("a mark has no amount_usd: leave it empty".into()),
            (Value::String(text), _) => nano_usd(text)?,
            _ => {
                return Err(
                    "amount_usd must be a text such as \"12.50\", in quotes: numbers of JSON are not exact"
                        .into(),
                );
            }
        };
        Ok(Row {
            settled_at: settled_at(&self.settled_at)?,
            kind,
            nano_usd,
        })
    }
}

/// Unix seconds of a time in RFC 3339, or of seconds as they are.
fn settled_at(value: &Value) -> Result<i64, String> {
    let bad = || {
        format!(
            "settled_at {value} is neither a time such as 2026-01-31T12:00:00Z nor Unix seconds"
        )
    };
    let second = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text
            .parse()
            .ok()
            .or_else(|| text.parse().ok().map(|time: Timestamp| time.as_second())),
        _ => None,
    };
    // Milliseconds would be a time far in the future, and a promise for as long.
    second
        .filter(|second| (0..=MAX_SECOND).contains(second))
        .ok_or_else(bad)
}

/// The year 2255, in seconds: milliseconds of today are more.
const MAX_SECOND: i64 = 9_000_000_000;
