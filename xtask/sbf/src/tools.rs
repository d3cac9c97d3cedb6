//! The LLVM programs and the linker this crate drives.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Folder of `opt`, `llvm-link`, `llvm-ar`, `clang`; the LLVM major version of the rustc used.
    pub llvm_bin: PathBuf,
    /// `sbpf-linker`, built against the same LLVM.
    pub sbpf_linker: PathBuf,
}

impl Tools {
    /// A command of the LLVM folder.
    #[must_use]
    pub fn llvm(&self, name: &str) -> Command {
        Command::new(self.llvm_bin.join(name))
    }
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot start, or it fails; then with what it printed.
pub fn run(command: &mut Command) -> Result<Output> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed ({}):\n{}", output.status, stderr.trim());
    }
    Ok(output)
}
