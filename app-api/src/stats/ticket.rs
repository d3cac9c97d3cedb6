//! The withdrawal ticket that a position waits with.

use std::collections::{BTreeMap, HashMap};

use primis_vault_interface::events::Event;
use serde::Serialize;
use solana_address::Address;
use utoipa::ToSchema;

use crate::store::{Store, StoreError};

/// A withdrawal that waits for staked SOL to return.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketView {
    /// Its place in the pool's queue.
    #[schema(example = 7)]
    number: u64,
    /// Units still to be paid out.
    #[schema(example = "1000000000")]
    units: String,
    /// When it was opened, Unix seconds.
    opened_at_unix: i64,
}

/// The oldest open ticket of an owner in each pool, by the pool's address: the one that is served next.
pub(super) async fn oldest_open(
    store: &Store,
    vault: &str,
    owner: &Address,
) -> Result<HashMap<String, TicketView>, StoreError> {
    let mut open: BTreeMap<(Address, u64), TicketView> = BTreeMap::new();
    for row in store.ticket_events(vault, owner.as_array()).await? {
        match Event::parse(&row.data).ok_or(StoreError::Corrupt("event"))? {
            Event::TicketOpened(e) => {
                let view = TicketView {
                    number: e.number,
                    units: e.units.to_string(),
                    opened_at_unix: e.at,
                };
                open.insert((e.pool, e.number), view);
            }
            Event::TicketServed(e) if e.left_units > 0 => {
                if let Some(view) = open.get_mut(&(e.pool, e.number)) {
                    view.units = e.left_units.to_string();
                }
            }
            Event::TicketServed(e) => drop(open.remove(&(e.pool, e.number))),
            Event::TicketCancelled(e) => drop(open.remove(&(e.pool, e.number))),
            _ => {}
        }
    }
    let mut oldest = HashMap::new();
    for ((pool, _), view) in open {
        oldest.entry(pool.to_string()).or_insert(view);
    }
    Ok(oldest)
}
