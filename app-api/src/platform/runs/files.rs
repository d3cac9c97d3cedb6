//! Archives and results on disk. A file is there whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tempfile::NamedTempFile;

/// An archive this young may be one whose row is about to be written: it stays.
const YOUNG: Duration = Duration::from_secs(3_600);

/// The directory that replicas share.
#[derive(Clone, Debug)]
pub(super) struct Files(PathBuf);

/// What a result is kept as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Csv,
    Json,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

impl Files {
    pub(super) fn open(directory: PathBuf) -> io::Result<Self> {
        for folder in ["fmus", "results"] {
            fs::create_dir_all(directory.join(folder))?;
        }
        Ok(Self(directory))
    }

    /// Where an archive lies; `sha256` is hex, from here.
    pub(super) fn archive(&self, sha256: &str) -> PathBuf {
        self.0.join("fmus").join(format!("{sha256}.fmu"))
    }

    pub(super) fn keep_archive(&self, sha256: &str, bytes: &[u8]) -> io::Result<()> {
        write(&self.archive(sha256), bytes)
    }

    /// Where a result lies; `run` is an id, from here.
    pub(super) fn result(&self, run: &str, form: Form) -> PathBuf {
        self.0
            .join("results")
            .join(format!("{run}.{}", form.ending()))
    }

    pub(super) fn keep_result(&self, run: &str, form: Form, bytes: &[u8]) -> io::Result<()> {
        write(&self.result(run, form), bytes)
    }

    /// Removes an archive that no row names, unless somebody just brought it again.
    pub(super) fn forget_archive(&self, sha256: &str) {
        let path = self.archive(sha256);
        let modified = fs::metadata(&path).and_then(|file| file.modified());
        let old = |at| {
            SystemTime::now()
                .duration_since(at)
                .is_ok_and(|age| age > YOUNG)
        };
        if modified.is_ok_and(old) {
            let _ = fs::remove_file(path);
        }
    }

    pub(super) fn forget_result(&self, run: &str) {
        for form in [Form::Csv, Form::Json] {
            let _ = fs::remove_file(self.result(run, form));
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The name too survives a power cut.
    fs::File::open(folder)?.sync_all()
}
