//! What the indexer writes: each step in one transaction, by whoever saw the newest state.

use sqlx::QueryBuilder;

use super::{
    Batch, Place, Store, StoreError,
    positions::{CLOSED_KEPT_VERSIONS, ROWS_PER_INSERT},
    signed, write_db,
};

/// Takes a transaction out. What was derived of it goes with `replaces_history`.
const DROP: [&str; 2] = [
    "DELETE FROM chain_events WHERE vault = $1 AND signature = $2",
    "DELETE FROM chain_transactions WHERE vault = $1 AND signature = $2",
];

/// What is derived from events.
pub(super) const DERIVED: [&str; 4] = [
    "DELETE FROM pool_yields WHERE vault = $1",
    "DELETE FROM distributions WHERE vault = $1",
    "DELETE FROM stake_points WHERE vault = $1",
    "DELETE FROM event_totals WHERE vault = $1",
];

impl Store {
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
            signed(progress.derivation, "derivation")?,
        ];
        let slots = Slots::of(batch)?;
        let changed = self.changed_positions(vault, batch).await?;
        let version = seen.saturating_add(1);
        write_db!(self, |pool: Database| {
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
                 accounts_slot = $6, clock_unix = $7, polled_at = $8, derivation = $9, \
                 history_version = history_version + $10 WHERE vault = $1 AND version = $2",
            )
            .bind(vault)
            .bind(seen);
            for number in next {
                update = update.bind(number);
            }
            update = update.bind(i64::from(batch.changes_history()));
            if update.execute(&mut *tx).await?.rows_affected() != 1 {
                tx.rollback().await?;
                return Err(StoreError::Overtaken);
            }
            for signature in &batch.finalized {
                sqlx::query(
                    "UPDATE chain_transactions SET finalized = 1 WHERE vault = $1 AND signature = $2",
                )
                .bind(vault)
                .bind(signature.as_str())
                .execute(&mut *tx)
                .await?;
            }
            for signature in &batch.dropped {
                for delete in DROP {
                    sqlx::query(delete)
                        .bind(vault)
                        .bind(signature.as_str())
                        .execute(&mut *tx)
                        .await?;
                }
            }
            if let Some(slot) = batch.relist_from {
                sqlx::query("DELETE FROM indexer_cursors WHERE vault = $1 AND slot >= $2")
                    .bind(vault)
                    .bind(signed(slot, "slot")?)
                    .execute(&mut *tx)
                    .await?;
            }
            for (row, [slot, slot_order, _]) in batch.transactions.iter().zip(&slots.transactions) {
                sqlx::query(
                    "INSERT INTO chain_transactions (vault, signature, slot, slot_order, block_time, truncated, finalized) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(vault)
                .bind(row.signature.as_str())
                .bind(slot)
                .bind(slot_order)
                .bind(row.block_time)
                .bind(i16::from(row.truncated))
                .bind(i16::from(row.finalized))
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in batch.events.iter().zip(&slots.events) {
                sqlx::query(
                    "INSERT INTO chain_events (vault, signature, event_index, slot, slot_order, block_time, name, data, owner) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )
                .bind(vault)
                .bind(row.signature.as_str())
                .bind(event_index)
                .bind(slot)
                .bind(slot_order)
                .bind(row.block_time)
                .bind(row.name.as_str())
                .bind(row.data.as_slice())
                .bind(row.owner.as_ref().map(<[u8; 32]>::as_slice))
                .execute(&mut *tx)
                .await?;
            }
            if batch.replaces_history {
                for delete in DERIVED {
                    sqlx::query(delete).bind(vault).execute(&mut *tx).await?;
                }
            }
            for ((subject, name), value) in &batch.totals {
                sqlx::query(
                    "INSERT INTO event_totals (vault, subject, name, value) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (vault, subject, name) DO UPDATE SET value = excluded.value",
                )
                .bind(vault)
                .bind(subject.as_str())
                .bind(name.as_str())
                .bind(value)
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in
                batch.distributions.iter().zip(&slots.distributions)
            {
                sqlx::query(
                    "INSERT INTO distributions (vault, signature, event_index, slot, slot_order, source, interval_from, \
                     interval_to, stakers_lamports, cumulative_stakers_lamports, data, amount_lamports, \
                     cumulative_amount_lamports, number) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
                .bind(signed(row.amount_lamports, "lamports")?)
                .bind(signed(row.cumulative_amount_lamports, "lamports")?)
                .bind(signed(row.number, "number")?)
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in
                batch.stake_points.iter().zip(&slots.stake_points)
            {
                sqlx::query(
                    "INSERT INTO stake_points (vault, pool, slot, slot_order, event_index, at, units, price, value_lamports, cumulative, \
                     retired, earning_cumulative) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                )
                .bind(vault)
                .bind(row.pool.as_str())
                .bind(slot)
                .bind(slot_order)
                .bind(event_index)
                .bind(row.at)
                .bind(signed(row.units, "units")?)
                .bind(signed(row.price, "price")?)
                .bind(signed(row.value_lamports, "lamports")?)
                .bind(row.cumulative.to_string())
                .bind(i16::from(row.retired))
                .bind(row.earning_cumulative.to_string())
                .execute(&mut *tx)
                .await?;
            }
            for (row, [slot, slot_order, event_index]) in
                batch.pool_yields.iter().zip(&slots.pool_yields)
            {
                sqlx::query(
                    "INSERT INTO pool_yields (vault, pool, slot, slot_order, event_index, source, interval_from, interval_to, \
                     stakers_lamports, cumulative_stakers_lamports, number) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                )
                .bind(vault)
                .bind(row.pool.as_str())
                .bind(slot)
                .bind(slot_order)
                .bind(event_index)
                .bind(signed(row.source, "source")?)
                .bind(row.interval_from)
                .bind(row.interval_to)
                .bind(signed(row.stakers_lamports, "lamports")?)
                .bind(signed(row.cumulative_stakers_lamports, "lamports")?)
                .bind(signed(row.number, "number")?)
                .execute(&mut *tx)
                .await?;
            }
            if batch.replaces_positions {
                // A fork may have taken the creation of a pool back.
                sqlx::query("DELETE FROM accounts WHERE vault = $1")
                    .bind(vault)
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
            for address in &changed.closed {
                sqlx::query(
                    "UPDATE positions SET units = 0, slot = $3, data = $4, version = $5, closed = 1 \
                     WHERE address = $1 AND vault = $2 AND closed = 0",
                )
                .bind(address.as_str())
                .bind(vault)
                .bind(next[3])
                .bind(Vec::<u8>::new())
                .bind(version)
                .execute(&mut *tx)
                .await?;
            }
            for rows in changed.rows.chunks(ROWS_PER_INSERT) {
                let mut insert = QueryBuilder::<Database>::new(
                    "INSERT INTO positions (address, vault, owner, units, slot, data, version) ",
                );
                let units: Vec<i64> = rows
                    .iter()
                    .map(|row| signed(row.units, "units"))
                    .collect::<Result<_, _>>()?;
                insert.push_values(rows.iter().zip(units), |mut values, (row, units)| {
                    values
                        .push_bind(row.address.as_str())
                        .push_bind(vault)
                        .push_bind(row.owner.as_str())
                        .push_bind(units)
                        .push_bind(next[3])
                        .push_bind(row.data.as_slice())
                        .push_bind(version);
                });
                insert.push(
                    " ON CONFLICT (address) DO UPDATE SET units = excluded.units, slot = excluded.slot, \
                     data = excluded.data, version = excluded.version, closed = 0",
                );
                insert.build().execute(&mut *tx).await?;
            }
            if batch.replaces_positions {
                let before = version.saturating_sub(CLOSED_KEPT_VERSIONS);
                sqlx::query(
                    "DELETE FROM positions WHERE vault = $1 AND closed = 1 AND version <= $2",
                )
                .bind(vault)
                .bind(before)
                .execute(&mut *tx)
                .await?;
                sqlx::query(
                    "UPDATE indexer_state SET positions_since = $2 WHERE vault = $1 AND positions_since < $2",
                )
                .bind(vault)
                .bind(before)
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
            let _committing = self.shared.commits.begin();
            tx.commit().await?;
        });
        Ok(())
    }
}

/// The places of a batch as the database keeps them.
struct Slots {
    transactions: Vec<[i64; 3]>,
    events: Vec<[i64; 3]>,
    distributions: Vec<[i64; 3]>,
    stake_points: Vec<[i64; 3]>,
    pool_yields: Vec<[i64; 3]>,
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
            pool_yields: batch
                .pool_yields
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
