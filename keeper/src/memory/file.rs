//! The database's file: opened, checked, and set aside where it is damaged.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    migrate::MigrateError,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};

use crate::error::Error;

/// How long a write waits for another process with the same file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Most files that are kept aside.
const MOST_ASIDE: usize = 1_000;

/// Opens the file, and creates it when missing.
///
/// # Errors
/// [`Error::Memory`], or [`Error::MemoryDamaged`] where it is no sound database.
pub(super) async fn open(path: &Path) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A signed row must be on the disk before its transaction is sent.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    let named = |error| named(path, error);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(named)?;
    // Small, so that checking all of it takes no time.
    let checked: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&pool)
        .await
        .map_err(named)?;
    if checked != "ok" {
        return Err(Error::MemoryDamaged(format!(
            "{}: {checked}",
            path.display()
        )));
    }
    match sqlx::migrate!("./migrations").run(&pool).await {
        Ok(()) => Ok(pool),
        Err(MigrateError::Execute(error)) => Err(named(error)),
        Err(error) => Err(Error::Memory(format!("{}: {error}", path.display()))),
    }
}

/// An error of the database with its file.
pub(super) fn named(path: &Path, error: sqlx::Error) -> Error {
    match Error::from(error) {
        Error::MemoryDamaged(cause) => Error::MemoryDamaged(format!("{}: {cause}", path.display())),
        Error::Memory(cause) => Error::Memory(format!("{}: {cause}", path.display())),
        other => other,
    }
}

/// Gives the file, with what belongs to it, another name.
///
/// # Errors
/// [`Error::Memory`] where it cannot be renamed.
pub(super) fn set_aside(path: &Path, cause: &str) -> Result<(), Error> {
    let refused = |e: std::io::Error| {
        Error::Memory(format!(
            "{} is damaged and cannot be set aside: {e}",
            path.display()
        ))
    };
    let aside = (1..=MOST_ASIDE)
        .map(|number| with_suffix(path, &format!(".damaged-{number}")))
        .find(|aside| !aside.exists())
        .ok_or_else(|| refused(ErrorKind::AlreadyExists.into()))?;
    for suffix in ["", "-wal", "-shm"] {
        match fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(refused(error)),
            _ => {}
        }
    }
    tracing::error!(
        cause,
        aside = %aside.display(),
        "the keeper's memory is damaged: it is kept under another name, and an empty one takes its place; no money is lost or paid twice, the chain knows what was distributed"
    );
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
