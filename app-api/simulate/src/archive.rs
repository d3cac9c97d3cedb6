//! Unpacking an archive that may be made to harm.

use std::{
    fs,
    io::{self, Read, Seek, Write as _},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use crate::{Code, Failure};

/// What an archive may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most entries.
    pub files: usize,
    /// Most bytes in all.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            files: 2_000,
            bytes: 256 << 20,
        }
    }
}

/// Unpacks an archive into an empty directory: plain files and directories inside it, nothing else.
///
/// What is written is counted as it comes out: what the archive says of its sizes is not believed.
///
/// # Errors
/// If it is broken, would leave the directory, or exceeds the bounds. The directory is the caller's to
/// remove.
pub fn unpack<R: Read + Seek>(archive: R, directory: &Path, bounds: Bounds) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    if archive.len() > bounds.files {
        return Err(Failure::new(
            Code::TooManyFiles,
            format!(
                "the archive has {} entries: at most {} are taken",
                archive.len(),
                bounds.files
            ),
        ));
    }
    let mut left = bounds.bytes;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        let outside = || {
            Failure::new(
                Code::UnsafePath,
                format!(
                    "the entry {:?} is no plain file inside the archive",
                    entry.name()
                ),
            )
        };
        let inside = entry.enclosed_name().ok_or_else(outside)?;
        // A path from the root would be taken for one inside: who writes one means harm or is mistaken.
        // A path from the root would be taken for one inside: who writes one is mistaken or means harm.
        let name = entry.name();
        let plain = entry.is_dir() || entry.is_file();
        if !plain || entry.is_symlink() || name.starts_with('/') || name.contains('\\') {
            return Err(outside());
        }
        let path = directory.join(inside);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(unwritten)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(unwritten)?;
        }
        // A second entry of one name would be another file to whoever reads the archive otherwise.
        let mut file = fs::File::create_new(&path).map_err(unwritten)?;
        let mut entry = entry.take(left.saturating_add(1));
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => return Err(broken(error.into())),
            };
            left = left.checked_sub(read as u64).ok_or_else(|| {
                Failure::new(
                    Code::TooLarge,
                    format!("the archive unpacks to over {} bytes", bounds.bytes),
                )
            })?;
            file.write_all(buffer.get(..read).unwrap_or_default())
                .map_err(unwritten)?;
        }
    }
    Ok(())
}

fn broken(error: ZipError) -> Failure {
    Failure::new(
        Code::BadArchive,
        format!("the archive cannot be read: {error}"),
    )
}

/// Names that cannot be made are the archive's fault; a full disk is not.
fn unwritten(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::InvalidInput => Failure::new(
            Code::BadArchive,
            "two entries of the archive cannot both be there, or a name is too long",
        ),
        _ => Failure::new(
            Code::CannotStart,
            format!("the archive cannot be unpacked: {error}"),
        ),
    }
}
