//! What the fuzzer runs: each module takes any bytes, makes a case of them, and holds the vault's
//! code against an exact or an official reading. A broken property panics.
//!
//! `cargo xtask fuzz` runs them under libFuzzer. Without it the programs of the same names replay
//! the files they are given, for a debugger: `cargo run --bin stream -- FILE`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a finding"
)]

pub mod accounts;
pub mod prices;
pub mod stream;

#[cfg(test)]
mod seeds;

/// Runs `target` on every file named on the command line.
///
/// # Errors
/// A file cannot be read.
pub fn replay(target: fn(&[u8])) -> std::io::Result<()> {
    for file in std::env::args_os().skip(1) {
        target(&std::fs::read(file)?);
    }
    Ok(())
}
