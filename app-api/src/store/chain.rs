//! What the indexer writes: each batch in one transaction, by whoever saw the newest state.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;

use super::{Store, StoreError, on_db, signed, unsigned};

/// Parameters of one IN list.
const IDS_PER_SELECT: usize = 500;

/// Where an event stands in the history of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its slot.
    pub slot: u64,
    /// Its transaction's place among those taken in of the slot.
    pub slot_order: u64,
    /// Its place among the program's events of the transaction.
    pub event_index: u64,
}

/// How far a vault is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rises with every change.
    pub version: u64,
    /// Slot of the newest transaction taken in.
    pub slot: u64,
    /// Its place in the slot.
    pub slot_order: u64,
    /// All transactions up to this slot were listed.
    pub horizon_slot: u64,
    /// Slot the accounts were read at.
    pub accounts_slot: u64,
    /// The cluster's clock there, Unix seconds.
    pub clock_unix: i64,
    /// This machine's clock at the last complete look, Unix seconds.
    pub polled_at: i64,
}

/// A transaction taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// Its first signature, base58.
    pub signature: String,
    /// Its place; `event_index` is not used.
    pub place: Place,
    /// The cluster's estimate of when, Unix seconds.
    pub block_time: Option<i64>,
    /// The runtime cut its log off: events may be missing.
    pub truncated: bool,
}

/// An event as it was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its transaction.
    pub signature: String,
    /// Its place.
    pub place: Place,
    /// Its transaction's time, Unix seconds.
    pub block_time: Option<i64>,
    /// Its type.
    pub name: String,
    /// The logged bytes, discriminator included.
    pub data: Vec<u8>,
}

/// What an account row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// The vault.
    Vault,
    /// One of its pools.
    Pool,
}

impl AccountKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Pool => "pool",
        }
    }
}

/// The vault or a pool as it stood at a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its address, base58.
    pub address: String,
    /// What it is.
    pub kind: AccountKind,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A position as it stood at a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    /// Its address, base58.
    pub address: String,
    /// Its owner, base58.
    pub owner: String,
    /// Its units.
    pub units: u64,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The newest transaction taken in of an address's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// The address.
    pub address: String,
    /// The transaction.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
}

/// A distribution, with the running sum of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionRow {
    /// Its transaction.
    pub signature: String,
    /// Its place.
    pub place: Place,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// Unix second its interval began.
    pub interval_from: i64,
    /// Unix second its interval ended.
    pub interval_to: i64,
    /// Given to stakers.
    pub stakers_lamports: u64,
    /// Given to stakers by this and all before it of the source.
    pub cumulative_stakers_lamports: u64,
    /// The logged bytes.
    pub data: Vec<u8>,
}

/// The value staked in a pool from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakePointRow {
    /// The pool.
    pub pool: String,
    /// Place of the event that changed it.
    pub place: Place,
    /// From when, Unix seconds.
    pub at: i64,
    /// Its value.
    pub value_lamports: u64,
    /// Its integral up to `at`, lamport-seconds.
    pub cumulative: u128,
}

/// One step of the indexer.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Transactions not taken in before, in order.
    pub transactions: Vec<TransactionRow>,
    /// Their events, in order.
    pub events: Vec<EventRow>,
    /// Distributions to add.
    pub distributions: Vec<DistributionRow>,
    /// Stake points to add.
    pub stake_points: Vec<StakePointRow>,
    /// Distributions and stake points above are all there are: earlier ones are dropped.
    pub replaces_history: bool,
    /// The vault and its pools.
    pub accounts: Vec<AccountRow>,
    /// Positions that were read.
    pub positions: Vec<PositionRow>,
    /// Addresses of positions that are closed.
    pub closed_positions: Vec<String>,
    /// `positions` are all there are: others are dropped.
    pub replaces_positions: bool,
    /// How far each list was read.
    pub cursors: Vec<CursorRow>,
    /// The state after the step; its version is the one the step was planned from.
    pub progress: Progress,
}

