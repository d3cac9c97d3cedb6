//! Cargo and rustc, from program sources to merged bitcode.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sbf_link::{Arch, TARGET_JSON, TARGET_NAME};

use super::toolchain::Toolchain;
use super::utf8;
use crate::paths::Paths;
use crate::process::{host_cargo, isolated, run};

/// Compiles packages of the programs workspace; returns a merged bitcode file for each.
///
/// # Errors
/// A program does not compile.
pub fn compile(
    paths: &Paths,
    toolchain: &Toolchain,
    library: &Path,
    arch: Arch,
    packages: &[&str],
) -> Result<Vec<PathBuf>> {
    let linker = build_linker(paths)?;
    let folder = paths.sbf().join(arch.name());
    fs::create_dir_all(&folder)?;
    let target = folder.join(format!("{TARGET_NAME}.json"));
    write_if_changed(&target, TARGET_JSON)?;
    let cargo_target = folder.join("cargo");
    let outputs: Vec<PathBuf> = packages
        .iter()
        .map(|package| {
            let library = format!("lib{}.so", package.replace('-', "_"));
            cargo_target.join(TARGET_NAME).join("release").join(library)
        })
        .collect();
    let mut command = isolated(&toolchain.cargo);
    command
        .current_dir(paths.programs())
        .env("CARGO_TARGET_DIR", &cargo_target)
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", library)
        .env("SBF_LINK_LLVM_BIN", &toolchain.tools.llvm_bin)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(arch).join("\x1f"))
        .env("CARGO_TARGET_SBPF_SOLANA_LINKER", &linker)
        .args(["build", "--release", "--lib", "--target", utf8(&target)?])
        .args(["-Zjson-target-spec", "-Zpanic-immediate-abort"])
        .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="]);
    for package in packages {
        command.args(["-p", package]);
    }
    run(&mut command)?;
    for output in &outputs {
        if !output.is_file() {
            bail!(
                "cargo made no {}; is the package's crate-type \"cdylib\"?",
                paths.shown(output)
            );
        }
    }
    Ok(outputs)
}

fn rust_flags(arch: Arch) -> Vec<String> {
    let flags = [
        "-Zunstable-options",
        "-Cpanic=immediate-abort",
        "-Crelocation-model=static",
        "-Ctarget-feature=+allows-misaligned-mem-access",
    ];
    let mut flags: Vec<String> = flags.map(str::to_owned).into();
    flags.push(format!("-Ctarget-cpu={}", arch.cpu()));
    flags
}

/// The program that rustc calls in place of a linker.
fn build_linker(paths: &Paths) -> Result<PathBuf> {
    run(host_cargo(&paths.target).current_dir(&paths.root).args([
        "build",
        "--quiet",
        "--package",
        "sbf-link",
        "--bin",
        "sbf-link",
    ]))?;
    let program = paths.target.join("debug").join("sbf-link");
    if !program.is_file() {
        bail!("cargo built sbf-link, but not as {}", paths.shown(&program));
    }
    Ok(program)
}

/// Leaves the file's time alone when nothing changes, so that cargo rebuilds nothing.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
