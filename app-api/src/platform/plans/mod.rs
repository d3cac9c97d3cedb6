//! What is sold by subscription, as data: a plan has versions, and an account keeps the one it subscribed to.

pub(crate) mod admin;
pub(crate) mod audit;
mod overage;
mod period;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use overage::{OverageError, overage_nano_usd};
pub use period::{NoMonth, Period};

/// The catalogue of metered systems: the plan that sets an account's limits is one of it.
pub const METERED: &str = "metered";

/// The plan of an account that subscribed to nothing.
pub const FREE: &str = "free";

/// Nano-USD in a cent.
pub const NANO_USD_PER_CENT: i64 = 10_000_000;

/// What a plan offers for what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// Plans of one catalogue exclude each other.
    #[schema(
        min_length = 1,
        max_length = 40,
        pattern = "^[a-z0-9_]+$",
        example = "metered"
    )]
    pub catalogue: String,
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = "^[A-Za-z0-9 ._-]+$",
        example = "PRO"
    )]
    pub name: String,
    /// The fee for a month, US cents: what a card can be charged.
    #[schema(minimum = 0, maximum = 99_999_999, example = 9_900)]
    pub price_cents: i64,
    /// Systems that may be metered; `null`: as many as wanted.
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64, example = 10)]
    pub systems: Option<i64>,
    /// Calls of a month that the fee pays for.
    #[schema(
        minimum = 0,
        maximum = 9_223_372_036_854_775_807_i64,
        example = 100_000
    )]
    pub included_calls: i64,
    /// What a thousand calls above cost, nano-USD as a decimal string; `null`: there are none above.
    #[serde(with = "decimal")]
    #[schema(value_type = Option<String>, max_length = 15, pattern = "^[0-9]{1,15}$", example = "500000000")]
    pub overage_per_thousand_nano_usd: Option<i64>,
    /// Days for which measurements are kept.
    #[schema(minimum = 0, maximum = 36_500, example = 30)]
    pub history_days: i64,
    /// What else it opens.
    #[schema(max_items = 40, example = json!(["alerts", "webhooks"]))]
    pub features: Vec<String>,
    /// Requests that may be made in a minute.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 600)]
    pub requests_per_minute: u32,
    /// Requests that may be made in an hour.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 20_000)]
    pub requests_per_hour: u32,
    /// Requests that may be made in a day.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 200_000)]
    pub requests_per_day: u32,
    /// What a sandbox may use; `null` where none is sold.
    pub sandbox: Option<Sandbox>,
    /// Whether it can be subscribed to now; those who have it keep it.
    #[schema(example = true)]
    pub offered: bool,
}

/// What a sandbox may use.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sandbox {
    /// Hours of a month.
    #[schema(minimum = 0, maximum = 1_000_000, example = 100)]
    pub hours: i64,
    /// Virtual CPUs of one.
    #[schema(minimum = 1, maximum = 1_024, example = 2)]
    pub cpus: u32,
    /// Memory of one, MiB.
    #[schema(minimum = 1, maximum = 16_777_216, example = 4_096)]
    pub memory_mib: u32,
}

/// A version of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its id.
    #[schema(example = "pro")]
    pub plan: String,
    /// Which version of it, from 1.
    #[schema(minimum = 1, example = 1)]
    pub version: i64,
    /// Since when there is this version.
    #[schema(example = 1_795_262_400)]
    pub created_at_unix: i64,
    /// What it offers.
    pub terms: Terms,
}

impl Terms {
    /// What of them contradicts itself.
    ///
    /// # Errors
    /// A message that names the field and what it should be.
    pub fn validate(&self) -> Result<(), &'static str> {
        let word = |text: &str, most: usize, more: &[u8]| {
            (1..=most).contains(&text.len())
                && text.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || more.contains(&b)
                })
        };
        let name_bytes = |b: u8| b.is_ascii_alphanumeric() || b" ._-".contains(&b);
        let require = |ok: bool, problem| if ok { Ok(()) } else { Err(problem) };
        require(
            word(&self.catalogue, 40, b""),
            "catalogue must have 1 to 40 of a-z, 0-9 and _",
        )?;
        require(
            (1..=80).contains(&self.name.len()) && self.name.bytes().all(name_bytes),
            "name must have 1 to 80 letters, digits, spaces, dots, _ or -",
        )?;
        require(
            (0..=99_999_999).contains(&self.price_cents),
            "priceCents must lie between 0 and 99,999,999, the most a card is charged at once",
        )?;
        require(
            self.systems.is_none_or(|n| n >= 0),
            "systems must not be negative",
        )?;
        require(
            self.included_calls >= 0,
            "includedCalls must not be negative",
        )?;
        require(
            self.overage_per_thousand_nano_usd
                .is_none_or(|n| (0..1_000_000_000_000_000).contains(&n)),
            "overagePerThousandNanoUsd must have at most 15 digits",
        )?;
        require(
            (0..=36_500).contains(&self.history_days),
            "historyDays must lie between 0 and 36,500",
        )?;
        require(
            self.features.len() <= 40 && self.features.iter().all(|f| word(f, 40, b"-")),
            "features must be at most 40, each 1 to 40 of a-z, 0-9, _ and -",
        )?;
        require(
            [
                self.requests_per_minute,
                self.requests_per_hour,
                self.requests_per_day,
            ]
            .iter()
            .all(|n| (1..=1_000_000_000).contains(n)),
            "requestsPerMinute, requestsPerHour and requestsPerDay must lie between 1 and 1,000,000,000",
        )?;
        require(
            self.sandbox.as_ref().is_none_or(|s| {
                (0..=1_000_000).contains(&s.hours)
                    && (1..=1_024).contains(&s.cpus)
                    && (1..=16_777_216).contains(&s.memory_mib)
            }),
            "sandbox must have 0 to 1,000,000 hours, 1 to 1,024 CPUs and 1 to 16,777,216 MiB",
        )
    }

    /// The fee for a month, nano-USD.
    pub fn price_nano_usd(&self) -> i64 {
        self.price_cents.saturating_mul(NANO_USD_PER_CENT)
    }
}

/// Whether `id` can name a plan.
pub(crate) fn is_plan_id(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// An amount as a decimal string: it may exceed what a double holds.
mod decimal {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &Option<i64>, s: S) -> Result<S::Ok, S::Error> {
        value.map(|n| n.to_string()).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
        Option::<String>::deserialize(d)?
            .map(|text| {
                text.parse()
                    .map_err(|_| D::Error::custom("an amount must be a decimal string"))
            })
            .transpose()
    }
}
