//! `@primis/client`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Tests, fingerprint, remove, source, work};
use crate::apt::Package;
use crate::fingerprint::{self as stamps, Fingerprint};
use crate::paths::Paths;
use crate::process::{isolated, on_path, run};
use crate::progress::step;

/// Made here, and no source.
const MADE: [&str; 2] = ["node_modules", "dist"];

/// Node and its package manager.
pub fn packages() -> Vec<Package> {
    [("nodejs", "node"), ("npm", "npm")]
        .map(|(package, program)| {
            let found = on_path(program);
            Package::new(
                package,
                found.map_or(String::new(), |path| path.display().to_string()),
            )
        })
        .into()
}

/// Generates it and checks its types, where anything has changed.
///
/// # Errors
/// A package cannot be had, or a type is wrong.
pub fn build(paths: &Paths) -> Result<Tests> {
    let folder = source(paths, "typescript");
    install(paths, &folder)?;
    let stamp = work(paths)?.join("typescript.stamp");
    let generated = folder.join("src").join("generated");
    let built = [
        folder.join("dist/examples/stake.js"),
        generated.join("api.ts"),
    ];
    let print = || -> Result<String> { fingerprint(paths, &[(folder.clone(), &MADE)]) };
    if !stamps::is_fresh(&stamp, &print()?, &built) {
        step("generating and compiling the TypeScript client", || {
            remove(&folder.join("dist"))?;
            run(npm(&folder).args(["run", "--silent", "generate"]))?;
            run(npm(&folder).args(["run", "--silent", "build"]))?;
            // After it, for what is generated lies among the source.
            stamps::record(&stamp, &print()?)
        })?;
    }
    let mut command = isolated("node");
    command
        .current_dir(&folder)
        .args(["--test", "--test-reporter=tap", "dist/test/"]);
    Ok(Tests {
        name: "TypeScript client",
        command,
    })
}

/// What the lock file lists, once for each lock file. No package runs a script of its own.
fn install(paths: &Paths, folder: &Path) -> Result<()> {
    let stamp = work(paths)?.join("npm.stamp");
    let mut fingerprint = Fingerprint::new();
    fingerprint.path(&folder.join("package.json"), &[])?;
    fingerprint.path(&folder.join("package-lock.json"), &[])?;
    let fingerprint = fingerprint.finish();
    let last = folder.join("node_modules").join(".package-lock.json");
    if stamps::is_fresh(&stamp, &fingerprint, &[last]) {
        return Ok(());
    }
    step("installing packages for the TypeScript client", || {
        run(npm(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
        stamps::record(&stamp, &fingerprint)
    })
}

fn npm(folder: &Path) -> Command {
    let mut npm = isolated("npm");
    npm.current_dir(folder).args(["--loglevel", "error"]);
    npm
}
