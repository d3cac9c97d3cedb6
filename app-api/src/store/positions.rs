//! Which positions a step changes: only those are written, and read by whoever keeps them in memory.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;

use super::{Batch, PositionRow, Store, StoreError, on_db};

/// Versions for which a closed position's row stays. Whoever is further behind reads all positions.
pub(super) const CLOSED_KEPT_VERSIONS: i64 = 10_000;
/// Rows of one INSERT. Six values each stay well below SQLite's 32,766 parameters.
pub(super) const ROWS_PER_INSERT: usize = 1_000;

/// What a step writes of the positions.
pub(super) struct Changed<'a> {
    /// Those to write.
    pub(super) rows: Vec<&'a PositionRow>,
    /// Addresses of those to close.
    pub(super) closed: Vec<String>,
}

impl Store {
    /// What the step changes of the state it was planned from. It is read outside of the step's
    /// transaction: that changes nothing if the state has changed since.
    pub(super) async fn changed_positions<'a>(
        &self,
        vault: &str,
        batch: &'a Batch,
    ) -> Result<Changed<'a>, StoreError> {
        if !batch.replaces_positions {
            return Ok(Changed {
                rows: batch.positions.iter().collect(),
                closed: batch.closed_positions.clone(),
            });
        }
        let mut rows: HashMap<&str, &PositionRow> = batch
            .positions
            .iter()
            .map(|row| (row.address.as_str(), row))
            .collect();
        let mut closed = Vec::new();
        on_db!(self, |pool| {
            let mut stored = sqlx::query_as::<_, (String, Vec<u8>)>(
                "SELECT address, data FROM positions WHERE vault = $1 AND closed = 0",
            )
            .bind(vault)
            .fetch(pool);
            while let Some((address, data)) = stored.try_next().await? {
                match rows.get(address.as_str()) {
                    Some(row) if row.data == data => {
                        rows.remove(address.as_str());
                    }
                    Some(_) => {}
                    None => closed.push(address),
                }
            }
        });
        Ok(Changed {
            rows: rows.into_values().collect(),
            closed,
        })
    }
}
