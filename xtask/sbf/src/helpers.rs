//! The arithmetic and memory helpers, compiled once for each link.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Arch;
use crate::tools::{Tools, run};

/// Helper sources, compiled into this program so that it needs no other file.
const SOURCES: [(&str, &str); 6] = [
    ("wide.h", include_str!("../helpers/wide.h")),
    ("div.c", include_str!("../helpers/div.c")),
    ("mul.c", include_str!("../helpers/mul.c")),
    ("shift.c", include_str!("../helpers/shift.c")),
    ("mem.c", include_str!("../helpers/mem.c")),
    ("overflow.ll", include_str!("../helpers/overflow.ll")),
];

/// Writes and compiles the helpers; returns the one bitcode file that holds them.
///
/// # Errors
/// The folder cannot be written, or clang refuses.
pub fn build(work: &Path, arch: Arch, tools: &Tools) -> Result<PathBuf> {
    let folder = work.join("helpers");
    fs::create_dir_all(&folder)?;
    let mut inputs = Vec::new();
    for (name, text) in SOURCES {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        if name.ends_with(".c") {
            let compiled = path.with_extension("bc");
            run(tools
                .llvm("clang")
                .args(["-target", "bpfel", "-O2", "-ffreestanding", "-fno-builtin"])
                .args(["-emit-llvm", "-c"])
                .arg(format!("-mcpu={}", arch.cpu()))
                .arg(&path)
                .arg("-o")
                .arg(&compiled))?;
            inputs.push(compiled);
        } else if name.ends_with(".ll") {
            inputs.push(path);
        }
    }
    let linked = folder.join("helpers.bc");
    run(tools
        .llvm("llvm-link")
        .arg("--suppress-warnings")
        .args(&inputs)
        .arg("-o")
        .arg(&linked))?;
    Ok(linked)
}
