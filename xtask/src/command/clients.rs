//! `cargo xtask clients`: the client packages.

use anyhow::{Result, bail};

use super::count::{Count, stream};
use crate::paths::Paths;
use crate::process::{host_cargo, run as start};
use crate::{apt, clients};

/// Generates, builds and tests all three.
///
/// # Errors
/// Something cannot be installed or built, or a test fails.
pub fn run(paths: &Paths) -> Result<()> {
    eprintln!("Generates the clients from the IDL and the OpenAPI document, and tests them.");
    eprintln!("The first time installs and builds everything: some 4 minutes on two cores.");
    apt::ensure(&clients::packages())?;
    let mut count = Count::default();
    let mut passed = test(paths, &mut count)?;
    eprintln!("==> testing the Rust client");
    let mut rust = host_cargo(&paths.target);
    rust.current_dir(&paths.root)
        .args(["test", "--package", "primis-client"]);
    passed &= stream(&mut rust, &mut count)?;
    let mut examples = host_cargo(&paths.target);
    examples
        .current_dir(&paths.root)
        .args(["build", "--package", "primis-client", "--examples"]);
    start(&mut examples)?;
    println!("{}", count.print());
    if !passed {
        bail!("tests of the clients failed; see above");
    }
    Ok(())
}

/// Brings the packages of other languages up to date and runs their tests; whether they passed.
///
/// # Errors
/// Something cannot be installed or built.
pub fn test(paths: &Paths, count: &mut Count) -> Result<bool> {
    let mut passed = true;
    for mut tests in clients::build(paths)? {
        eprintln!("==> testing the {}", tests.name);
        passed &= stream(&mut tests.command, count)?;
    }
    Ok(passed)
}
