//! One event of a position, as it is told.

use primis_vault_interface::events::Event;
use serde::Serialize;
use solana_address::Address;
use utoipa::ToSchema;

use crate::{
    http::openapi::words,
    store::{EventRow, StoreError},
};

/// An event of a position. Principal is counted in the pool's units, yield in lamports.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PositionEvent)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// The transaction's signature, base58.
    pub(super) signature: String,
    /// The slot it landed in.
    pub(super) slot: u64,
    /// Its place among the program's events of the transaction.
    pub(super) event_index: u64,
    #[schema(schema_with = words::position_event)]
    pub(super) event: &'static str,
    /// The chain's clock, Unix seconds.
    pub(super) at_unix: i64,
    /// The pool's account, base58.
    pub(super) pool: String,
    /// Principal that moved, or that a ticket asks for, units.
    pub(super) amount_units: Option<String>,
    /// Yield that was paid or became principal, or what a ticket paid, lamports.
    pub(super) amount_lamports: Option<String>,
    /// Principal of the position after it, units.
    pub(super) position_units: Option<String>,
}

/// What the kinds of events have in common.
struct Told {
    event: &'static str,
    at: i64,
    pool: Address,
    units: Option<u64>,
    lamports: Option<u64>,
    left: Option<u64>,
}

impl Row {
    /// # Errors
    /// If the row is not an event of a position.
    pub(super) fn of(row: EventRow) -> Result<Self, StoreError> {
        let told = Event::parse(&row.data)
            .as_ref()
            .and_then(told)
            .ok_or(StoreError::Corrupt("event"))?;
        let text = |number: Option<u64>| number.map(|n| n.to_string());
        Ok(Self {
            signature: row.signature,
            slot: row.place.slot,
            event_index: row.place.event_index,
            event: told.event,
            at_unix: told.at,
            pool: told.pool.to_string(),
            amount_units: text(told.units),
            amount_lamports: text(told.lamports),
            position_units: text(told.left),
        })
    }
}

fn told(event: &Event) -> Option<Told> {
    let of = |event, at, pool, units, lamports, left| {
        Some(Told {
            event,
            at,
            pool,
            units,
            lamports,
            left,
        })
    };
    match event {
        Event::PositionOpened(e) => of("opened", e.at, e.pool, None, None, None),
        Event::PositionClosed(e) => of("closed", e.at, e.pool, None, None, None),
        Event::Deposited(e) => of(
            "deposited",
            e.at,
            e.pool,
            Some(e.amount_units),
            None,
            Some(e.position_units),
        ),
        Event::Withdrawn(e) => of(
            if e.emergency == 0 {
                "withdrawn"
            } else {
                "emergency_withdrawn"
            },
            e.at,
            e.pool,
            Some(e.amount_units),
            None,
            Some(e.position_units),
        ),
        Event::Claimed(e) => of("claimed", e.at, e.pool, None, Some(e.amount_lamports), None),
        Event::Compounded(e) => of(
            "compounded",
            e.at,
            e.pool,
            None,
            Some(e.amount_lamports),
            Some(e.position_units),
        ),
        Event::TicketOpened(e) => of("ticket_opened", e.at, e.pool, Some(e.units), None, None),
        Event::TicketCancelled(e) => {
            of("ticket_cancelled", e.at, e.pool, Some(e.units), None, None)
        }
        Event::TicketServed(e) => of(
            "ticket_served",
            e.at,
            e.pool,
            None,
            Some(e.amount_lamports),
            None,
        ),
        _ => None,
    }
}
