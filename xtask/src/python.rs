//! Python's programs that tests run, each in an environment of its own under the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::apt::Package;
use crate::fingerprint::{self, Fingerprint};
use crate::paths::Paths;
use crate::process::{isolated, on_path, run};
use crate::progress::step;

/// What makes environments: Debian splits it off from Python itself.
#[must_use]
pub fn package() -> Package {
    let found = on_path("python3").filter(|python| makes_environments(python));
    Package::new(
        "python3-venv",
        found.map_or(String::new(), |path| path.display().to_string()),
    )
}

fn makes_environments(python: &Path) -> bool {
    isolated(python)
        .args(["-c", "import ensurepip, venv"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The program that tries an API against its OpenAPI document, as its requirements pin it.
///
/// # Errors
/// It cannot be installed.
pub fn schemathesis(paths: &Paths) -> Result<PathBuf> {
    environment(paths, "schemathesis", "schemathesis")
}

/// A Python that has OpenAI's official package, as its requirements pin it.
///
/// # Errors
/// It cannot be installed.
pub fn openai(paths: &Paths) -> Result<PathBuf> {
    environment(paths, "openai", "python")
}

/// A program of the environment that `app-api/tests/<name>/requirements.txt` describes.
fn environment(paths: &Paths, name: &str, program: &str) -> Result<PathBuf> {
    let folder = paths.target.join(name);
    let program = folder.join("bin").join(program);
    let stamp = folder.join("stamp");
    let requirements = paths
        .root
        .join("app-api/tests")
        .join(name)
        .join("requirements.txt");
    let mut fingerprint = Fingerprint::new();
    fingerprint.path(&requirements, &[])?;
    let fingerprint = fingerprint.finish();
    if fingerprint::is_fresh(&stamp, &fingerprint, std::slice::from_ref(&program)) {
        return Ok(program);
    }
    let what = format!("installing Python's {name} (once, up to a minute)");
    step(&what, || {
        if folder.exists() {
            fs::remove_dir_all(&folder).context("cannot remove the old environment")?;
        }
        run(isolated("python3").args(["-m", "venv"]).arg(&folder))?;
        run(isolated(folder.join("bin").join("pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&requirements))?;
        fingerprint::record(&stamp, &fingerprint)
    })?;
    Ok(program)
}
