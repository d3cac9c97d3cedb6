//! `cargo xtask test`: everything, with one line at the end.

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Result;

use super::count::{Count, stream};
use super::{build_program, clients, fuzz};
use crate::apt::{self, Package};
use crate::node;
use crate::paths::Paths;
use crate::process::{self, host_cargo, on_path};
use crate::progress::seconds;
use crate::{python, sbf};

/// How long each fuzz target runs, side by side.
const FUZZ_SECONDS: u32 = 20;

/// Builds the program and runs the tests of all workspaces.
///
/// # Errors
/// Something does not build, or a test fails.
pub fn run(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    eprintln!("Builds the on-chain program, then runs every test.");
    eprintln!("The first time installs and builds everything: some 20 minutes on two cores.");
    let start = Instant::now();
    apt::ensure(&packages())?;
    build_program::run(paths, sbf::Options::default())?;

    // The end-to-end tests start these as an operator would; `cargo test` builds only some of them.
    eprintln!("==> building the services");
    let mut services = host_cargo(&paths.target);
    services
        .current_dir(&paths.root)
        .args(["build", "--workspace", "--bins"]);
    process::run(&mut services)?;

    let mut count = Count::default();
    // Built before the end-to-end tests, which run their examples.
    let clients = clients::test(paths, &mut count)?;
    eprintln!("==> testing the host workspace");
    let mut host = host_cargo(&paths.target);
    host.current_dir(&paths.root)
        .args(["test", "--no-fail-fast"]);
    if !names_package(arguments) {
        host.arg("--workspace");
    }
    host.args(arguments);
    host.env("SCHEMATHESIS", python::schemathesis(paths)?);
    host.env("OPENAI_PYTHON", python::openai(paths)?);
    host.env("OPENAI_NODE", node::openai(paths)?);
    host.env("X402_NODE", node::x402(paths)?);
    if let Some(tools) = sbf::tools(paths)? {
        host.env("SBF_LINK_LLVM_BIN", tools.llvm_bin);
        host.env("SBF_LINK_SBPF_LINKER", tools.sbpf_linker);
    }
    let host = stream(&mut host, &mut count)?;
    eprintln!("==> testing the programs workspace");
    let mut programs = host_cargo(&paths.target.join("programs"));
    programs
        .current_dir(paths.programs())
        .args(["test", "--workspace", "--no-fail-fast"]);
    let programs = stream(&mut programs, &mut count)?;
    let fuzzed = fuzz(paths, &mut count)?;
    eprintln!("==> testing against Pyth's own crate");
    let mut pyth = host_cargo(&paths.target.join("pyth"));
    pyth.current_dir(paths.root.join("tests").join("pyth"))
        .args(["test", "--no-fail-fast"]);
    let pyth = stream(&mut pyth, &mut count)?;

    eprintln!("==> tests took {}", seconds(start));
    let passed = clients && host && programs && fuzzed && pyth;
    if !passed {
        eprintln!("error: tests failed or did not build; see above");
    }
    // The count is the last line whatever happened, so the failure goes out as a code alone.
    println!("{}", count.print());
    if !passed {
        std::process::exit(1);
    }
    Ok(())
}

/// Tests the fuzz targets' seeds, then runs each target for a little; whether nothing was found.
fn fuzz(paths: &Paths, count: &mut Count) -> Result<bool> {
    eprintln!("==> testing the fuzz targets");
    let mut seeds = host_cargo(&fuzz::folder(paths));
    seeds
        .current_dir(fuzz::workspace(paths))
        .args(["test", "--release", "--lib"]);
    let seeds = stream(&mut seeds, count)?;
    let options = fuzz::Options {
        target: None,
        seconds: Some(FUZZ_SECONDS),
    };
    match fuzz::run(paths, &options) {
        Ok(()) => Ok(seeds),
        Err(error) => {
            eprintln!("error: {error:#}");
            Ok(false)
        }
    }
}

/// Whether cargo's arguments choose packages themselves.
fn names_package(arguments: &[OsString]) -> bool {
    let mut own = arguments.iter().take_while(|argument| *argument != "--");
    own.any(|argument| {
        let text = argument.to_string_lossy();
        text.starts_with("-p") || text.starts_with("--package")
    })
}

/// What the tests need of the operating system.
fn packages() -> Vec<Package> {
    let mut packages: Vec<Package> = postgres().into_iter().collect();
    packages.push(Package::new(
        "gcc",
        on_path("cc").map_or(String::new(), display),
    ));
    packages.push(fuzz::compiler());
    packages.push(Package::new(
        "pkg-config",
        on_path("pkg-config").map_or(String::new(), display),
    ));
    packages.push(Package::new("libssl-dev", "/usr/include/openssl/ssl.h"));
    // Tries the API against its OpenAPI document; see `python`.
    packages.push(python::package());
    packages.extend(crate::clients::packages());
    // Its promtool tries the alert rules.
    packages.push(Package::new(
        "prometheus",
        on_path("promtool").map_or(String::new(), display),
    ));
    packages.extend(node::packages());
    packages.push(node::browser());
    packages
}

/// PostgreSQL, where it is missing.
pub fn postgres() -> Option<Package> {
    let missing = on_path("initdb").is_none() && !debian_postgres();
    missing.then(|| Package::new("postgresql", ""))
}

fn display(path: std::path::PathBuf) -> String {
    path.display().to_string()
}

/// Debian keeps the server's programs off PATH, in a folder for each version.
fn debian_postgres() -> bool {
    std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions
            .flatten()
            .any(|version| version.path().join("bin").join("initdb").is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_named_after_cargos_arguments_do_not_count() {
        let of = |arguments: &[&str]| {
            names_package(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
        };
        assert!(of(&["-p", "x"]) && of(&["--package=x"]));
        assert!(!of(&["--lib", "--", "-p"]));
    }
}
