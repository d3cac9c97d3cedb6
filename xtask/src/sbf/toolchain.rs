//! The parts of an SBF toolchain that package registries carry.
//!
//! Debian's `rustc-web` is a current rustc with its library source and an LLVM that is packaged as
//! well; `sbpf-linker` from the crate registry assembles the program file. It is used for SBF
//! alone: host code keeps the cargo on PATH.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sbf_link::tools::Tools;

use crate::apt::{self, Package};
use crate::paths::Paths;
use crate::process::{host_cargo, isolated, read, run};
use crate::progress::step;

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const SOURCE: &str = "/usr/lib/rustlib/src/rust/library";
/// The oldest rustc whose unstable flags are the ones used here.
const OLDEST_MINOR: u32 = 95;
const SBPF_LINKER: &str = "0.2.6";

/// A complete toolchain.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Debian's rustc.
    pub rustc: PathBuf,
    /// Debian's cargo.
    pub cargo: PathBuf,
    /// Its library source.
    pub library: PathBuf,
    /// Version of that rustc.
    pub version: Version,
    /// LLVM and the linker.
    pub tools: Tools,
}

/// Versions `rustc -vV` reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `1.96.0`.
    pub release: String,
    /// `(22, 1)`.
    pub llvm: (u32, u32),
}

impl Version {
    fn parse(text: &str) -> Result<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
                .with_context(|| format!("`{RUSTC} -vV` has no line `{name}`"))
        };
        let llvm = field("LLVM version:")?;
        let mut parts = llvm.split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
            bail!("`{RUSTC} -vV` has an LLVM version that cannot be read: {llvm}");
        };
        Ok(Self {
            release: field("release:")?.to_owned(),
            llvm: (major, minor),
        })
    }

    fn is_recent(&self) -> bool {
        let mut parts = self.release.split('.').skip(1).map(str::parse::<u32>);
        matches!(parts.next(), Some(Ok(minor)) if minor >= OLDEST_MINOR)
    }
}

/// What the installed toolchain is, as text for a fingerprint. Empty before the first build.
#[must_use]
pub fn identity() -> String {
    let rustc = installed().map_or(String::new(), |version| format!("{version:?}"));
    format!("{rustc} sbpf-linker {SBPF_LINKER}")
}

/// Finds every part, installing what is missing.
///
/// # Errors
/// A part is missing and cannot be installed; the message says what to install.
pub fn ensure(paths: &Paths) -> Result<Toolchain> {
    let version = match installed() {
        Some(version) if Path::new(CARGO).exists() && Path::new(SOURCE).exists() => version,
        _ => {
            apt::ensure(&[
                Package::new("rustc-web", ""),
                Package::new("cargo-web", ""),
                Package::new("rust-web-src", ""),
            ])
            .context("no rustc for SBF (cargo-build-sbf is not on PATH either)")?;
            installed().with_context(|| {
                format!("{RUSTC} is older than 1.{OLDEST_MINOR} even with rustc-web installed")
            })?
        }
    };
    let (major, _) = version.llvm;
    let llvm = PathBuf::from(format!("/usr/lib/llvm-{major}"));
    let file = |name: &str| llvm.join(name).display().to_string();
    apt::ensure(&[
        Package::new(format!("llvm-{major}"), file("bin/opt")),
        Package::new(format!("llvm-{major}-dev"), file("lib/libLLVMCore.a")),
        Package::new(format!("libpolly-{major}-dev"), file("lib/libPolly.a")),
        Package::new(format!("clang-{major}"), file("bin/clang")),
    ])?;
    let sbpf_linker = sbpf_linker(paths, &version, &llvm)?;
    Ok(Toolchain {
        rustc: RUSTC.into(),
        cargo: CARGO.into(),
        library: SOURCE.into(),
        version,
        tools: Tools {
            llvm_bin: llvm.join("bin"),
            sbpf_linker,
        },
    })
}

/// The version of Debian's rustc, if there is one that is recent enough.
fn installed() -> Option<Version> {
    if !Path::new(RUSTC).exists() {
        return None;
    }
    let text = read(isolated(RUSTC).arg("-vV")).ok()?;
    Version::parse(&text).ok().filter(Version::is_recent)
}

/// The linker, built once for each version and LLVM and kept in the user's cache.
fn sbpf_linker(paths: &Paths, version: &Version, llvm: &Path) -> Result<PathBuf> {
    let (major, minor) = version.llvm;
    let folder = paths
        .cache
        .join("tools")
        .join(format!("sbpf-linker-{SBPF_LINKER}-llvm-{major}.{minor}"));
    let program = folder.join("bin").join("sbpf-linker");
    if program.is_file() {
        return Ok(program);
    }
    step(
        &format!("installing sbpf-linker {SBPF_LINKER} (once, some 90 s)"),
        || {
            run(host_cargo(&paths.sbf().join("sbpf-linker"))
                .env(format!("LLVM_SYS_{major}{minor}_PREFIX"), llvm)
                .env(
                    "RUSTFLAGS",
                    format!("-L native={}", llvm.join("lib").display()),
                )
                .args(["install", "sbpf-linker", "--locked", "--version"])
                .arg(format!("={SBPF_LINKER}"))
                .args(["--no-default-features", "--features"])
                .arg(format!("bpf-linker/llvm-{major}"))
                .arg("--root")
                .arg(&folder))
        },
    )?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rustc_says_of_itself() {
        let text = "rustc 1.96.0 (ac68faa20 2026-05-25)\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        let version = Version::parse(text).unwrap();
        assert_eq!(
            version,
            Version {
                release: "1.96.0".to_owned(),
                llvm: (22, 1)
            }
        );
        assert!(version.is_recent());
        let old = Version {
            release: "1.63.0".to_owned(),
            llvm: (14, 0),
        };
        assert!(!old.is_recent());
        assert!(Version::parse("release: 1.96.0").is_err());
    }
}
