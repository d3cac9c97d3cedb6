//! `cargo xtask localnet`: the whole platform on this machine.

use std::ffi::OsString;

use anyhow::Result;

use super::build_program;
use crate::apt;
use crate::node;
use crate::paths::Paths;
use crate::process::{self, host_cargo, run as start};
use crate::sbf;

/// The daemons, and the binary that starts them all.
const PACKAGES: [&str; 3] = ["primis-keeper", "primis-app-api", "primis-localnet"];
const BINARY: &str = "primis-localnet";

/// Builds everything and becomes the local network.
///
/// # Errors
/// Something does not build. Does not return otherwise: the process is replaced, so that Ctrl-C
/// reaches the local network alone.
pub fn run(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    eprintln!("Starts a local Solana, the API, the keeper and demo stakers on this machine.");
    eprintln!("The first time builds everything: some 15 minutes on two cores. Ctrl-C stops it.");
    apt::ensure(&node::packages())?;
    build_program::run(paths, sbf::Options::default())?;
    eprintln!("==> building the daemons and the local network");
    let mut build = host_cargo(&paths.target);
    build.current_dir(&paths.root).arg("build");
    for package in PACKAGES {
        build.args(["--package", package]);
    }
    start(&mut build)?;
    process::become_binary(paths, BINARY, arguments)
}
