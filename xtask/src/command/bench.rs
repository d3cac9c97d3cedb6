//! `cargo xtask bench`: measurements.

use std::ffi::OsString;

use anyhow::{Context as _, Result};

use super::{build_program, test};
use crate::apt::{self, Package};
use crate::paths::Paths;
use crate::process::{host_cargo, run as start};
use crate::sbf;

/// Prints the compute units of every instruction, as a table or as JSON.
///
/// # Errors
/// A program does not build, or a measurement fails.
pub fn run(paths: &Paths, json: bool, peers: &[OsString]) -> Result<()> {
    eprintln!("Measures the compute units of every instruction in an in-process Solana runtime.");
    eprintln!("The first time builds the program and the runtime: some 10 minutes.");
    build_program::run(paths, sbf::Options::default())?;
    let mut table = cost_table(paths);
    table.args(json.then_some("--json"));
    for peer in peers {
        // The table is made in another folder.
        let file = std::path::absolute(peer).context("a file of --peer")?;
        table.arg("--peer").arg(file);
    }
    start(&mut table)
}

/// Loads the real API and a bare server in turn and compares them. The arguments go to the benchmark.
///
/// # Errors
/// It does not build, or a request fails.
pub fn api(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    eprintln!("Compares the API's hot endpoints with a bare server, on SQLite and on PostgreSQL.");
    eprintln!("It takes 3 minutes; the first time builds the API for release: some 10 more.");
    let mut packages = vec![Package::new("wrk", "/usr/bin/wrk")];
    packages.extend(test::postgres());
    apt::ensure(&packages)?;
    let mut bench = host_cargo(&paths.target);
    bench
        .current_dir(&paths.root)
        .args([
            "bench",
            "--package",
            "primis-app-api",
            "--bench",
            "api",
            "--",
        ])
        .args(arguments);
    start(&mut bench)
}

/// Loads the gateway and a bare proxy to the same local upstream in turn and compares them. The arguments go
/// to the benchmark.
///
/// # Errors
/// It does not build, or a request fails.
pub fn gateway(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    eprintln!(
        "Compares the gateway, with a durable hold and charge for each request, with a bare proxy."
    );
    eprintln!("It takes a minute; the first time builds the API for release: some 10 more.");
    let mut packages = vec![Package::new("wrk", "/usr/bin/wrk")];
    packages.extend(test::postgres());
    apt::ensure(&packages)?;
    let mut bench = host_cargo(&paths.target);
    bench
        .current_dir(&paths.root)
        .args([
            "bench",
            "--package",
            "primis-app-api",
            "--bench",
            "gateway",
            "--",
        ])
        .args(arguments);
    start(&mut bench)
}

/// The program that measures; arguments follow.
pub fn cost_table(paths: &Paths) -> std::process::Command {
    let mut command = host_cargo(&paths.target);
    command.current_dir(&paths.root).args([
        "run",
        "--quiet",
        "--package",
        "primis-tests-vault",
        "--bin",
        "cu",
        "--",
    ]);
    command
}
