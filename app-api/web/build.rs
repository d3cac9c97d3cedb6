//! Bundles the dashboard and the console, and makes them part of the library.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use primis_npm::{Packages, Wanted};

/// What the bundle is made of; nothing else makes cargo run this again.
const SOURCES: [&str; 4] = ["build.rs", "package.json", "package-lock.json", "src"];
/// Browsers of 2023 and later.
const TARGET: &str = "--target=es2022,chrome111,firefox115,safari16.4";

fn main() -> Result<()> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let variable = |name| env::var_os(name).map(PathBuf::from).context(name);
    let web = variable("CARGO_MANIFEST_DIR")?;
    let out = variable("OUT_DIR")?;
    let packages = Packages::install(&web, &out.join("npm"), Wanted::Build)?;
    // For the tests of the numbers, which are bundled as the page is.
    println!(
        "cargo::rustc-env=DASHBOARD_PACKAGES={}",
        out.join("npm").display()
    );

    let site = out.join("site");
    let assets = site.join("assets");
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    fs::create_dir_all(&assets)?;
    let source = web.join("src");
    let mut esbuild = packages.node("esbuild/bin/esbuild");
    esbuild
        .current_dir(&web)
        .args(["app.tsx", "console.tsx", "favicon.svg"].map(|name| source.join(name)))
        .args(["--bundle", "--minify", "--format=esm", TARGET])
        .args(["--jsx=automatic", "--jsx-import-source=preact"])
        .args(["--loader:.svg=copy", "--entry-names=[name]-[hash]"])
        .args(["--legal-comments=linked", "--log-level=warning"])
        .arg(format!("--outdir={}", assets.display()));
    primis_npm::run(&mut esbuild, "esbuild")?;

    for (file, script) in [("index.html", "app"), ("console.html", "console")] {
        let mut page = fs::read_to_string(source.join(file))?;
        for (name, ending) in [(script, ".js"), (script, ".css"), ("favicon", ".svg")] {
            let hashed = bundled(&assets, name, ending)?;
            page = page.replace(&format!("{name}{ending}"), &format!("/assets/{hashed}"));
        }
        fs::write(site.join(file), page)?;
    }
    memory_serve::load_directory_with_embed(site, true);
    Ok(())
}

/// The file that esbuild gave a name with a hash of its content.
fn bundled(assets: &Path, name: &str, ending: &str) -> Result<String> {
    for entry in fs::read_dir(assets)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file.starts_with(&format!("{name}-")) && file.ends_with(ending) {
            return Ok(file);
        }
    }
    anyhow::bail!("esbuild made no {name}-….{ending}")
}
