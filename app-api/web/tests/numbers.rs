//! The TypeScript that handles numbers, in Node's own test runner, bundled as the page is.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use primis_npm::{Packages, Wanted};

#[test]
fn numbers_are_exact() -> Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard-numbers");
    let packages = Packages::install(web, Path::new(env!("DASHBOARD_PACKAGES")), Wanted::Build)?;
    let mut esbuild = packages.node("esbuild/bin/esbuild");
    let mut tests = 0;
    for entry in std::fs::read_dir(web.join("tests"))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.ts") {
            tests += 1;
            esbuild.arg(path);
        }
    }
    assert!(tests > 0);
    esbuild
        .args([
            "--bundle",
            "--platform=node",
            "--format=cjs",
            "--target=node18",
        ])
        .args(["--out-extension:.js=.cjs", "--log-level=warning"])
        .arg(format!("--outdir={}", folder.display()));
    primis_npm::run(&mut esbuild, "esbuild")?;
    let said = primis_npm::run(
        Command::new("node").arg("--test").current_dir(&folder),
        "node --test",
    )?;
    let passed = said
        .lines()
        .find_map(|line| {
            line.trim_start_matches(['#', 'ℹ', ' '])
                .strip_prefix("pass ")
        })
        .context("node counted no tests")?;
    assert!(passed.parse::<u32>()? > 0, "{said}");
    Ok(())
}
