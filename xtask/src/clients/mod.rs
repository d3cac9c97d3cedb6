//! The client packages: generated from the IDL and the OpenAPI document, then built as they ship. The
//! Rust one is a crate of the workspace and needs nothing of this.

mod python;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::apt::Package;
use crate::fingerprint::Fingerprint;
use crate::paths::Paths;

/// What a package is tested with.
pub struct Tests {
    /// Its name, for people.
    pub name: &'static str,
    /// Runs them.
    pub command: Command,
}

/// Brings the packages up to date with what they are generated from; their tests, ready to run.
///
/// # Errors
/// Something cannot be installed or generated, or a type is wrong.
pub fn build(paths: &Paths) -> Result<[Tests; 2]> {
    Ok([typescript::build(paths)?, python::build(paths)?])
}

/// What they need of the operating system.
#[must_use]
pub fn packages() -> Vec<Package> {
    let mut packages = typescript::packages();
    packages.push(crate::python::package());
    packages
}

/// The folder of a package's source.
fn source(paths: &Paths, name: &str) -> PathBuf {
    paths.root.join("clients").join(name)
}

/// Where what is no source is kept.
fn work(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.target.join("clients");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Of what a package is made of: these folders without some of their entries, the IDL and the document.
fn fingerprint(paths: &Paths, folders: &[(PathBuf, &[&str])]) -> Result<String> {
    let mut fingerprint = Fingerprint::new();
    for (folder, skip) in folders {
        fingerprint.path(folder, skip)?;
    }
    fingerprint.path(&paths.idl(), &[])?;
    fingerprint.path(&paths.root.join("app-api").join("openapi.json"), &[])?;
    Ok(fingerprint.finish())
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}
