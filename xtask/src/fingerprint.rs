//! Whether anything that goes into a result has changed since it was made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A hash over files and texts. FNV-1a: it guards against stale builds, not against people.
pub struct Fingerprint(u64);

impl Fingerprint {
    /// An empty fingerprint.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds the name and content of a file, or of every file below a folder except for its entries
    /// named in `skip`. What is not there counts as not there.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn path(&mut self, path: &Path, skip: &[&str]) -> Result<()> {
        let mut files = Vec::new();
        collect(path, skip, &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(path).unwrap_or(&file);
            self.bytes(name.as_os_str().as_encoded_bytes());
            let content =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.bytes(&content);
        }
        Ok(())
    }

    /// The fingerprint as text.
    #[must_use]
    pub fn finish(&self) -> String {
        format!("{:016x}", self.0)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Whether `stamp` records this fingerprint and every output is there.
#[must_use]
pub fn is_fresh(stamp: &Path, fingerprint: &str, outputs: &[PathBuf]) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == fingerprint)
        && outputs.iter().all(|output| output.is_file())
}

/// Records a fingerprint.
///
/// # Errors
/// The stamp cannot be written.
pub fn record(stamp: &Path, fingerprint: &str) -> Result<()> {
    fs::write(stamp, fingerprint).with_context(|| format!("cannot write {}", stamp.display()))
}

fn collect(path: &Path, skip: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        let entries =
            fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if !name.to_str().is_some_and(|name| skip.contains(&name)) {
                collect(&entry.path(), &[], files)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_or_name_changes_it() {
        let folder = std::env::temp_dir().join(format!("xtask-fingerprint-{}", std::process::id()));
        fs::create_dir_all(folder.join("skipped")).unwrap();
        let of = || {
            let mut fingerprint = Fingerprint::new();
            fingerprint.path(&folder, &["skipped"]).unwrap();
            fingerprint.finish()
        };
        fs::write(folder.join("a"), "1").unwrap();
        let first = of();
        fs::write(folder.join("skipped").join("b"), "1").unwrap();
        assert_eq!(of(), first);
        fs::write(folder.join("a"), "2").unwrap();
        assert_ne!(of(), first);
        fs::write(folder.join("a"), "1").unwrap();
        fs::rename(folder.join("a"), folder.join("c")).unwrap();
        assert_ne!(of(), first);
        fs::remove_dir_all(folder).unwrap();
    }
}
