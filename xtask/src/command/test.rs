//! `cargo xtask test`: everything, with one line at the end.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use super::{build_program, fuzz};
use crate::apt::{self, Package};
use crate::paths::Paths;
use crate::process::{self, host_cargo, on_path};
use crate::progress::seconds;
use crate::{python, sbf};

/// How long each fuzz target runs, side by side.
const FUZZ_SECONDS: u32 = 20;

/// Tests counted over `test result:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    /// Adds what a line of test output reports; other lines add nothing.
    fn read(&mut self, line: &str) {
        let Some(rest) = line.trim_start().strip_prefix("test result: ") else {
            return;
        };
        let Some((_, numbers)) = rest.split_once(". ") else {
            return;
        };
        for part in numbers.split("; ") {
            let mut words = part.split_whitespace();
            let (Some(number), Some(kind)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match kind {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    fn print(self) -> String {
        let skipped = match self.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

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
    eprintln!("==> testing the host workspace");
    let mut host = host_cargo(&paths.target);
    host.current_dir(&paths.root)
        .args(["test", "--no-fail-fast"]);
    if !names_package(arguments) {
        host.arg("--workspace");
    }
    host.args(arguments);
    host.env("SCHEMATHESIS", python::schemathesis(paths)?);
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
    let passed = host && programs && fuzzed && pyth;
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
    let mut packages = Vec::new();
    if on_path("initdb").is_none() && !debian_postgres() {
        packages.push(Package::new("postgresql", ""));
    }
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
    // Its promtool tries the alert rules.
    packages.push(Package::new(
        "prometheus",
        on_path("promtool").map_or(String::new(), display),
    ));
    packages
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

/// Runs a command, passing its output on as it comes and counting tests; whether it succeeded.
fn stream(command: &mut Command, count: &mut Count) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let output = child.stdout.take().context("cargo without output")?;
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        count.read(&String::from_utf8_lossy(&line));
    }
    Ok(child.wait()?.success())
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

    #[test]
    fn results_add_up() {
        let mut count = Count::default();
        count.read("running 3 tests");
        count.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        count
            .read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(
            count,
            Count {
                passed: 4,
                failed: 2,
                skipped: 1
            }
        );
        assert_eq!(count.print(), "4 passed, 2 failed, 1 skipped");
        assert_eq!(Count::default().print(), "0 passed, 0 failed");
    }
}
