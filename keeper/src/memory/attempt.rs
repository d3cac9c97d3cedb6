//! One attempt to distribute, as it is remembered.

use serde::Serialize;
use solana_signature::Signature;
use sqlx::{Row, sqlite::SqliteRow};

use crate::error::Error;

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Decided; nothing is signed.
    Planned,
    /// Signed and stored; perhaps not sent.
    Signed,
    /// An endpoint took it.
    Sent,
    /// Sent, and its end could not be learnt yet.
    Unknown,
    /// Executed; the chain's interval moved.
    Landed,
    /// The chain's interval moved, by another transaction.
    Superseded,
    /// It can never land, and the interval has not moved.
    Expired,
    /// Executed and refused; nothing changed.
    Refused,
}

impl AttemptState {
    /// Every state, in the order an attempt can take them.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Signed,
        Self::Sent,
        Self::Unknown,
        Self::Landed,
        Self::Superseded,
        Self::Expired,
        Self::Refused,
    ];

    /// Its name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Signed => "signed",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Landed => "landed",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    /// Whether its end is still to come.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Planned | Self::Signed | Self::Sent | Self::Unknown
        )
    }

    /// Whether an attempt in this state may be in `next` after it. Only forward: what is signed
    /// is never unsigned, what is not signed cannot land, and an end stays what it is.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Planned => matches!(next, Self::Signed | Self::Superseded | Self::Expired),
            Self::Signed => next != Self::Planned && next != Self::Signed,
            // Looked at again and again until the end is known.
            Self::Sent | Self::Unknown => next == Self::Unknown || !next.is_open(),
            Self::Landed | Self::Superseded | Self::Expired | Self::Refused => false,
        }
    }
}

/// A signed transaction that may land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its signature.
    pub signature: Signature,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The last block height it can land at.
    pub last_valid_block_height: u64,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number.
    pub id: i64,
    /// How far it is.
    pub state: AttemptState,
    /// Begin of the stretch, Unix seconds.
    pub previous_interval_id: i64,
    /// End of the stretch, Unix seconds.
    pub interval_id: i64,
    /// Lamports it funds.
    pub fund_lamports: u64,
    /// Lamports it distributes.
    pub distribute_lamports: u64,
    /// The cluster's clock when it was planned, Unix seconds.
    pub planned_at: i64,
    /// What was signed; `None` before.
    pub in_flight: Option<InFlight>,
    /// Why it ended as it did.
    pub note: Option<String>,
}

impl Attempt {
    pub(super) fn from_row(row: &SqliteRow) -> Result<Self, Error> {
        let name: String = row.try_get("state")?;
        let nonsense = |what: &str| Error::Memory(format!("an attempt's {what} cannot be read"));
        let state = AttemptState::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| nonsense("state"))?;
        let lamports = |column: &str| -> Result<u64, Error> {
            u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| nonsense(column))
        };
        let in_flight = match row.try_get::<Option<String>, _>("signature")? {
            None => None,
            Some(signature) => Some(InFlight {
                signature: signature.parse().map_err(|_| nonsense("signature"))?,
                bytes: row.try_get("bytes")?,
                last_valid_block_height: lamports("last_valid_block_height")?,
            }),
        };
        Ok(Self {
            id: row.try_get("id")?,
            state,
            previous_interval_id: row.try_get("previous_interval_id")?,
            interval_id: row.try_get("interval_id")?,
            fund_lamports: lamports("fund_lamports")?,
            distribute_lamports: lamports("distribute_lamports")?,
            planned_at: row.try_get("planned_at")?,
            in_flight,
            note: row.try_get("note")?,
        })
    }
}
