//! Calendar months, UTC: what usage is counted and invoices are written by.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// A calendar month, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(Date);

impl Period {
    /// The month in which a moment lies; a moment out of all calendars lies in the first month.
    pub fn of(unix: i64) -> Self {
        let date = Timestamp::from_second(unix)
            .map(|at| at.to_zoned(TimeZone::UTC).date())
            .unwrap_or(Date::ZERO);
        Self(date.first_of_month())
    }

    /// Its first second, Unix.
    pub fn begin_unix(self) -> i64 {
        self.0
            .to_zoned(TimeZone::UTC)
            .map_or(i64::MIN, |at| at.timestamp().as_second())
    }

    /// The second after its last, Unix.
    pub fn end_unix(self) -> i64 {
        self.next().begin_unix()
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// It is not `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is YYYY-MM between 1970-01 and 9998-12, such as 2026-11")]
pub struct NoMonth;

impl FromStr for Period {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let form = text.len() == 7
            && text.bytes().enumerate().all(|(n, b)| {
                if n == 4 {
                    b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        if !form {
            return Err(NoMonth);
        }
        let date: Date = format!("{text}-01").parse().map_err(|_| NoMonth)?;
        if (1970..9999).contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(NoMonth)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_meet_at_midnight_utc() {
        let november: Period = "2026-11".parse().unwrap();
        assert_eq!(november.begin_unix(), 1_793_491_200);
        assert_eq!(Period::of(november.begin_unix() - 1).to_string(), "2026-10");
        assert_eq!(Period::of(november.end_unix() - 1), november);
        assert_eq!(Period::of(november.end_unix()).to_string(), "2026-12");
        assert_eq!(november.next().next().to_string(), "2027-01");
        assert_eq!(november.next().previous(), november);
    }

    #[test]
    fn what_is_no_month() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "2026-11-01",
            "+026-11",
            "1969-12",
            "9999-01",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoMonth), "{text}");
        }
    }
}