impl Store {
    /// How far `vault` is followed; all zero at first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn progress(&self, vault: &str) -> Result<Progress, StoreError> {
        let row: Option<(i64, i64, i64, i64, i64, i64, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT version, slot, slot_order, horizon_slot, accounts_slot, clock_unix, polled_at \
                 FROM indexer_state WHERE vault = $1",
            )
            .bind(vault)
            .fetch_optional(pool)
            .await?
        });
        let Some((version, slot, slot_order, horizon_slot, accounts_slot, clock_unix, polled_at)) =
            row
        else {
            return Ok(Progress::default());
        };
        let number = |n| unsigned(n, "indexer state");
        Ok(Progress {
            version: number(version)?,
            slot: number(slot)?,
            slot_order: number(slot_order)?,
            horizon_slot: number(horizon_slot)?,
            accounts_slot: number(accounts_slot)?,
            clock_unix,
            polled_at,
        })
    }

    /// The cursors of a vault's lists.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cursors(&self, vault: &str) -> Result<Vec<CursorRow>, StoreError> {
        let rows: Vec<(String, String, i64)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT address, signature, slot FROM indexer_cursors WHERE vault = $1")
                .bind(vault)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(address, signature, slot)| {
                Ok(CursorRow {
                    address,
                    signature,
                    slot: unsigned(slot, "cursor")?,
                })
            })
            .collect()
    }

    /// Those of `signatures` that were taken in before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn known_transactions(
        &self,
        vault: &str,
        signatures: &[String],
    ) -> Result<HashSet<String>, StoreError> {
        let mut known = HashSet::new();
        for chunk in signatures.chunks(IDS_PER_SELECT) {
            let rows: Vec<(String,)> = on_db!(self, |pool: Database| {
                let mut select = QueryBuilder::<Database>::new(
                    "SELECT signature FROM chain_transactions WHERE vault = ",
                );
                select.push_bind(vault).push(" AND signature IN (");
                let mut ids = select.separated(", ");
                for signature in chunk {
                    ids.push_bind(signature.as_str());
                }
                select.push(")");
                select.build_query_as().fetch_all(pool).await?
            });
            known.extend(rows.into_iter().map(|(signature,)| signature));
        }
        Ok(known)
    }

    /// Every event of the vault in the chain's order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events(&self, vault: &str) -> Result<Vec<EventRow>, StoreError> {
        type Row = (String, i64, i64, i64, Option<i64>, String, Vec<u8>);
        let rows: Vec<Row> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT signature, event_index, slot, slot_order, block_time, name, data FROM chain_events \
                 WHERE vault = $1 ORDER BY slot, slot_order, event_index",
            )
            .bind(vault)
            .fetch_all(pool)
            .await?
        });
        rows.into_iter()
            .map(
                |(signature, event_index, slot, slot_order, block_time, name, data)| {
                    let place = Place {
                        slot: unsigned(slot, "event")?,
                        slot_order: unsigned(slot_order, "event")?,
                        event_index: unsigned(event_index, "event")?,
                    };
                    Ok(EventRow {
                        signature,
                        place,
                        block_time,
                        name,
                        data,
                    })
                },
            )
            .collect()
    }

    /// The first free place of a slot.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next_slot_order(&self, vault: &str, slot: u64) -> Result<u64, StoreError> {
        let slot = signed(slot, "slot")?;
        let (next,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT COALESCE(MAX(slot_order) + 1, 0) FROM chain_transactions WHERE vault = $1 AND slot = $2",
            )
            .bind(vault)
            .bind(slot)
            .fetch_one(pool)
            .await?
        });
        unsigned(next, "slot order")
    }

    /// Commits a step, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] if the vault's state is no longer the one the step was planned
    /// from; then nothing was changed.
    pub async fn commit(&self, vault: &str, batch: &Batch) -> Result<(), StoreError> {
        let progress = &batch.progress;
        let seen = signed(progress.version, "version")?;
        let next = [
            signed(progress.slot, "slot")?,
            signed(progress.slot_order, "slot order")?,
            signed(progress.horizon_slot, "slot")?,
            signed(progress.accounts_slot, "slot")?,
            progress.clock_unix,
            progress.polled_at,
        ];
        let slots = Slots::of(batch)?;
        on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            // The row is made by whoever comes first; the unique key lets only one do it.
            sqlx::query(
                "INSERT INTO indexer_state (vault, version, slot, slot_order, horizon_slot, accounts_slot, clock_unix, \
                 polled_at) VALUES ($1, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (vault) DO NOTHING",
            )
            .bind(vault)
            .execute(&mut *tx)
            .await?;
            let mut update = sqlx::query(
                "UPDATE indexer_state SET version = version + 1, slot = $3, slot_order = $4, horizon_slot = $5, \
                 accounts_slot = $6, clock_unix = $7, polled_at = $8 WHERE vault = $1 AND version = $2",
            )
            .bind(vault)
            .bind(seen);
            for number in next {
                update = update.bind(number);
            }
            if update.execute(&mut *tx).await?.rows_affected() != 1 {
                tx.rollback().await?;
                return Err(StoreError::Overtaken);
            }
            for (row, [slot, slot_order, _]) in batch.transactions.iter().zip(&slots.transactions) {
                sqlx::query(
                    "INSERT INTO chain_transactions (vault, signature, slot, slot_order, block_time, truncated) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(vault)
                .bind(row.signature.as_str())
                .bind(slot)
                .bind(slot_order)
                .bind(row.block_time)
                .bind(i16::from(row.truncated))
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in batch.events.iter().zip(&slots.events) {
                sqlx::query(
                    "INSERT INTO chain_events (vault, signature, event_index, slot, slot_order, block_time, name, data) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .bind(vault)
                .bind(row.signature.as_str())
                .bind(event_index)
                .bind(slot)
                .bind(slot_order)
                .bind(row.block_time)
                .bind(row.name.as_str())
                .bind(row.data.as_slice())
                .execute(&mut *tx)
                .await?;
            }
            if batch.replaces_history {
                sqlx::query("DELETE FROM distributions WHERE vault = $1")
                    .bind(vault)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query("DELETE FROM stake_points WHERE vault = $1")
                    .bind(vault)
                    .execute(&mut *tx)
                    .await?;
            }
            for (row, [slot, slot_order, event_index]) in
                batch.distributions.iter().zip(&slots.distributions)
            {
                sqlx::query(
                    "INSERT INTO distributions (vault, signature, event_index, slot, slot_order, source, interval_from, \
                     interval_to, stakers_lamports, cumulative_stakers_lamports, data) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                )
                .bind(vault)
                .bind(row.signature.as_str())
                .bind(event_index)
                .bind(slot)
                .bind(slot_order)
                .bind(signed(row.source, "source")?)
                .bind(row.interval_from)
                .bind(row.interval_to)
                .bind(signed(row.stakers_lamports, "lamports")?)
                .bind(signed(row.cumulative_stakers_lamports, "lamports")?)
                .bind(row.data.as_slice())
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in
                batch.stake_points.iter().zip(&slots.stake_points)
            {
                sqlx::query(
                    "INSERT INTO stake_points (vault, pool, slot, slot_order, event_index, at, value_lamports, cumulative) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .bind(vault)
                .bind(row.pool.as_str())
                .bind(slot)
                .bind(slot_order)
                .bind(event_index)
                .bind(row.at)
                .bind(signed(row.value_lamports, "lamports")?)
                .bind(row.cumulative.to_string())
                .execute(&mut *tx)
                .await?;
            }
            for row in &batch.accounts {
                sqlx::query(
                    "INSERT INTO accounts (address, vault, kind, slot, data) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, data = excluded.data",
                )
                .bind(row.address.as_str())
                .bind(vault)
                .bind(row.kind.name())
                .bind(next[3])
                .bind(row.data.as_slice())
                .execute(&mut *tx)
                .await?;
            }
            if batch.replaces_positions {
                sqlx::query("DELETE FROM positions WHERE vault = $1")
                    .bind(vault)
                    .execute(&mut *tx)
                    .await?;
            }
            for address in &batch.closed_positions {
                sqlx::query("DELETE FROM positions WHERE address = $1 AND vault = $2")
                    .bind(address.as_str())
                    .bind(vault)
                    .execute(&mut *tx)
                    .await?;
            }
            for row in &batch.positions {
                sqlx::query(
                    "INSERT INTO positions (address, vault, owner, units, slot, data) VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (address) DO UPDATE SET units = excluded.units, slot = excluded.slot, data = excluded.data",
                )
                .bind(row.address.as_str())
                .bind(vault)
                .bind(row.owner.as_str())
                .bind(signed(row.units, "units")?)
                .bind(next[3])
                .bind(row.data.as_slice())
                .execute(&mut *tx)
                .await?;
            }
            for (row, slot) in batch.cursors.iter().zip(&slots.cursors) {
                sqlx::query(
                    "INSERT INTO indexer_cursors (vault, address, signature, slot) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (vault, address) DO UPDATE SET signature = excluded.signature, slot = excluded.slot",
                )
                .bind(vault)
                .bind(row.address.as_str())
                .bind(row.signature.as_str())
                .bind(slot)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// Numbers by which the chain's own counters can be checked against the events taken in:
    /// distributions by source.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn distribution_counts(&self, vault: &str) -> Result<HashMap<u64, u64>, StoreError> {
        let rows: Vec<(i64, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT source, COUNT(*) FROM distributions WHERE vault = $1 GROUP BY source",
            )
            .bind(vault)
            .fetch_all(pool)
            .await?
        });
        rows.into_iter()
            .map(|(s, n)| Ok((unsigned(s, "source")?, unsigned(n, "count")?)))
            .collect()
    }
}

/// The places of a batch as the database keeps them.
struct Slots {
    transactions: Vec<[i64; 3]>,
    events: Vec<[i64; 3]>,
    distributions: Vec<[i64; 3]>,
    stake_points: Vec<[i64; 3]>,
    cursors: Vec<i64>,
}

impl Slots {
    fn of(batch: &Batch) -> Result<Self, StoreError> {
        fn place(place: &Place) -> Result<[i64; 3], StoreError> {
            Ok([
                signed(place.slot, "slot")?,
                signed(place.slot_order, "slot order")?,
                signed(place.event_index, "event index")?,
            ])
        }
        Ok(Self {
            transactions: batch
                .transactions
                .iter()
                .map(|r| place(&r.place))
                .collect::<Result<_, _>>()?,
            events: batch
                .events
                .iter()
                .map(|r| place(&r.place))
                .collect::<Result<_, _>>()?,
            distributions: batch
                .distributions
                .iter()
                .map(|r| place(&r.place))
                .collect::<Result<_, _>>()?,
            stake_points: batch
                .stake_points
                .iter()
                .map(|r| place(&r.place))
                .collect::<Result<_, _>>()?,
            cursors: batch
                .cursors
                .iter()
                .map(|r| signed(r.slot, "slot"))
                .collect::<Result<_, _>>()?,
        })
    }
}
