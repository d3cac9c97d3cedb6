//! A CSV or JSONL file that somebody appends to: the ledger of a platform without an API.
//!
//! Its rows are in the order of `settled_at`, the time they are written at. So the last row's time
//! is a promise: nothing that is older can be appended any more, and a stretch is settled when a row
//! of its end or later is there. A late event is written with the time it is written at, and falls
//! into the running stretch; one written with an old time stands out of order and is refused, so
//! that it is neither lost silently nor counted in a stretch that is distributed. Where nothing is
//! sold, a row of kind `mark` carries the promise on.
//!
//! The file is read whole each time: rows before the last distribution may be moved to another file.

mod amount;
mod rows;

use std::{fs, io, path::PathBuf};

use futures_util::future::BoxFuture;

use self::rows::{Format, Row, parse};
use super::{Asked, RevenueError, RevenueSource, Stretch, sum};
use crate::{config::FileConfig, plan::Revenue};

/// Longest file that is read, bytes: about a million rows.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The file.
#[derive(Clone, Debug)]
pub struct RevenueFile {
    path: PathBuf,
    format: Format,
    share_bps: u16,
    less_cost: bool,
}

impl RevenueFile {
    /// Notes which file; reads nothing yet.
    ///
    /// # Errors
    /// [`RevenueError::Config`] where its name does not tell the format.
    pub fn new(config: &FileConfig) -> Result<Self, RevenueError> {
        let format = Format::of(&config.path).ok_or_else(|| {
            RevenueError::Config(format!(
                "revenue.file.path: {} must end in .csv or .jsonl",
                config.path.display()
            ))
        })?;
        Ok(Self {
            path: config.path.clone(),
            format,
            share_bps: config.share_bps,
            less_cost: config.less_cost,
        })
    }

    fn revenue(&self, stretch: Stretch) -> Result<Revenue, RevenueError> {
        let rows = self.rows()?;
        let settled_until = rows.last().map_or(stretch.from, |row| row.settled_at);
        if let Ok(behind @ 1..) = u64::try_from(stretch.to.saturating_sub(settled_until)) {
            return Err(RevenueError::NotSettled {
                retry_after_seconds: Some(behind),
            });
        }
        let counted = rows
            .iter()
            .map(|row| {
                row.revenue(self.share_bps, self.less_cost)
                    .map(|nano_usd| (row.settled_at, nano_usd))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| self.malformed("an amount is out of range"))?;
        sum(Asked::File, stretch, counted.into_iter())
    }

    /// All rows, checked.
    fn rows(&self) -> Result<Vec<Row>, RevenueError> {
        let shown = self.path.display();
        let unreadable = |e: io::Error| RevenueError::Unreachable {
            asked: Asked::File,
            cause: format!("{shown} cannot be read: {e}"),
        };
        let bytes = fs::metadata(&self.path).map_err(unreadable)?.len();
        if bytes > MAX_FILE_BYTES {
            return Err(self.malformed(&format!(
                "{bytes} bytes, more than {MAX_FILE_BYTES}: move the rows before the last distribution to another file"
            )));
        }
        let data = fs::read(&self.path).map_err(unreadable)?;
        // A row is one only with its end: the beginning of "100.00" is another amount.
        if data.last().is_some_and(|byte| *byte != b'\n') {
            return Err(RevenueError::Unreachable {
                asked: Asked::File,
                cause: format!(
                    "the last line of {shown} has no end: it is being written, or a line break is missing"
                ),
            });
        }
        let text = std::str::from_utf8(&data).map_err(|e| self.malformed(&e.to_string()))?;
        // Spreadsheets begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        parse(self.format, text).map_err(|cause| self.malformed(&cause))
    }

    fn malformed(&self, cause: &str) -> RevenueError {
        RevenueError::Malformed {
            asked: Asked::File,
            cause: format!("{}: {cause}", self.path.display()),
        }
    }
}

impl RevenueSource for RevenueFile {
    fn measure(&self, stretch: Stretch) -> BoxFuture<'_, Result<Revenue, RevenueError>> {
        let file = self.clone();
        Box::pin(async move {
            tokio::task::spawn_blocking(move || file.revenue(stretch))
                .await
                .unwrap_or_else(|e| {
                    Err(RevenueError::Unreachable {
                        asked: Asked::File,
                        cause: e.to_string(),
                    })
                })
        })
    }
}
