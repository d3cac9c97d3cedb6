//! `[[price_accounts]]`.

use serde::Deserialize;
use solana_address::Address;

use super::chain::{address, optional_address};

/// Where Pyth's price of a token lies on chain. The vault checks feed, age and confidence; the
/// address is the keeper's business, because anyone posts such accounts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PriceAccountConfig {
    /// The token's mint.
    #[serde(deserialize_with = "address")]
    pub mint: Address,
    /// The `PriceUpdateV2` account of the token's feed.
    #[serde(deserialize_with = "address")]
    pub account: Address,
    /// The one of SOL in USD; only where the token's feed is in USD.
    #[serde(default, deserialize_with = "optional_address")]
    pub quote_account: Option<Address>,
}
