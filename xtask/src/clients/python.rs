//! `primis-client` for Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Tests, fingerprint, remove, source, work};
use crate::fingerprint::{self as stamps, Fingerprint};
use crate::paths::Paths;
use crate::process::{isolated, run};
use crate::progress::step;

/// No part of what is installed: made here, or only tested with.
const NOT_SHIPPED: [&str; 6] = [
    "build",
    "examples",
    "src",
    "tests",
    ".pytest_cache",
    ".ruff_cache",
];
/// Made here, among the source.
const MADE: [&str; 2] = ["generated", "__pycache__"];

/// Generates it, installs it as it ships, and checks its types, where anything has changed.
///
/// # Errors
/// A package cannot be had, or a type or the layout of the code is wrong.
pub fn build(paths: &Paths) -> Result<Tests> {
    let folder = source(paths, "python");
    let bin = environment(paths, &folder)?;
    let stamp = work(paths)?.join("python.stamp");
    let code = folder.join("src").join("primis_client");
    let print = fingerprint(
        paths,
        &[(folder.clone(), &NOT_SHIPPED), (code.clone(), &MADE)],
    )?;
    let generated = code.join("generated").join("__init__.py");
    let tool = |name: &str| {
        let mut command = isolated(bin.join(name));
        command
            .current_dir(&folder)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    if !stamps::is_fresh(&stamp, &print, &[generated]) {
        step("generating and installing the Python client", || {
            run(tool("python").arg("generate.py"))?;
            // Its remains would be packed too.
            remove(&folder.join("build"))?;
            run(tool("pip")
                .args(["install", "--quiet", "--force-reinstall", "--no-deps"])
                .args(["--no-build-isolation", "."]))?;
            remove(&folder.join("build"))?;
            stamps::record(&stamp, &print)
        })?;
    }
    step("checking the Python client", || {
        run(tool("ruff").args(["check", "--quiet", "--no-cache"]))?;
        run(tool("ruff").args(["format", "--quiet", "--no-cache", "--check"]))?;
        run(tool("mypy")
            .arg("--no-error-summary")
            .arg("--cache-dir")
            .arg(work(paths)?.join("mypy")))
    })?;
    let mut command = tool("pytest");
    command.args(["--quiet", "-p", "no:cacheprovider"]);
    Ok(Tests {
        name: "Python client",
        command,
    })
}

/// The programs of an environment with what the requirements pin, once for each of their versions.
fn environment(paths: &Paths, folder: &Path) -> Result<PathBuf> {
    let work = work(paths)?;
    let venv = work.join("python");
    let stamp = work.join("venv.stamp");
    let requirements = folder.join("requirements.txt");
    let mut fingerprint = Fingerprint::new();
    fingerprint.path(&requirements, &[])?;
    let fingerprint = fingerprint.finish();
    let bin = venv.join("bin");
    if stamps::is_fresh(&stamp, &fingerprint, &[bin.join("pytest")]) {
        return Ok(bin);
    }
    step("installing packages for the Python client", || {
        remove(&venv)?;
        // Of the client that was installed there.
        remove(&work.join("python.stamp"))?;
        run(isolated("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut pip: Command = isolated(bin.join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg("--requirement").arg(&requirements))?;
        stamps::record(&stamp, &fingerprint)
    })?;
    Ok(bin)
}
