//! `cargo xtask check`: what a review should not have to look for.

use std::path::Path;

use anyhow::{Result, bail};

use super::bench::cost_table;
use super::build_program;
use crate::paths::Paths;
use crate::process::{host_cargo, on_path, run as start};
use crate::progress::step;
use crate::{idl, sbf};

const CARGO_DENY: &str = "0.20.2";

/// Runs every check and reports all that failed.
///
/// # Errors
/// At least one check failed; the message lists them.
pub fn run(paths: &Paths) -> Result<()> {
    eprintln!("Checks formatting, lints, dependencies, the interface files and the cost table.");
    eprintln!("The first time builds everything: some 15 minutes on two cores.");
    let mut failed = Vec::new();
    let mut check = |name: &str, action: &mut dyn FnMut() -> Result<()>| {
        if let Err(error) = step(name, &mut *action) {
            eprintln!("    {name}: {error:#}");
            failed.push(name.to_owned());
        }
    };
    let tests = paths.root.join("tests");
    for (workspace, folder, target) in [
        ("host", paths.root.clone(), paths.target.clone()),
        ("programs", paths.programs(), paths.target.join("programs")),
        ("fuzz", tests.join("fuzz"), paths.target.join("fuzz")),
        ("Pyth", tests.join("pyth"), paths.target.join("pyth")),
    ] {
        check(&format!("formatting, {workspace} workspace"), &mut || {
            start(cargo(&folder, &target).args(["fmt", "--all", "--check"]))
        });
        check(&format!("lints, {workspace} workspace"), &mut || {
            start(
                cargo(&folder, &target)
                    .args(["clippy", "--quiet", "--workspace", "--all-targets", "--"])
                    .args(["-D", "warnings"]),
            )
        });
        // What only tests are built with goes out to nobody.
        if folder.starts_with(&tests) {
            continue;
        }
        check(&format!("dependencies, {workspace} workspace"), &mut || {
            ensure_cargo_deny(paths)?;
            start(
                cargo(&folder, &target)
                    .args(["deny", "--log-level", "error", "--config"])
                    .arg(paths.root.join("xtask").join("deny.toml"))
                    .args(["check", "--hide-inclusion-graph"])
                    .args(["bans", "licenses", "sources"]),
            )
        });
    }
    check("interface file", &mut || idl::check(paths));
    check("OpenAPI document", &mut || {
        start(host_cargo(&paths.target).current_dir(&paths.root).args([
            "test",
            "--quiet",
            "--package",
            "primis-app-api",
            "--test",
            "api",
            "the_committed_document_is_up_to_date",
        ]))
    });
    check("cost table", &mut || {
        build_program::run(paths, sbf::Options::default())?;
        start(cost_table(paths).arg("--check"))
    });
    if !failed.is_empty() {
        bail!("failed: {}", failed.join("; "));
    }
    eprintln!("==> all checks passed");
    Ok(())
}

fn cargo(folder: &Path, target: &Path) -> std::process::Command {
    let mut command = host_cargo(target);
    command.current_dir(folder);
    command
}

fn ensure_cargo_deny(paths: &Paths) -> Result<()> {
    if on_path("cargo-deny").is_some() {
        return Ok(());
    }
    step("installing cargo-deny (once, some 3 min)", || {
        start(host_cargo(&paths.sbf().join("cargo-deny")).args([
            "install",
            "cargo-deny",
            "--locked",
            "--version",
            CARGO_DENY,
        ]))
    })
}
