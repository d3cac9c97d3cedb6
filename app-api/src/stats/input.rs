//! Reading what a path says, with refusals that tell what to send.

use axum::extract::{Path, rejection::PathRejection};
use solana_address::Address;

use crate::http::ApiError;

/// Decimals of SOL.
const DECIMALS: usize = 9;

/// What the path holds, before it is read.
pub(super) type Segment = Result<Path<String>, PathRejection>;

/// The text of a path's last part.
fn text(segment: Segment) -> Result<String, ApiError> {
    segment.map(|Path(text)| text).map_err(|_| {
        ApiError::bad_request(
            "invalid_path",
            "the path must be UTF-8, percent-encoded where it is not ASCII",
        )
    })
}

/// A wallet's address.
pub(super) fn wallet(segment: Segment) -> Result<Address, ApiError> {
    address(&text(segment)?)
}

/// A wallet's address, and whether `.csv` follows it.
pub(super) fn wallet_or_table(segment: Segment) -> Result<(Address, bool), ApiError> {
    let text = text(segment)?;
    let (name, table) = text
        .strip_suffix(".csv")
        .map_or((text.as_str(), false), |name| (name, true));
    Ok((address(name)?, table))
}

fn address(text: &str) -> Result<Address, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(
            "invalid_wallet",
            "the wallet must be a base58 address of 32 bytes",
        )
    })
}

/// An amount of SOL as lamports: digits, and up to nine more after a point.
pub(super) fn stake_lamports(segment: Segment) -> Result<u64, ApiError> {
    parse_lamports(&text(segment)?).ok_or_else(|| {
        ApiError::bad_request(
            "invalid_stake",
            "the stake must be an amount of SOL such as 10 or 0.5, with at most nine decimals",
        )
    })
}

fn parse_lamports(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_sol() {
        for (text, lamports) in [
            ("10", Some(10_000_000_000)),
            ("0", Some(0)),
            ("0.000000001", Some(1)),
            ("18446744073.709551615", Some(u64::MAX)),
            ("18446744073.709551616", None),
            ("0.0000000001", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1.", None),
            (".5", None),
            ("", None),
            ("NaN", None),
            ("1,5", None),
            ("١", None),
        ] {
            assert_eq!(parse_lamports(text), lamports, "{text}");
        }
    }
}
