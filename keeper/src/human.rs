//! Numbers and times as people read them.

use std::fmt;

use jiff::Timestamp;

/// Lamports in a SOL.
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Lamports, shown in SOL to the last digit.
#[derive(Clone, Copy, Debug)]
pub struct Sol(pub u64);

impl fmt::Display for Sol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09} SOL",
            self.0 / LAMPORTS_PER_SOL,
            self.0 % LAMPORTS_PER_SOL
        )
    }
}

/// Nano-USD, shown in dollars to the last digit.
#[derive(Clone, Copy, Debug)]
pub struct Usd(pub i64);

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nano = self.0.unsigned_abs();
        write!(
            f,
            "{sign}${}.{:09}",
            nano / 1_000_000_000,
            nano % 1_000_000_000
        )
    }
}

/// Unix seconds, shown in UTC.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "second {}", self.0),
        }
    }
}

/// Rows under headings, each column as wide as its widest cell.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Headings, and no rows yet.
    pub fn new(headings: &[&str]) -> Self {
        let headings = headings.iter().map(|heading| (*heading).to_owned());
        Self {
            rows: vec![headings.collect()],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_digit() {
        assert_eq!(Sol(126_839_167).to_string(), "0.126839167 SOL");
        assert_eq!(Sol(u64::MAX).to_string(), "18446744073.709551615 SOL");
        assert_eq!(Usd(-1).to_string(), "-$0.000000001");
        assert_eq!(Usd(19_025_875_190).to_string(), "$19.025875190");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new(&["a", "bb"]);
        table.row(&["long".into(), "c".into()]);
        assert_eq!(table.to_string(), "a     bb\nlong  c");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Time(i64::MAX).to_string(), format!("second {}", i64::MAX));
    }
}
