//! The disk alone, beside which the gateway's latency is to be read: each of its requests waits for a durable
//! write.

use std::{
    io::{Seek as _, SeekFrom, Write as _},
    time::{Duration, Instant},
};

use anyhow::Result;

/// What is written at a time: a page of PostgreSQL's log.
const PAGE: usize = 8 << 10;
/// Pages of the file, which is written again and again: it does not grow.
const PAGES: u64 = 2_048;

/// Median and 99th percentile, milliseconds, of how long requests that come evenly, this many a second, wait
/// for a write to be durable: each for the first that began after it came, with all that came meanwhile.
pub fn wait(per_second: f64, length: Duration) -> Result<[f64; 2]> {
    let mut file = tempfile::tempfile()?;
    for _ in 0..PAGES {
        file.write_all(&[1; PAGE])?;
    }
    file.sync_all()?;
    let mut writes = Vec::new();
    let start = Instant::now();
    while start.elapsed() < length {
        let began = start.elapsed();
        let page = u64::try_from(writes.len())? % PAGES;
        file.seek(SeekFrom::Start(page * u64::try_from(PAGE)?))?;
        file.write_all(&[2; PAGE])?;
        file.sync_data()?;
        writes.push((began.as_secs_f64(), start.elapsed().as_secs_f64()));
    }
    Ok(waits(&writes, per_second))
}

/// As [`wait`] tells, of writes that began and ended at these seconds.
fn waits(writes: &[(f64, f64)], per_second: f64) -> [f64; 2] {
    let mut waited = Vec::new();
    let mut came = 0.0;
    for (began, ended) in writes {
        while came <= *began {
            waited.push((ended - came) * 1e3);
            came += 1.0 / per_second;
        }
    }
    waited.sort_by(f64::total_cmp);
    let at = |hundredths: usize| waited.get(waited.len() * hundredths / 100).copied();
    [50, 99].map(|hundredths| at(hundredths).unwrap_or_default())
}
