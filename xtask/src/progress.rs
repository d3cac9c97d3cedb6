//! Lines that tell a newcomer what is going on and for how long.

use std::time::Instant;

use anyhow::Result;

/// Runs one step between a line that names it and a line with the time it took.
///
/// # Errors
/// Those of the step.
pub fn step<T>(what: &str, action: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let value = action()?;
    eprintln!("    done in {}", seconds(start));
    Ok(value)
}

/// Time since `start`, short.
#[must_use]
pub fn seconds(start: Instant) -> String {
    let seconds = start.elapsed().as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}
