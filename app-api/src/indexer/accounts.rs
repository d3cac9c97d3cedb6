//! The present, from the accounts themselves.

use std::collections::{BTreeSet, HashSet};

use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Position, Vault},
};
use solana_address::Address;

use super::{Indexer, IndexerError};
use crate::store::{AccountKind, AccountRow, Batch, PositionRow};

/// The account that holds the cluster's clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Where the clock's account holds Unix seconds: after slot, epoch start, epoch and leader epoch.
const CLOCK_UNIX: std::ops::Range<usize> = 32..40;
/// Where a pool names its vault, and a position its pool.
const POOL_VAULT: usize = 8 + core::mem::offset_of!(Pool, vault);
const POSITION_POOL: usize = 8 + core::mem::offset_of!(Position, pool);

/// What all accounts say, read at once.
pub(super) struct Refreshed {
    pub(super) pools: Vec<Address>,
    pub(super) positions: Vec<PositionRow>,
}

impl Indexer {
    /// Reads the positions that were touched, the vault, its pools and the clock.
    ///
    /// In this order, where one answer does not hold them all: what a position is owed can be told
    /// from a pool that is newer, and from a clock that is newer still, but not the other way round.
    pub(super) async fn read_touched(
        &self,
        batch: &mut Batch,
        pools: &HashSet<Address>,
        touched: &BTreeSet<Address>,
        horizon: u64,
    ) -> Result<(), IndexerError> {
        let pools: BTreeSet<Address> = pools.iter().copied().collect();
        let mut names: Vec<Address> = touched.iter().copied().collect();
        names.push(self.vault);
        names.extend(&pools);
        names.push(CLOCK);
        let read = self.rpc.accounts(&names).await?;
        // A node that is behind would put the old in the place of the new.
        current(read.slot, horizon.max(batch.progress.accounts_slot))?;
        let mut data = read.data.into_iter();
        for address in touched {
            let address = address.to_string();
            match data
                .next()
                .flatten()
                .and_then(|bytes| position_row(&address, bytes))
            {
                Some(row) => batch.positions.push(row),
                None => batch.closed_positions.push(address),
            }
        }
        let vault = data
            .next()
            .flatten()
            .filter(|bytes| Vault::parse(bytes).is_ok())
            .ok_or_else(|| IndexerError::NoVault(self.vault.to_string()))?;
        batch.accounts.push(AccountRow {
            address: self.vault.to_string(),
            kind: AccountKind::Vault,
            data: vault,
        });
        for pool in &pools {
            let bytes = data
                .next()
                .flatten()
                .ok_or(IndexerError::Malformed("pool"))?;
            batch.accounts.push(AccountRow {
                address: pool.to_string(),
                kind: AccountKind::Pool,
                data: bytes,
            });
        }
        batch.progress.clock_unix = data
            .next()
            .flatten()
            .and_then(|bytes| clock_unix(&bytes))
            .ok_or(IndexerError::Malformed("clock"))?;
        batch.progress.accounts_slot = read.slot;
        Ok(())
    }

    /// Reads every pool and position of the vault.
    pub(super) async fn read_everything(&self, horizon: u64) -> Result<Refreshed, IndexerError> {
        let (slot, pools) = self
            .rpc
            .program_accounts(Pool::DISCRIMINATOR, POOL_VAULT, &self.vault)
            .await?;
        current(slot, horizon)?;
        let pools: Vec<Address> = pools.into_iter().map(|(address, _)| address).collect();
        let mut positions = Vec::new();
        for pool in &pools {
            let (slot, rows) = self
                .rpc
                .program_accounts(Position::DISCRIMINATOR, POSITION_POOL, pool)
                .await?;
            current(slot, horizon)?;
            positions.extend(
                rows.into_iter()
                    .filter_map(|(address, bytes)| position_row(&address.to_string(), bytes)),
            );
        }
        Ok(Refreshed { pools, positions })
    }
}

/// Refuses an answer from before `listed`.
pub(super) fn current(answered: u64, listed: u64) -> Result<(), IndexerError> {
    if answered < listed {
        return Err(IndexerError::Lagging { answered, listed });
    }
    Ok(())
}

fn clock_unix(bytes: &[u8]) -> Option<i64> {
    bytes
        .get(CLOCK_UNIX)?
        .try_into()
        .ok()
        .map(i64::from_le_bytes)
}

fn position_row(address: &str, data: Vec<u8>) -> Option<PositionRow> {
    let position = Position::parse(&data).ok()?;
    Some(PositionRow {
        address: address.to_owned(),
        owner: position.owner.to_string(),
        units: position.units,
        data,
    })
}
