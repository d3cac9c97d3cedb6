//! `primis-client` for Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Tests, fingerprint, source, work};
use crate::fingerprint::{self as stamps, Fingerprint};
use crate::paths::Paths;
use crate::process::{isolated, run};
use crate::progress::step;

/// Made here, and no source.
const MADE: [&str; 5] = [
    "build",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
];

/// Generates it, installs it as it ships, and checks its types, where anything has changed.
///
/// # Errors
/// A package cannot be had, or a type or the layout of the code is wrong.
pub fn build(paths: &Paths) -> Result<Tests> {
    let folder = source(paths, "python");
    let bin = environment(paths, &folder)?;
    let stamp = work(paths)?.join("python.stamp");
    // What is generated lies among the source, and what Python compiles beside it: the parts count.
    let print = || -> Result<String> {
        let mut all = String::new();
        for part in [
            "generate.py",
            "pyproject.toml",
            "README.md",
            "requirements.txt",
            "src/primis_client/client.py",
            "src/primis_client/error.py",
            "src/primis_client/__init__.py",
            "tests/test_client.py",
            "examples/statistics.py",
        ] {
            all += &fingerprint(paths, &format!("python/{part}"), &MADE)?;
        }
        Ok(all)
    };
    let generated = folder.join("src/primis_client/generated/__init__.py");
    if !stamps::is_fresh(&stamp, &print()?, &[generated]) {
        step("generating and installing the Python client", || {
            let tool = |name: &str| {
                let mut command = isolated(bin.join(name));
                command.current_dir(&folder);
                command
            };
            run(tool("python").arg("generate.py"))?;
            run(tool("ruff").args(["check", "--quiet"]))?;
            run(tool("ruff").args(["format", "--quiet", "--check"]))?;
            run(tool("mypy").arg("--no-error-summary"))?;
            // Its remains would be packed too.
            remove(&folder.join("build"))?;
            run(tool("pip")
                .args(["install", "--quiet", "--force-reinstall", "--no-deps"])
                .args(["--no-build-isolation", "."]))?;
            remove(&folder.join("build"))?;
            stamps::record(&stamp, &print()?)
        })?;
    }
    let mut command = isolated(bin.join("pytest"));
    command.current_dir(&folder).arg("--quiet");
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
        remove_file(&work.join("python.stamp"))?;
        run(isolated("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut pip: Command = isolated(bin.join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg("--requirement").arg(&requirements))?;
        stamps::record(&stamp, &fingerprint)
    })?;
    Ok(bin)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

fn remove_file(file: &Path) -> Result<()> {
    if file.exists() {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(())
}
