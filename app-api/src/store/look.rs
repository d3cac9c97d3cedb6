//! The chain as one step of the indexer left it, read in one transaction.

use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Position, Vault},
};

use super::{AccountKind, Db, Progress, Store, StoreError, followed::ProgressColumns, on_db};

/// Whose positions are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// None.
    Nobody,
    /// Those of one owner, base58.
    Owner(&'a str),
    /// All of the vault.
    Everyone,
}

/// Accounts that belong together, with their addresses.
#[derive(Clone, Debug)]
pub struct Look {
    /// How far the vault was followed.
    pub progress: Progress,
    /// The vault.
    pub vault: Vault,
    /// Its pools, in order of index.
    pub pools: Vec<(String, Pool)>,
    /// The positions asked for, in order of address.
    pub positions: Vec<(String, Position)>,
}

impl Store {
    /// The vault, its pools and positions; `None` before the first complete look at the chain.
    ///
    /// One transaction reads them all: a position of one step and the pool of another do not fit
    /// together.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn look(&self, vault: &str, whose: Whose<'_>) -> Result<Option<Look>, StoreError> {
        let (progress, accounts, positions) = on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_read()).await?;
            let progress: Option<ProgressColumns> = sqlx::query_as(ProgressColumns::SELECT)
                .bind(vault)
                .fetch_optional(&mut *tx)
                .await?;
            let accounts: Vec<(String, String, Vec<u8>)> =
                sqlx::query_as("SELECT address, kind, data FROM accounts WHERE vault = $1")
                    .bind(vault)
                    .fetch_all(&mut *tx)
                    .await?;
            let query = match whose {
                Whose::Nobody => None,
                Whose::Owner(owner) => Some(
                    sqlx::query_as(
                        "SELECT address, data FROM positions WHERE vault = $1 AND owner = $2 \
                         ORDER BY address",
                    )
                    .bind(vault)
                    .bind(owner),
                ),
                Whose::Everyone => Some(
                    sqlx::query_as(
                        "SELECT address, data FROM positions WHERE vault = $1 ORDER BY address",
                    )
                    .bind(vault),
                ),
            };
            let positions: Vec<(String, Vec<u8>)> = match query {
                Some(query) => query.fetch_all(&mut *tx).await?,
                None => Vec::new(),
            };
            tx.commit().await?;
            (progress, accounts, positions)
        });
        let progress = progress.map(Progress::try_from).transpose()?;
        let Some(progress) = progress.filter(|progress| progress.polled_at > 0) else {
            return Ok(None);
        };
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
        let positions = positions
            .into_iter()
            .map(|(address, data)| {
                let position =
                    Position::parse(&data).map_err(|_| StoreError::Corrupt("position"))?;
                Ok((address, position))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(Look {
            progress,
            vault: found.ok_or(StoreError::Corrupt("vault"))?,
            pools,
            positions,
        }))
    }

    /// Opens a transaction whose reads all see the same state.
    fn begin_read(&self) -> &'static str {
        match self.db {
            // What the first statement sees, the others see too.
            Db::Sqlite(_) => "BEGIN DEFERRED",
            Db::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        }
    }
}
