//! Result rows as CSV and JSON.

use serde::Serialize;

use crate::{
    Code, Failure, Value,
    description::{Kind, Variable},
};

/// The result of a run: the time and the recorded variables, a row for the start and one for each step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// `time`, then the names of the variables.
    pub columns: Vec<String>,
    /// A row's values; a real number that is none is `null`.
    pub rows: Vec<Vec<Value>>,
}

/// A value as a field of CSV. Reals have the fewest digits that are read back as the same number.
pub(crate) fn field(value: &Value) -> String {
    match value {
        Value::Boolean(is) => is.to_string(),
        Value::Integer(whole) => whole.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => text.clone(),
    }
}

impl Table {
    /// Reads what a confined process wrote. It is not believed: the unit shares that process.
    ///
    /// # Errors
    /// If it is not a table of these variables with this many rows at most.
    pub fn parse(csv: &[u8], recorded: &[Variable], most_rows: u64) -> Result<Self, Failure> {
        let bad = || Failure::new(Code::Crashed, "the unit spoiled its own result");
        let mut reader = csv::Reader::from_reader(csv);
        let columns: Vec<String> = reader
            .headers()
            .map_err(|_| bad())?
            .iter()
            .map(str::to_owned)
            .collect();
        let names = std::iter::once("time").chain(recorded.iter().map(|variable| &*variable.name));
        if !names.eq(columns.iter().map(String::as_str)) {
            return Err(bad());
        }
        let kinds: Vec<Kind> = std::iter::once(Kind::Real)
            .chain(recorded.iter().map(|variable| variable.kind))
            .collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|_| bad())?;
            let row: Option<Vec<Value>> = record
                .iter()
                .zip(&kinds)
                .map(|(text, kind)| value(text, *kind))
                .collect();
            rows.push(row.ok_or_else(bad)?);
            if rows.len() as u64 > most_rows {
                return Err(bad());
            }
        }
        Ok(Self { columns, rows })
    }

    /// As CSV, with a line of names.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(field))?;
        }
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    }
}

fn value(text: &str, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Real | Kind::Real32 => Value::Real(text.parse().ok()?),
        Kind::Whole(_) => Value::Integer(text.parse().ok()?),
        Kind::Boolean => Value::Boolean(text.parse().ok()?),
        Kind::Text => Value::Text(text.to_owned()),
    })
}
