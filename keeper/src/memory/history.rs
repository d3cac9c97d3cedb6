//! What the memory can tell of the past, to be shown beside the chain's own history. Read only.

use std::path::Path;

use solana_address::Address;
use sqlx::{
    Connection, Row,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions, SqliteRow},
};

use super::{
    Attempt, Memory,
    file::{BUSY_TIMEOUT, named},
};
use crate::error::Error;

/// An attempt with what it was based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The attempt.
    pub attempt: Attempt,
    /// The source of yield: 0 staking, 1 compute.
    pub source: u8,
    /// The revenue it was planned for, nano-USD; `None` where it was measured in lamports.
    pub revenue_nano_usd: Option<i64>,
    /// The price it was converted at, nano-USD for a SOL.
    pub nano_usd_per_sol: Option<u64>,
}

impl Remembered {
    fn from_row(row: &SqliteRow) -> Result<Self, Error> {
        let nonsense = |what: &str| Error::Memory(format!("an attempt's {what} cannot be read"));
        let price: Option<i64> = row.try_get("nano_usd_per_sol")?;
        Ok(Self {
            attempt: Attempt::from_row(row)?,
            source: u8::try_from(row.try_get::<i64, _>("source")?)
                .map_err(|_| nonsense("source"))?,
            revenue_nano_usd: row.try_get("revenue_nano_usd")?,
            nano_usd_per_sol: price
                .map(u64::try_from)
                .transpose()
                .map_err(|_| nonsense("price"))?,
        })
    }
}

impl Memory {
    /// Opens the file to read from it; `None` where there is none. Nothing is created or changed.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn open_to_read(path: &Path) -> Result<Option<Self>, Error> {
        if !path.exists() {
            return Ok(None);
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT);
        let named = |error| named(path, error);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(named)?;
        // Whether it is a database at all shows with the first read.
        sqlx::query("SELECT count(*) FROM sqlite_master")
            .fetch_one(&pool)
            .await
            .map_err(named)?;
        Ok(Some(Self::of(pool, path)))
    }

    /// Attempts on stretches that touch `from` to `to` (Unix seconds), newest first.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn attempts_between(
        &self,
        vault: &Address,
        from: i64,
        to: i64,
    ) -> Result<Vec<Remembered>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM attempt WHERE vault = ? AND interval_id > ? AND previous_interval_id < ? ORDER BY id DESC",
        )
        .bind(vault.to_string())
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool())
        .await?;
        rows.iter().map(Remembered::from_row).collect()
    }

    /// Whether the database can be written: takes the lock a write needs, and gives it back.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn check_writable(&self) -> Result<(), Error> {
        let mut connection = self.pool().acquire().await?;
        take_write_lock(&mut connection).await
    }

    /// The same of a file that exists, which is not migrated by it.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn check_file_writable(path: &Path) -> Result<(), Error> {
        let named = |error| named(path, error);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(named)?;
        take_write_lock(&mut connection).await?;
        connection.close().await.map_err(named)
    }
}

async fn take_write_lock(connection: &mut SqliteConnection) -> Result<(), Error> {
    let transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    transaction.rollback().await?;
    Ok(())
}
