//! What a unit of metered work costs, from a TOML file, in integers.

use std::collections::BTreeMap;

use primis_vault_interface::math::BPS_DENOMINATOR;
use serde::Deserialize;

use crate::config::exact;

/// Why a price list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file cannot be read.
    #[error("prices: {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a price list.
    #[error("prices: {0}; app-api/prices.sample.toml shows the form")]
    Parse(#[from] config::ConfigError),
    /// A rule contradicts itself or another.
    #[error("prices: sku {sku} {problem}")]
    Rule {
        /// Its SKU.
        sku: String,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prices: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    sku: String,
    nano_usd: u64,
    #[serde(default = "one")]
    per: u64,
    #[serde(default)]
    provider_cost_nano_usd: u64,
}

fn one() -> u64 {
    1
}

/// What one event costs, nano-USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What the customer pays.
    pub charge_nano_usd: i64,
    /// The platform's part of it.
    pub fee_nano_usd: i64,
    /// What the provider is paid.
    pub provider_cost_nano_usd: i64,
}

/// The prices by SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    rules: BTreeMap<String, Rule>,
}

impl PriceList {
    /// Reads a price list.
    ///
    /// # Errors
    /// If the file cannot be read, names a SKU twice or prices nothing.
    pub fn read(path: &str) -> Result<Self, PricesError> {
        let text = std::fs::read_to_string(path).map_err(|source| PricesError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a price list from TOML.
    ///
    /// # Errors
    /// As [`PriceList::read`].
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let file: File = exact(text)?;
        let mut rules = BTreeMap::new();
        for rule in file.prices {
            let refuse = |problem| {
                Err(PricesError::Rule {
                    sku: rule.sku.clone(),
                    problem,
                })
            };
            if rule.sku.is_empty() {
                return refuse("is empty: name what is sold");
            }
            if rule.per == 0 {
                return refuse("has per = 0: say how many units the price is for");
            }
            if rules.insert(rule.sku.clone(), rule.clone()).is_some() {
                return refuse("is listed twice: keep one price");
            }
        }
        Ok(Self { rules })
    }

    /// Whether `sku` has a price.
    pub fn knows(&self, sku: &str) -> bool {
        self.rules.contains_key(sku)
    }

    /// Prices `quantity` of `sku` with a platform fee of `fee_bps` basis points.
    ///
    /// The charge is rounded down, in the customer's favour; the fee is rounded down, in the
    /// provider's; the provider's cost is rounded up, as it will be billed. Each once an event, so
    /// sums of events are exact. `None`: the SKU has no price, or the result exceeds 63 bits.
    pub fn charge(&self, sku: &str, quantity: u64, fee_bps: u64) -> Option<Charge> {
        let rule = self.rules.get(sku)?;
        let scaled = |price: u64| u128::from(quantity).checked_mul(u128::from(price));
        let per = u128::from(rule.per);
        let charge = scaled(rule.nano_usd)?.checked_div(per)?;
        let fee = charge
            .checked_mul(u128::from(fee_bps))?
            .checked_div(u128::from(BPS_DENOMINATOR))?;
        let cost = scaled(rule.provider_cost_nano_usd)?.div_ceil(per);
        Some(Charge {
            charge_nano_usd: i64::try_from(charge).ok()?,
            fee_nano_usd: i64::try_from(fee).ok()?,
            provider_cost_nano_usd: i64::try_from(cost).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> PriceList {
        PriceList::read(concat!(env!("CARGO_MANIFEST_DIR"), "/prices.sample.toml")).unwrap()
    }

    #[test]
    fn the_sample_prices_seconds_tokens_and_calls() {
        let list = sample();
        let hour = list.charge("gpu.h100.second", 3_600, 1_000).unwrap();
        assert_eq!(
            (hour.charge_nano_usd, hour.fee_nano_usd),
            (2_490_000_000, 249_000_000)
        );
        let second = list.charge("gpu.h100.second", 1, 1_000).unwrap();
        assert_eq!(
            (
                second.charge_nano_usd,
                second.fee_nano_usd,
                second.provider_cost_nano_usd
            ),
            (691_666, 69_166, 527_778)
        );
        assert_eq!(
            list.charge("llm.output.token", 1_000_000, 0)
                .unwrap()
                .charge_nano_usd,
            1_500_000_000
        );
        assert_eq!(
            list.charge("api.call", 3, 10_000).unwrap().fee_nano_usd,
            1_500_000
        );
        assert_eq!(list.charge("gpu.b200.second", 1, 0), None);
        assert_eq!(list.charge("gpu.h100.second", u64::MAX, 0), None);
    }

    #[test]
    fn lists_that_contradict_themselves_are_refused() {
        for text in [
            "prices = [{ sku = \"a\", nano_usd = 1 }, { sku = \"a\", nano_usd = 2 }]",
            "prices = [{ sku = \"a\", nano_usd = 1, per = 0 }]",
            "prices = [{ sku = \"\", nano_usd = 1 }]",
            "prices = [{ sku = \"a\", nano_usd = -1 }]",
            "prices = [{ sku = \"a\", nano_usd = 0.5 }]",
            "prices = [{ sku = \"a\", nano_usd = 1, per = 2.5 }]",
            "prices = [{ sku = \"a\", nano_usd = 1, curency = \"EUR\" }]",
        ] {
            assert!(PriceList::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_charge_is_the_floor_and_the_fee_lies_within(nano: u32, per in 1u64..1 << 40, quantity: u32, bps in 0u64..=10_000) {
            let list = PriceList::parse(&format!("prices = [{{ sku = \"a\", nano_usd = {nano}, per = {per} }}]")).unwrap();
            let c = list.charge("a", u64::from(quantity), bps).unwrap();
            let exact = u128::from(nano) * u128::from(quantity);
            let charge = u128::try_from(c.charge_nano_usd).unwrap();
            prop_assert!(charge * u128::from(per) <= exact && (charge + 1) * u128::from(per) > exact);
            prop_assert!(c.fee_nano_usd <= c.charge_nano_usd);
        }
    }
}
