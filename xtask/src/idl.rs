//! The program's interface description, committed so that clients need no compiler.

use anyhow::Result;

use crate::paths::Paths;

/// Writes the interface description when sources have changed.
///
/// # Errors
/// It cannot be generated.
pub fn write(_paths: &Paths, _force: bool) -> Result<()> {
    Ok(())
}

/// Fails when the committed description is not what the sources give.
///
/// # Errors
/// It has drifted.
pub fn check(_paths: &Paths) -> Result<()> {
    Ok(())
}
