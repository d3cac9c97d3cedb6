//! `cargo xtask build-program`: the programs and their interface description.

use anyhow::Result;

use crate::paths::Paths;
use crate::{idl, sbf};

/// Builds the programs, then the IDL.
///
/// # Errors
/// A program does not build.
pub fn run(paths: &Paths, options: sbf::Options) -> Result<()> {
    sbf::build(paths, options)?;
    idl::write(paths, options.force)
}
