//! `PriceUpdateV2`, the accounts Pyth's receiver program writes, read by what the vault reads them
//! with.

use primis_foreign_accounts::pyth::{self, Refusal};

use crate::{Bounds, PriceError, SolUsd, published::Published};

/// The price of `feed_id` in the data of an account of the receiver program, checked against
/// `now_unix` (Unix seconds; the cluster's clock). Whoever calls checks the account's owner: only
/// the receiver's own accounts mean anything.
///
/// # Errors
/// See [`PriceError`].
pub fn sol_usd_of_account(
    data: &[u8],
    feed_id: &[u8; 32],
    bounds: Bounds,
    now_unix: i64,
) -> Result<SolUsd, PriceError> {
    let update = pyth::read(data).map_err(|refusal| match refusal {
        Refusal::NotAPriceUpdate => PriceError::Account("it is no PriceUpdateV2".into()),
        Refusal::NotFullyVerified => PriceError::Unverified,
    })?;
    if update.feed != *feed_id {
        return Err(PriceError::wrong_feed(feed_id));
    }
    let published = Published {
        price: update.price,
        conf: update.confidence,
        exponent: update.exponent,
        publish_time: update.publish_time,
    };
    published.checked(bounds, now_unix)
}
