//! `cargo xtask fuzz`: any bytes against the arithmetic and the reading of foreign accounts, guided
//! by coverage. The targets are programs of `tests/fuzz`; libFuzzer is linked into them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};

use crate::apt::{self, Package};
use crate::paths::Paths;
use crate::process::{host_cargo, isolated, on_path, read, run as start};
use crate::progress::step;

/// The targets: files in `tests/fuzz/fuzz_targets`.
pub const TARGETS: [&str; 3] = ["stream", "prices", "accounts"];
/// How long each runs where nothing is said.
const SECONDS: u32 = 300;
/// What rustc needs to instrument for libFuzzer without a sanitizer, which a stable one has not:
/// the flags of `cargo fuzz build --sanitizer none`.
const FLAGS: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Lines of a failed run that are shown.
const SHOWN: usize = 20;

/// What to run.
#[derive(Debug, Default)]
pub struct Options {
    /// One target; all of them where none is named.
    pub target: Option<String>,
    /// How long, seconds.
    pub seconds: Option<u32>,
}

/// Builds the targets and runs them side by side.
///
/// # Errors
/// A target does not build, or finds something; the message says where the input is.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let targets: Vec<&str> = match &options.target {
        None => TARGETS.to_vec(),
        Some(name) => match TARGETS.iter().find(|target| *target == name) {
            Some(target) => vec![target],
            None => bail!("no target `{name}`; there are {}", TARGETS.join(", ")),
        },
    };
    let seconds = options.seconds.unwrap_or(SECONDS);
    apt::ensure(&[compiler()])?;
    let triple = read(isolated("rustc").args(["--print", "host-tuple"]))?;
    let triple = triple.trim();
    step(
        "building the fuzz targets (the first time some 2 min)",
        || build(paths, triple),
    )?;
    let programs = folder(paths).join(triple).join("release");
    let what = format!("fuzzing {} for {seconds} s", targets.join(", "));
    step(&what, || side_by_side(paths, &programs, &targets, seconds))
}

/// libFuzzer is C++.
pub fn compiler() -> Package {
    let file = on_path("c++").map_or(String::new(), |path| path.display().to_string());
    Package::new("g++", file)
}

/// Where everything of the fuzzer's is: builds, what it has found out, and what fails.
pub fn folder(paths: &Paths) -> PathBuf {
    paths.target.join("fuzz")
}

/// The workspace of the targets.
pub fn workspace(paths: &Paths) -> PathBuf {
    paths.root.join("tests").join("fuzz")
}

/// The target is named so that build scripts and macros are left without instruments.
fn build(paths: &Paths, triple: &str) -> Result<()> {
    start(
        host_cargo(&folder(paths))
            .current_dir(workspace(paths))
            .env("RUSTFLAGS", FLAGS)
            .args(["build", "--quiet", "--release", "--bins"])
            .args(["--target", triple]),
    )
}

fn side_by_side(paths: &Paths, programs: &Path, targets: &[&str], seconds: u32) -> Result<()> {
    let mut runs = Vec::new();
    for target in targets {
        runs.push((*target, spawn(paths, programs, target, seconds)?));
    }
    let mut failed = Vec::new();
    for (target, mut child) in runs {
        let status = child.wait()?;
        let log = fs::read(log(paths, target)).context("no log of a fuzz target")?;
        let log = String::from_utf8_lossy(&log);
        if status.success() {
            eprintln!("    {target}: {}", summary(&log));
        } else {
            failed.push(format!("{target} failed ({status}){}", found(&log, target)));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{}", failed.join("\n"))
}

/// Starts a target on what it has found out so far and on the committed seeds.
fn spawn(paths: &Paths, programs: &Path, target: &str, seconds: u32) -> Result<Child> {
    let corpus = folder(paths).join("corpus").join(target);
    let failures = folder(paths).join("failures");
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&failures)?;
    let seeds = workspace(paths).join("seeds").join(target);
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(failures.join(format!("{target}-")));
    let output = File::create(log(paths, target))?;
    Command::new(programs.join(target))
        .arg(corpus)
        .args(seeds.is_dir().then_some(seeds))
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-print_final_stats=1"])
        // The panic's own words; the program that replays the input gives the rest.
        .env("RUST_BACKTRACE", "0")
        .arg(prefix)
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("cannot run the fuzz target {target}"))
}

fn log(paths: &Paths, target: &str) -> PathBuf {
    folder(paths).join(format!("{target}.log"))
}

/// Executions and coverage, from the log of a run that found nothing.
fn summary(log: &str) -> String {
    let executions = log
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .map_or("?", str::trim);
    let coverage = log
        .lines()
        .rev()
        .find_map(|line| line.split_once(" cov: "))
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .unwrap_or("?");
    format!("{executions} executions, {coverage} places covered, nothing found")
}

/// What a failed run says at its end, where the input is and how to run it again.
fn found(log: &str, target: &str) -> String {
    let skipped = log.lines().count().saturating_sub(SHOWN);
    let end: Vec<&str> = log.lines().skip(skipped).collect();
    let again = match log.lines().find_map(|line| line.split_once("written to ")) {
        Some((_, input)) => format!(
            "the input is {input}; to run it again:\n  cd tests/fuzz && cargo run --release --bin \
             {target} -- {input}"
        ),
        None => "it wrote no input".to_owned(),
    };
    format!("\n{}\n{again}", end.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_log_is_summed_up() {
        let log = "#2\tINITED cov: 3 ft: 4 corp: 1/1b\n#9\tDONE   cov: 12 ft: 30 corp: 5/9b\n\
                   stat::number_of_executed_units: 9\n";
        assert_eq!(
            summary(log),
            "9 executions, 12 places covered, nothing found"
        );
    }

    #[test]
    fn a_finding_says_where_and_how() {
        let log =
            "panicked\nartifact_prefix='/t/'; Test unit written to /t/stream-crash-1\nBase64:";
        let text = found(log, "stream");
        assert!(text.contains("panicked"));
        assert!(text.ends_with("--bin stream -- /t/stream-crash-1"));
    }
}
