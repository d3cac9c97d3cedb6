//! `cargo xtask chaos`: the real keeper in all its troubles.

use std::ffi::OsString;

use anyhow::Result;

use super::build_program;
use crate::apt;
use crate::node;
use crate::paths::Paths;
use crate::process::{self, host_cargo, run as start};
use crate::sbf;

/// What troubles the keeper, and the feature it is built with.
const BINARY: &str = "primis-chaos";
const FEATURE: &str = "primis-tests-e2e/chaos";

/// Builds everything and becomes the program that troubles the keeper.
///
/// # Errors
/// Something does not build. Does not return otherwise: the process is replaced, so that its end is
/// this one's, and Ctrl-C reaches it alone.
pub fn run(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    eprintln!("Troubles the real keeper on a local Solana, and holds it to account by the chain.");
    eprintln!("The first time builds everything: some 15 minutes on two cores.");
    apt::ensure(&node::packages())?;
    build_program::run(paths, sbf::Options::default())?;
    eprintln!("==> building the keeper and its troubles");
    // The whole workspace, so that it is built as the tests build it, once.
    let mut build = host_cargo(&paths.target);
    build
        .current_dir(&paths.root)
        .args(["build", "--workspace", "--bins", "--features", FEATURE]);
    start(&mut build)?;
    process::become_binary(paths, BINARY, arguments)
}
