//! The backend: bitcode to a Solana program, with every diagnostic of the backend an error.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::Arch;
use crate::demangle::display_name;
use crate::tools::Tools;

/// Bytes of one stack frame. The runtime places frames this far apart, so a larger one would
/// overwrite its caller's.
pub const STACK_FRAME_BYTES: usize = 4096;

/// Generates `output` from lowered bitcode.
///
/// # Errors
/// Whatever the backend or the assembler reports, with function names demangled.
pub fn generate(bitcode: &Path, output: &Path, arch: Arch, tools: &Tools) -> Result<()> {
    let folder = bitcode.parent().context("bitcode without a folder")?;
    let object = folder.join("program.o");
    let result = Command::new(&tools.sbpf_linker)
        .current_dir(folder)
        .args([
            "--export",
            "entrypoint,SECURITY_TXT,security_txt",
            "--deploy=false",
            "--disable-math-builtins",
        ])
        .args([
            "--cpu",
            arch.cpu(),
            "--cpu-features",
            "+allows-misaligned-mem-access",
        ])
        .arg(format!("--arch={}", arch.name()))
        .arg(format!("--llvm-args=-bpf-stack-size={STACK_FRAME_BYTES}"))
        .args(["--log-level", "warn", "-O0", "-o"])
        .arg(&object)
        .arg(bitcode)
        .env_remove("RUST_LOG")
        .output()
        .with_context(|| format!("cannot run {}", tools.sbpf_linker.display()))?;
    let mut text = String::from_utf8_lossy(&result.stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&result.stdout));
    if let Some(message) = explain(&text) {
        bail!("{message}");
    }
    if !result.status.success() {
        bail!("sbpf-linker failed ({}):\n{}", result.status, text.trim());
    }
    fs::copy(folder.join("program.so"), output)
        .with_context(|| format!("cannot write {}", output.display()))?;
    Ok(())
}

/// The backend's errors in a reader's words; `None` when there are none.
fn explain(log: &str) -> Option<String> {
    let mut causes = Vec::new();
    for line in log.lines() {
        let Some((_, rest)) = line.split_once("in function ") else {
            continue;
        };
        let symbol = rest.split(' ').next().unwrap_or(rest);
        let name = display_name(symbol);
        let cause = if rest.contains("stack limit is exceeded") {
            format!(
                "function `{name}` needs a stack frame of more than {STACK_FRAME_BYTES} bytes; \
                 split it with #[inline(never)] or move large values to the heap"
            )
        } else {
            let detail = rest.split_once("): ").map_or(rest, |(_, detail)| detail);
            if is_memory_call(detail) {
                continue;
            }
            format!("function `{name}`: {}", detail.trim())
        };
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    (!causes.is_empty()).then(|| format!("code generation failed:\n  - {}", causes.join("\n  - ")))
}

/// LLVM 22 complains of calls to memory functions that the program itself defines.
fn is_memory_call(detail: &str) -> bool {
    ["memcpy", "memmove", "memset", "memcmp", "bcmp"]
        .iter()
        .any(|name| detail.contains(&format!("built-in function '{name}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_library_calls_name_their_function() {
        let log = "ERROR llvm: <unknown>:0:0: in function _ZN1a1bE i64 (ptr): Looks like the BPF \
                   stack limit is exceeded. Please move\nERROR llvm: <unknown>:0:0: in function g \
                   void (): A call to built-in function '__multi3' is not supported.\n";
        let text = explain(log).unwrap();
        assert!(text.contains("`a::b` needs a stack frame"), "{text}");
        assert!(
            text.contains("`g`: A call to built-in function '__multi3'"),
            "{text}"
        );
        let memory =
            "in function g void (): A call to built-in function 'memcpy' is not supported.";
        assert_eq!(explain(memory), None);
    }
}
