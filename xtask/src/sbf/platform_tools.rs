//! The ordinary way: Anza's `cargo build-sbf`, where it is installed.

use anyhow::Result;
use sbf_link::Arch;

use crate::paths::Paths;
use crate::process::{host_cargo, run};

/// Builds one package into the deploy folder.
///
/// # Errors
/// `cargo build-sbf` fails.
pub fn build(paths: &Paths, package: &str, arch: Arch) -> Result<()> {
    run(host_cargo(&paths.sbf().join("platform-tools"))
        .current_dir(paths.programs().join(package))
        .arg("build-sbf")
        .args(["--arch", arch.name(), "--sbf-out-dir"])
        .arg(paths.deploy()))
}
