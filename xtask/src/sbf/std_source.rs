//! A standard library source that compiles for `target_os = "solana"`.
//!
//! Upstream's library does not know the target. A copy of the installed source learns it by a few
//! lines, each found by an anchor; a library version without the anchor is refused by name rather
//! than built wrong.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::toolchain::Toolchain;
use crate::fingerprint::{self, Fingerprint};
use crate::paths::Paths;
use crate::progress::step;

/// One change to one file.
struct Patch {
    /// File below the library folder.
    file: &'static str,
    /// Text that must occur `count` times.
    anchor: &'static str,
    count: usize,
    /// What each occurrence becomes.
    replacement: &'static str,
}

/// Solana is handled like VEXos, an operating system without randomness, threads or error codes;
/// the allocator is the program's own, so the library's gives nothing.
const PATCHES: [Patch; 5] = [
    Patch {
        file: "std/src/sys/random/mod.rs",
        anchor: "target_os = \"vexos\",",
        count: 2,
        replacement: "target_os = \"vexos\", target_os = \"solana\",",
    },
    Patch {
        file: "std/src/sys/thread_local/mod.rs",
        anchor: "target_os = \"vexos\",",
        count: 2,
        replacement: "target_os = \"vexos\", target_os = \"solana\",",
    },
    Patch {
        file: "std/src/sys/io/error/mod.rs",
        anchor: "target_os = \"vexos\",",
        count: 1,
        replacement: "target_os = \"vexos\", target_os = \"solana\",",
    },
    Patch {
        file: "std/src/sys/alloc/mod.rs",
        anchor: "    target_arch = \"xtensa\",\n)) {\n    8\n",
        count: 1,
        replacement: "    target_arch = \"xtensa\",\n    target_arch = \"bpf\",\n)) {\n    8\n",
    },
    Patch {
        file: "std/src/sys/alloc/mod.rs",
        anchor: "    target_os = \"vexos\" => {\n",
        count: 1,
        replacement: "    target_os = \"solana\" => {\n        #[stable(feature = \
                      \"alloc_system_type\", since = \"1.28.0\")]\n        unsafe impl GlobalAlloc \
                      for System {\n            unsafe fn alloc(&self, _: Layout) -> *mut u8 \
                      {\n                ptr::null_mut()\n            }\n            unsafe fn \
                      dealloc(&self, _: *mut u8, _: Layout) {}\n        }\n    }\n    \
                      target_os = \"vexos\" => {\n",
    },
];

/// Prepares the copy, once for each rustc version; returns its folder.
///
/// # Errors
/// The source cannot be copied, or an anchor is missing.
pub fn prepare(paths: &Paths, toolchain: &Toolchain) -> Result<PathBuf> {
    let mut fingerprint = Fingerprint::new();
    for patch in &PATCHES {
        fingerprint.text(patch.file);
        fingerprint.text(patch.anchor);
        fingerprint.text(patch.replacement);
    }
    let fingerprint = fingerprint.finish();
    let folder = paths
        .sbf()
        .join(format!("std-{}", toolchain.version.release));
    let library = folder.join("library");
    let stamp = folder.join("stamp");
    if fingerprint::is_fresh(&stamp, &fingerprint, &[library.join("Cargo.lock")]) {
        return Ok(library);
    }
    step("preparing the standard library's source", || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        copy(&toolchain.library, &library)?;
        for patch in &PATCHES {
            apply(patch, &library)?;
        }
        fingerprint::record(&stamp, &fingerprint)
    })?;
    Ok(library)
}

fn apply(patch: &Patch, library: &Path) -> Result<()> {
    let path = library.join(patch.file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let changed = patched(&text, patch)?;
    fs::write(&path, changed).with_context(|| format!("cannot write {}", path.display()))
}

fn patched(text: &str, patch: &Patch) -> Result<String> {
    let found = text.matches(patch.anchor).count();
    if found != patch.count {
        bail!(
            "library/{}: expected {} times, found {found} times:\n{}\nThis rustc's library differs \
             from the one known; adapt PATCHES in xtask/src/sbf/std_source.rs",
            patch.file,
            patch.count,
            patch.anchor
        );
    }
    Ok(text.replace(patch.anchor, patch.replacement))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        let target = to.join(path.file_name().context("entry without a name")?);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_anchor_names_file_and_line() {
        let patch = &PATCHES[0];
        let error = patched("nothing of the kind", patch)
            .unwrap_err()
            .to_string();
        assert!(error.contains("std/src/sys/random/mod.rs"), "{error}");
        assert!(error.contains(patch.anchor), "{error}");
        let text = format!("{0}\n{0}\n", patch.anchor);
        assert_eq!(patched(&text, patch).unwrap().matches("solana").count(), 2);
    }
}
