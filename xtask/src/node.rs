//! Node and what is written for it: the dashboard.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use primis_npm::{Packages, Wanted};

use crate::apt::Package;
use crate::paths::Paths;
use crate::process::on_path;

/// What the types are checked from.
const SOURCES: [&str; 3] = ["src", "tests", "tsconfig.json"];

/// What the build of the dashboard needs of the operating system.
#[must_use]
pub fn packages() -> [Package; 2] {
    ["nodejs", "npm"].map(|name| {
        let program = if name == "nodejs" { "node" } else { name };
        Package::new(name, on_path(program).map_or_else(String::new, shown))
    })
}

/// The browser that the dashboard is tested in.
#[must_use]
pub fn browser() -> Package {
    Package::new(
        "chromium",
        on_path("chromium").map_or_else(String::new, shown),
    )
}

/// A folder with OpenAI's official package, as its lock file pins it.
///
/// # Errors
/// It cannot be had.
pub fn openai(paths: &Paths) -> Result<PathBuf> {
    tested_with(paths, "openai")
}

/// A folder with x402's client and facilitator and a chain to pay on, as their lock file pins them.
///
/// # Errors
/// They cannot be had.
pub fn x402(paths: &Paths) -> Result<PathBuf> {
    tested_with(paths, "x402")
}

/// The packages that `app-api/tests/<name>/package-lock.json` pins.
fn tested_with(paths: &Paths, name: &str) -> Result<PathBuf> {
    let source = paths.root.join("app-api/tests").join(name);
    let folder = paths.target.join(format!("{name}-node"));
    Packages::install(&source, &folder, Wanted::All)?;
    Ok(folder)
}

/// Checks the types of the dashboard's source and tests, from a copy with all packages beside it.
///
/// # Errors
/// A type is wrong, or a package cannot be had.
pub fn check_types(paths: &Paths) -> Result<()> {
    let web = paths.root.join("app-api").join("web");
    let copy = paths.target.join("dashboard");
    let packages = Packages::install(&web, &copy, Wanted::All)?;
    for name in SOURCES {
        let to = copy.join(name);
        if to.is_dir() {
            fs::remove_dir_all(&to)?;
        }
        copy_all(&web.join(name), &to).with_context(|| format!("cannot copy {name}"))?;
    }
    let mut compiler = packages.node("typescript/bin/tsc");
    compiler.arg("--project").arg(&copy);
    primis_npm::run(&mut compiler, "tsc").map(|_| ())
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn shown(path: std::path::PathBuf) -> String {
    path.display().to_string()
}
