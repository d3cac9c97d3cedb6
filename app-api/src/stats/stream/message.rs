//! What is told: the name of an event, its data as JSON, and where a listener can go on after it.

use axum::response::sse::Event as Frame;
use primis_vault_interface::events::Event;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{distributions, paging};
use crate::store::{DistributionRow, EventRow, Place, SolPrice, StoreError};

/// One message, ready for every listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Its place in the chain's history: the `id` to resume from.
    pub(super) place: Option<Place>,
    name: &'static str,
    data: String,
}

/// `event: claim`: yield was paid to its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimEvent {
    wallet: String,
    pool: String,
    amount_lamports: String,
    signature: String,
    slot: u64,
    /// The chain's clock.
    at_unix: i64,
}

/// `event: price`: what a SOL costs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PriceEvent {
    /// Nano-USD (10⁻⁹ dollars) for one SOL.
    #[schema(example = "150000000000")]
    nano_usd_per_sol: String,
    published_at_unix: i64,
}

impl Message {
    /// What happened, if it is one of what is told.
    pub(super) fn of(row: EventRow) -> Result<Option<Self>, StoreError> {
        let place = Some(row.place);
        Ok(match Event::parse(&row.data) {
            Some(Event::YieldDistributed(e)) => Some(Self {
                place,
                name: "distribution",
                data: json(&distributions::view(DistributionRow {
                    signature: row.signature,
                    place: row.place,
                    source: e.source,
                    interval_from: e.previous_interval_id,
                    interval_to: e.interval_id,
                    stakers_lamports: e.stakers_lamports,
                    cumulative_stakers_lamports: 0,
                    amount_lamports: e.amount_lamports,
                    cumulative_amount_lamports: 0,
                    number: 0,
                    data: row.data,
                })?)?,
            }),
            Some(Event::Claimed(e)) => Some(Self {
                place,
                name: "claim",
                data: json(&ClaimEvent {
                    wallet: e.owner.to_string(),
                    pool: e.pool.to_string(),
                    amount_lamports: e.amount_lamports.to_string(),
                    signature: row.signature,
                    slot: row.place.slot,
                    at_unix: e.at,
                })?,
            }),
            _ => None,
        })
    }

    /// A new price.
    pub(super) fn price(price: SolPrice) -> Result<Self, StoreError> {
        Ok(Self {
            place: None,
            name: "price",
            data: json(&PriceEvent {
                nano_usd_per_sol: price.nano_usd_per_sol.to_string(),
                published_at_unix: price.published_at,
            })?,
        })
    }

    /// What `/api/stats` answers now.
    pub(super) fn stats(data: String) -> Self {
        Self {
            place: None,
            name: "stats",
            data,
        }
    }

    /// As it is sent.
    pub(super) fn frame(&self) -> Frame {
        let frame = Frame::default().event(self.name).data(&self.data);
        match self.place {
            Some(place) => frame.id(paging::cursor(place)),
            None => frame,
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("event"))
}
