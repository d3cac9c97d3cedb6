//! The payment provider, and what is sold through it.

use serde::Deserialize;

use super::{ConfigError, require};

/// The most a card is charged at once, US cents: the provider's own bound.
const MAX_CENTS: i64 = 99_999_999;
/// The least, US cents: the provider's own bound too.
const LEAST_CENTS: i64 = 50;
/// The most runs of a pack.
const MAX_RUNS: i64 = 1_000_000;

/// Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stripe {
    /// Where its API is.
    pub base_url: String,
    /// File with the secret key; without it nothing is sold.
    pub secret_key_path: Option<String>,
    /// File with the webhook's secrets, one a line: several while one is being replaced.
    pub webhook_secret_path: Option<String>,
    /// Where a customer comes back to after paying.
    pub success_url: Option<String>,
    /// Where a customer comes back to without paying.
    pub cancel_url: Option<String>,
    /// Packs of credit.
    pub packs: Vec<Pack>,
    /// Packs of prepaid runs.
    pub run_packs: Vec<RunPack>,
    /// The least that one run costs by card, US cents: what a card is charged costs too.
    pub run_min_cents: i64,
    /// The least credit that may be bought without a pack, US cents; 0: only packs are sold.
    pub custom_min_cents: i64,
    /// The most, US cents.
    pub custom_max_cents: i64,
    /// Seconds between two looks for months to close and postings to finish.
    pub sweep_seconds: u64,
}

/// A pack of credit: what is paid is what is credited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its price, US cents.
    pub cents: i64,
}

/// A pack of prepaid runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPack {
    /// Its id.
    pub id: String,
    /// How many runs.
    pub runs: i64,
    /// Its price, US cents.
    pub cents: i64,
}

impl Default for Stripe {
    fn default() -> Self {
        let pack = |id: &str, cents| Pack {
            id: id.into(),
            cents,
        };
        Self {
            base_url: "https://api.stripe.com".into(),
            secret_key_path: None,
            webhook_secret_path: None,
            success_url: None,
            cancel_url: None,
            packs: vec![
                pack("small", 2_500),
                pack("medium", 9_500),
                pack("large", 45_000),
            ],
            run_packs: Vec::new(),
            run_min_cents: 50,
            custom_min_cents: 500,
            custom_max_cents: 1_000_000,
            sweep_seconds: 60,
        }
    }
}

impl Stripe {
    /// Refuses what cannot be sold.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let is_url = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        require(
            is_url(&self.base_url) && !self.base_url.ends_with('/'),
            "stripe.base_url",
            "must begin with https:// or http:// and end without a slash",
        )?;
        for (key, url) in [
            ("stripe.success_url", &self.success_url),
            ("stripe.cancel_url", &self.cancel_url),
        ] {
            require(
                url.as_deref().is_none_or(is_url),
                key,
                "must begin with https:// or http://",
            )?;
        }
        let packs = self.packs.iter().map(|pack| (&pack.id, pack.cents, 1));
        let run_packs = self.run_packs.iter();
        let run_packs = run_packs.map(|pack| (&pack.id, pack.cents, pack.runs));
        let mut ids = std::collections::BTreeSet::new();
        for (id, cents, runs) in packs.chain(run_packs) {
            require(
                (1..=40).contains(&id.len())
                    && id.bytes().all(|b| {
                        b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-'
                    })
                    && ids.insert(id),
                "stripe.packs.id",
                "and run_packs.id must have 1 to 40 of a-z, 0-9, _ and -, and be another for each pack",
            )?;
            require(
                (LEAST_CENTS..=MAX_CENTS).contains(&cents),
                "stripe.packs.cents",
                "and run_packs.cents must lie between 50 and 99,999,999, what a card can be charged",
            )?;
            require(
                (1..=MAX_RUNS).contains(&runs),
                "stripe.run_packs.runs",
                "must lie between 1 and 1,000,000",
            )?;
        }
        require(
            (LEAST_CENTS..=MAX_CENTS).contains(&self.run_min_cents),
            "stripe.run_min_cents",
            "must lie between 50 and 99,999,999, what a card can be charged",
        )?;
        require(
            self.custom_min_cents == 0
                || (LEAST_CENTS..=MAX_CENTS).contains(&self.custom_min_cents)
                    && (self.custom_min_cents..=MAX_CENTS).contains(&self.custom_max_cents),
            "stripe.custom_min_cents",
            "must be 0, or lie between 50 and custom_max_cents, and that be at most 99,999,999",
        )?;
        require(
            self.sweep_seconds > 0,
            "stripe.sweep_seconds",
            "must be positive",
        )
    }
}
