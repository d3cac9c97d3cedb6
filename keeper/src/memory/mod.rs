//! The keeper's own SQLite database: what was planned, signed and sent.
//!
//! It is there so that a transaction in flight survives a crash: its bytes are stored before they
//! are sent, and after a start the same bytes are followed to their end before anything new is
//! signed. It is not the authority: deleting it loses nothing, the chain tells where the last
//! distribution ended.

mod attempt;
mod file;
mod history;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;
use solana_address::Address;
use sqlx::{Row, sqlite::SqlitePool};

pub use self::{
    attempt::{Attempt, AttemptState, InFlight},
    history::Remembered,
};
use crate::{
    chain::SignedTransaction,
    error::Error,
    plan::{Distribution, Revenue},
};

/// The open database.
#[derive(Clone, Debug)]
pub struct Memory {
    path: PathBuf,
    pool: Arc<RwLock<SqlitePool>>,
}

impl Memory {
    /// Opens the file, and creates it when missing.
    ///
    /// # Errors
    /// [`Error::Memory`], or [`Error::MemoryDamaged`] where it is no sound database.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::of(file::open(path).await?, path))
    }

    fn of(pool: SqlitePool, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            pool: Arc::new(RwLock::new(pool)),
        }
    }

    /// The same; a damaged file is kept under another name, and an empty one takes its place: the
    /// chain knows what was distributed. Only for who writes it.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn open_or_set_aside(path: &Path) -> Result<Self, Error> {
        match Self::open(path).await {
            Err(Error::MemoryDamaged(cause)) => {
                file::set_aside(path, &cause)?;
                Self::open(path).await
            }
            opened => opened,
        }
    }

    /// Sets the file aside while it is open, and goes on with an empty one.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn renew(&self, cause: &str) -> Result<(), Error> {
        self.pool().close().await;
        file::set_aside(&self.path, cause)?;
        let new = file::open(&self.path).await?;
        *self.pool.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn pool(&self) -> SqlitePool {
        let pool = self.pool.read().unwrap_or_else(PoisonError::into_inner);
        pool.clone()
    }

    /// Remembers a plan; refused while another attempt for the source is open.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn planned(
        &self,
        vault: &Address,
        source: u8,
        distribution: &Distribution,
        now: i64,
    ) -> Result<i64, Error> {
        let revenue_nano_usd = match distribution.revenue {
            Revenue::NanoUsd(nano_usd) => Some(nano_usd),
            Revenue::Lamports(_) => None,
        };
        let id = sqlx::query(
            "INSERT INTO attempt (vault, source, previous_interval_id, interval_id, fund_lamports, distribute_lamports, \
             revenue_nano_usd, nano_usd_per_sol, state, planned_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?)",
        )
        .bind(vault.to_string())
        .bind(i64::from(source))
        .bind(distribution.previous_interval_id)
        .bind(distribution.interval_id)
        .bind(to_i64(distribution.fund_lamports)?)
        .bind(to_i64(distribution.distribute_lamports)?)
        .bind(revenue_nano_usd)
        .bind(distribution.nano_usd_per_sol.map(to_i64).transpose()?)
        .bind(now)
        .execute(&self.pool())
        .await?
        .last_insert_rowid();
        Ok(id)
    }

    /// Remembers the signed bytes; comes before they are sent.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn signed(
        &self,
        id: i64,
        transaction: &SignedTransaction,
        last_valid_block_height: u64,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE attempt SET state = 'signed', signature = ?, bytes = ?, last_valid_block_height = ? WHERE id = ? AND state = 'planned'")
            .bind(transaction.signature.to_string())
            .bind(transaction.bytes.as_slice())
            .bind(to_i64(last_valid_block_height)?)
            .bind(id)
            .execute(&self.pool())
            .await
            .map_err(Error::from)
            .and_then(|done| one_row(done.rows_affected(), id))
    }

    /// Moves an attempt on, as [`AttemptState::may_become`] allows. What is signed goes by
    /// [`Memory::signed`], which has the bytes.
    ///
    /// # Errors
    /// [`Error::Memory`], also where the attempt is in no state this one may follow.
    pub async fn set(&self, id: i64, state: AttemptState, note: Option<&str>) -> Result<(), Error> {
        let before = AttemptState::ALL
            .into_iter()
            .filter(|before| before.may_become(state) && state != AttemptState::Signed)
            .map(AttemptState::name)
            .collect::<Vec<_>>();
        sqlx::query("UPDATE attempt SET state = ?, note = COALESCE(?, note) WHERE id = ? AND state IN (SELECT value FROM json_each(?))")
            .bind(state.name())
            .bind(note)
            .bind(id)
            .bind(Value::from(before).to_string())
            .execute(&self.pool())
            .await
            .map_err(Error::from)
            .and_then(|done| one_row(done.rows_affected(), id))
    }

    /// The attempt that has not ended.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn open_attempt(
        &self,
        vault: &Address,
        source: u8,
    ) -> Result<Option<Attempt>, Error> {
        let row = sqlx::query("SELECT * FROM attempt WHERE vault = ? AND source = ? AND state IN ('planned', 'signed', 'sent', 'unknown')")
            .bind(vault.to_string())
            .bind(i64::from(source))
            .fetch_optional(&self.pool())
            .await?;
        row.as_ref().map(Attempt::from_row).transpose()
    }

    /// The newest attempts, newest first.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn recent(
        &self,
        vault: &Address,
        source: u8,
        limit: u32,
    ) -> Result<Vec<Attempt>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM attempt WHERE vault = ? AND source = ? ORDER BY id DESC LIMIT ?",
        )
        .bind(vault.to_string())
        .bind(i64::from(source))
        .bind(i64::from(limit))
        .fetch_all(&self.pool())
        .await?;
        rows.iter().map(Attempt::from_row).collect()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub async fn ping(&self) -> Result<(), Error> {
        let row = sqlx::query("SELECT 1").fetch_one(&self.pool()).await?;
        row.try_get::<i64, _>(0)?;
        Ok(())
    }
}

fn one_row(rows: u64, id: i64) -> Result<(), Error> {
    match rows {
        1 => Ok(()),
        _ => Err(Error::Memory(format!(
            "attempt {id} is not in the state it was left in: is a second keeper using the same file?"
        ))),
    }
}

/// SQLite's integers are signed.
fn to_i64(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::Memory(format!("{number} does not fit the database")))
}
