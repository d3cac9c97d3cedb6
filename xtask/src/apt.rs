//! Packages of the operating system, installed only when missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{on_path, run};

/// A package and a file whose presence shows that it is installed.
pub struct Package {
    /// Name in Debian's archive.
    pub name: String,
    /// A file it brings.
    pub file: String,
}

impl Package {
    /// A package known by one of its files.
    pub fn new(name: impl Into<String>, file: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            file: file.into(),
        }
    }
}

/// Installs what is missing; says so in one line each.
///
/// # Errors
/// Something is missing and cannot be installed from here: not Debian, or not root.
pub fn ensure(packages: &[Package]) -> Result<()> {
    // Once each, though several parts may want it.
    let missing: BTreeSet<&str> = packages
        .iter()
        .filter(|package| !Path::new(&package.file).exists())
        .map(|package| &*package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!(
        "install by hand: apt-get install {}",
        Vec::from_iter(missing.iter().copied()).join(" ")
    );
    if on_path("apt-get").is_none() {
        bail!("this system has no apt-get; {by_hand} (or what your system calls them)");
    }
    if !is_root()? {
        bail!("packages are missing and only root may install them; {by_hand}");
    }
    for name in &missing {
        eprintln!("    installing package {name}");
    }
    run(apt().args(["update", "-qq"]))?;
    run(apt()
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(&missing))
    .with_context(|| by_hand)
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(std::process::Stdio::null());
    command
}

fn is_root() -> Result<bool> {
    let status = fs::read_to_string("/proc/self/status").context("cannot read /proc")?;
    let uids = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .unwrap_or("");
    Ok(uids.split_whitespace().nth(1) == Some("0"))
}
