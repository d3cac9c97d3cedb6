//! The chain as one step of the indexer left it, read in one transaction.

use futures_util::TryStreamExt as _;
use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Position, Vault},
};
use solana_address::Address;

use super::{
    AccountKind, Db, Progress, Store, StoreError, followed::ProgressColumns, on_db, signed,
    unsigned,
};

/// A position as it is now.
#[derive(Clone, Debug)]
pub struct PositionNow {
    /// Its address.
    pub address: Address,
    /// Its owner.
    pub owner: Address,
    /// What it holds; `None`: it is closed.
    pub position: Option<Position>,
}

/// Which states of a vault the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// Of everything.
    pub of_all: u64,
    /// Of what happened: events, and what is made of them.
    pub of_history: u64,
}

/// Accounts that belong together, with their addresses.
#[derive(Clone, Debug)]
pub struct Look {
    /// How far the vault was followed.
    pub progress: Progress,
    /// The state of its history.
    pub history_version: u64,
    /// The vault.
    pub vault: Vault,
    /// Its pools, in order of index.
    pub pools: Vec<(String, Pool)>,
    /// Positions, each once.
    pub positions: Vec<PositionNow>,
    /// `positions` are all that are open; else those that changed.
    pub whole: bool,
}

/// A row of a position.
type PositionColumns = (String, String, i16, Vec<u8>);

impl Store {
    /// Numbers that rise with every change of what is known of `vault`, and of its history; 0 at first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn versions(&self, vault: &str) -> Result<Versions, StoreError> {
        let versions: Option<(i64, i64)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT version, history_version FROM indexer_state WHERE vault = $1")
                .bind(vault)
                .fetch_optional(pool)
                .await?
        });
        let (of_all, of_history) = versions.unwrap_or_default();
        let number = |n| unsigned(n, "indexer state");
        Ok(Versions {
            of_all: number(of_all)?,
            of_history: number(of_history)?,
        })
    }

    /// The vault, its pools and the positions that changed after version `since`, or all of them
    /// where that cannot be told; `None` before the first complete look at the chain.
    ///
    /// One transaction reads them all: a position of one step and the pool of another do not fit
    /// together.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn look(&self, vault: &str, since: Option<u64>) -> Result<Option<Look>, StoreError> {
        let since = since.map(|since| signed(since, "version")).transpose()?;
        let (progress, history_version, accounts, positions, whole) = on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_read()).await?;
            let progress: Option<ProgressColumns> = sqlx::query_as(ProgressColumns::SELECT)
                .bind(vault)
                .fetch_optional(&mut *tx)
                .await?;
            let progress = progress.map(Progress::try_from).transpose()?;
            let Some(progress) = progress.filter(|progress| progress.polled_at > 0) else {
                return Ok(None);
            };
            let (told_since, history_version): (i64, i64) = sqlx::query_as(
                "SELECT positions_since, history_version FROM indexer_state WHERE vault = $1",
            )
            .bind(vault)
            .fetch_one(&mut *tx)
            .await?;
            let told = told_since..=signed(progress.version, "version")?;
            let since = since.filter(|since| told.contains(since));
            let accounts: Vec<(String, String, Vec<u8>)> =
                sqlx::query_as("SELECT address, kind, data FROM accounts WHERE vault = $1")
                    .bind(vault)
                    .fetch_all(&mut *tx)
                    .await?;
            let query = match since {
                None => sqlx::query_as(
                    "SELECT address, owner, closed, data FROM positions WHERE vault = $1 AND closed = 0",
                )
                .bind(vault),
                Some(since) => sqlx::query_as(
                    "SELECT address, owner, closed, data FROM positions WHERE vault = $1 AND version > $2",
                )
                .bind(vault)
                .bind(since),
            };
            // One by one: as rows they take several times the room.
            let mut positions = Vec::new();
            let mut rows = query.fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                positions.push(position(row)?);
            }
            drop(rows);
            tx.commit().await?;
            (
                progress,
                history_version,
                accounts,
                positions,
                since.is_none(),
            )
        });
        let (mut found, mut pools) = (None, Vec::new());
        for (address, kind, data) in accounts {
            if kind == AccountKind::Vault.name() {
                let vault = Vault::parse(&data).map_err(|_| StoreError::Corrupt("vault"))?;
                found = Some(vault);
            } else {
                let pool = Pool::parse(&data).map_err(|_| StoreError::Corrupt("pool"))?;
                pools.push((address, pool));
            }
        }
        pools.sort_by_key(|(_, pool)| pool.index);
        Ok(Some(Look {
            progress,
            history_version: unsigned(history_version, "indexer state")?,
            vault: found.ok_or(StoreError::Corrupt("vault"))?,
            pools,
            positions,
            whole,
        }))
    }

    /// Opens a transaction whose reads all see the same state.
    pub(super) fn begin_read(&self) -> &'static str {
        match self.db {
            // What the first statement sees, the others see too.
            Db::Sqlite { .. } => "BEGIN DEFERRED",
            Db::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        }
    }
}

fn position(columns: PositionColumns) -> Result<PositionNow, StoreError> {
    let (address, owner, closed, data) = columns;
    let corrupt = || StoreError::Corrupt("position");
    Ok(PositionNow {
        address: address.parse().map_err(|_| corrupt())?,
        owner: owner.parse().map_err(|_| corrupt())?,
        position: if closed == 0 {
            Some(Position::parse(&data).map_err(|_| corrupt())?)
        } else {
            None
        },
    })
}
