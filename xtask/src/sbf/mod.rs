//! Building the on-chain programs.
//!
//! Where Anza's `cargo build-sbf` is installed, it does the work. Elsewhere the programs are built
//! from Debian's rustc and LLVM and the crate registry alone: [`toolchain`] finds or installs the
//! parts, [`std_source`] prepares a standard library for the target, [`compile`] runs cargo, and
//! the crate `sbf-link` turns the bitcode into programs.

mod compile;
mod platform_tools;
mod std_source;
mod toolchain;

use std::path::PathBuf;
use std::time::Instant;
use std::{fs, path};

use anyhow::{Context, Result};
use sbf_link::Arch;
use sbf_link::link::{Job, Optimisation, link};
use sbf_link::tools::Tools;

use crate::fingerprint::{self, Fingerprint};
use crate::paths::Paths;
use crate::process::on_path;
use crate::progress::{seconds, step};

/// A program to build: its cargo package; the library has underscores.
const PACKAGES: [&str; 2] = ["staking-vault", "sbf-arith"];
/// Part of every fingerprint; raise it when the way of building changes.
const RECIPE: &str = "1";

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytecode version.
    pub arch: Arch,
    /// Build even when nothing has changed.
    pub force: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            arch: Arch::V3,
            force: false,
        }
    }
}

/// Builds every program into `<target>/deploy`.
///
/// # Errors
/// A part of the toolchain is missing and cannot be installed, or a program does not build.
pub fn build(paths: &Paths, options: Options) -> Result<()> {
    let start = Instant::now();
    fs::create_dir_all(paths.sbf())?;
    fs::create_dir_all(paths.deploy())?;
    let platform_tools = on_path("cargo-build-sbf").is_some();
    let outputs: Vec<PathBuf> = PACKAGES
        .iter()
        .map(|package| program(paths, package))
        .collect();
    let stamp = paths.sbf().join("programs.stamp");
    let fingerprint = sources(paths, options.arch, platform_tools)?;
    if !options.force && fingerprint::is_fresh(&stamp, &fingerprint, &outputs) {
        eprintln!(
            "==> programs are up to date in {}",
            paths.shown(&paths.deploy())
        );
        return Ok(());
    }
    if platform_tools {
        for package in PACKAGES {
            step(&format!("building {package} with cargo-build-sbf"), || {
                platform_tools::build(paths, package, options.arch)
            })?;
        }
    } else {
        from_registries(paths, options.arch)?;
    }
    fingerprint::record(&stamp, &fingerprint)?;
    for output in &outputs {
        let bytes = fs::metadata(output)?.len();
        eprintln!("    {} ({bytes} bytes)", paths.shown(output));
    }
    eprintln!("==> programs built in {}", seconds(start));
    Ok(())
}

/// The tools that link programs, for tests of the linker; none where platform-tools do that.
///
/// # Errors
/// A part of the toolchain is missing and cannot be installed.
pub fn tools(paths: &Paths) -> Result<Option<Tools>> {
    if on_path("cargo-build-sbf").is_some() {
        return Ok(None);
    }
    Ok(Some(toolchain::ensure(paths)?.tools))
}

/// Where a package's program ends up.
fn program(paths: &Paths, package: &str) -> PathBuf {
    paths
        .deploy()
        .join(format!("{}.so", package.replace('-', "_")))
}

fn sources(paths: &Paths, arch: Arch, platform_tools: bool) -> Result<String> {
    let mut fingerprint = Fingerprint::new();
    fingerprint.text(RECIPE);
    fingerprint.text(arch.name());
    fingerprint.text(if platform_tools {
        "platform-tools"
    } else {
        "registries"
    });
    fingerprint.text(&toolchain::identity());
    fingerprint.path(
        &paths.programs(),
        &["target", "idl", "idl-gen", "interface"],
    )?;
    fingerprint.path(&paths.root.join("xtask").join("sbf"), &["target"])?;
    Ok(fingerprint.finish())
}

fn from_registries(paths: &Paths, arch: Arch) -> Result<()> {
    let toolchain = step("checking the SBF toolchain", || toolchain::ensure(paths))?;
    let library = std_source::prepare(paths, &toolchain)?;
    let merged = step(
        "compiling the programs to bitcode (the first time some 2 min)",
        || compile::compile(paths, &toolchain, &library, arch, &PACKAGES),
    )?;
    for (package, bitcode) in PACKAGES.iter().zip(merged) {
        step(&format!("generating {package}"), || {
            let job = Job {
                bitcode,
                output: program(paths, package),
                work: paths.sbf().join(arch.name()).join("link").join(package),
                arch,
                optimisation: Optimisation::default(),
            };
            let report = link(&job, &toolchain.tools).with_context(|| {
                format!("cannot generate {package}; see {}", paths.shown(&job.work))
            })?;
            eprintln!(
                "    {} signatures and {} calls through memory, {} wide operations lowered",
                report.abi.functions, report.abi.calls, report.wide_operations
            );
            Ok(())
        })?;
    }
    Ok(())
}

/// `path` as text for a tool that takes no other form.
fn utf8(path: &path::Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))
}
