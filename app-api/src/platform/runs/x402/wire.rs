//! x402's messages, version 2. Own types: the published crates bring half a dozen chains' libraries with
//! them, and no more than these fields is used.

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::http::ApiError;

/// Of the protocol.
pub(super) const VERSION: u8 = 2;
/// The scheme that pays an exact amount.
pub(super) const EXACT: &str = "exact";
/// Bytes of a signature on Solana.
const SIGNATURE_BYTES: usize = 64;
/// Longest transaction, bytes.
const MAX_TRANSACTION_BYTES: usize = 1_232;

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requirements {
    pub(super) scheme: String,
    pub(super) network: String,
    pub(super) amount: String,
    pub(super) asset: String,
    pub(super) pay_to: String,
    pub(super) max_timeout_seconds: u64,
    #[serde(default)]
    pub(super) extra: Value,
}

impl Requirements {
    /// Whether a payer accepted these: all that decides where how much goes.
    pub(super) fn same_payment(&self, accepted: &Self) -> bool {
        (
            &self.scheme,
            &self.network,
            &self.amount,
            &self.asset,
            &self.pay_to,
        ) == (
            &accepted.scheme,
            &accepted.network,
            &accepted.amount,
            &accepted.asset,
            &accepted.pay_to,
        )
    }
}

/// What is paid for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) mime_type: String,
}

/// The header of a 402.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentRequired {
    pub(super) x402_version: u8,
    pub(super) error: String,
    pub(super) resource: Resource,
    pub(super) accepts: Vec<Requirements>,
}

/// The header of a request that pays. The facilitator gets it whole.
pub(super) struct Payment {
    /// Hash of the network and the message that the payer signed: the signatures around it may be written in
    /// several ways, and pay once.
    pub(super) id: String,
    pub(super) accepted: Requirements,
    pub(super) whole: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    x402_version: u8,
    accepted: Requirements,
    payload: Signed,
}

#[derive(Deserialize)]
struct Signed {
    transaction: String,
}

impl Payment {
    /// Reads the header.
    ///
    /// # Errors
    /// 400 `invalid_payment`.
    pub(super) fn read(header: &str) -> Result<Self, ApiError> {
        let invalid = |problem: &str| ApiError::bad_request("invalid_payment", problem);
        let bytes = STANDARD
            .decode(header.trim())
            .map_err(|_| invalid("PAYMENT-SIGNATURE is not base64"))?;
        let form =
            "PAYMENT-SIGNATURE is not x402's: { x402Version, accepted, payload: { transaction } }";
        let whole: Value = serde_json::from_slice(&bytes).map_err(|_| invalid(form))?;
        let payload = Payload::deserialize(&whole).map_err(|_| invalid(form))?;
        if payload.x402_version != VERSION {
            return Err(invalid("only version 2 of x402 is taken"));
        }
        let transaction = STANDARD
            .decode(&payload.payload.transaction)
            .map_err(|_| invalid("the transaction is not base64"))?;
        let message =
            message(&transaction).ok_or_else(|| invalid("the transaction is not Solana's"))?;
        let mut hash = Sha256::new();
        hash.update(payload.accepted.network.as_bytes());
        hash.update([0]);
        hash.update(message);
        Ok(Self {
            id: hex::encode(hash.finalize()),
            accepted: payload.accepted,
            whole,
        })
    }
}

/// What the signatures of a transaction are over: the rest after a count below 128, which takes one byte, and
/// as many signatures.
fn message(transaction: &[u8]) -> Option<&[u8]> {
    if transaction.len() > MAX_TRANSACTION_BYTES {
        return None;
    }
    let (count, rest) = transaction.split_first()?;
    if *count == 0 || *count > 0x7f {
        return None;
    }
    let message = rest.get(usize::from(*count).checked_mul(SIGNATURE_BYTES)?..)?;
    (!message.is_empty()).then_some(message)
}

/// What the facilitator is asked, to verify and to settle.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) x402_version: u8,
    pub(super) payment_payload: Value,
    pub(super) payment_requirements: Requirements,
}

/// What `/verify` answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    pub(super) is_valid: bool,
    pub(super) invalid_reason: Option<String>,
}

/// What `/settle` answers, and with success the payer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettleAnswer {
    pub(super) success: bool,
    #[serde(default)]
    pub(super) transaction: String,
    #[serde(default)]
    pub(super) network: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_reason: Option<String>,
}

/// What `/supported` answers.
#[derive(Debug, Deserialize)]
pub(super) struct Supported {
    pub(super) kinds: Vec<Kind>,
}

/// A way to pay that the facilitator knows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kind {
    pub(super) x402_version: u8,
    pub(super) scheme: String,
    pub(super) network: String,
    #[serde(default)]
    pub(super) extra: Value,
}

/// A message as a header carries it.
pub(super) fn encoded(message: &impl Serialize) -> Result<HeaderValue, ApiError> {
    let json = serde_json::to_vec(message).map_err(|error| ApiError::internal(&error))?;
    HeaderValue::from_str(&STANDARD.encode(json)).map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn header(transaction: &[u8], amount: &str) -> String {
        let accepted = json!({
            "scheme": "exact", "network": "solana:x", "amount": amount, "asset": "a", "payTo": "p",
            "maxTimeoutSeconds": 60, "extra": { "feePayer": "f" },
        });
        let payload = json!({
            "x402Version": 2, "accepted": accepted,
            "payload": { "transaction": STANDARD.encode(transaction) },
        });
        STANDARD.encode(payload.to_string())
    }

    #[test]
    fn a_payment_is_its_message() {
        let signed = |byte: u8| [&[1][..], &[byte; 64], b"message"].concat();
        let id = |header: &str| Payment::read(header).unwrap().id;
        let first = id(&header(&signed(0), "1"));
        // Another signature and other words around it are the same money.
        assert_eq!(first, id(&header(&signed(9), "2")));
        assert_ne!(
            first,
            id(&header(&[&[1][..], &[0; 64], b"massage"].concat(), "1"))
        );
    }

    #[test]
    fn what_is_no_payment() {
        for transaction in [
            &b""[..],
            b"\0message",
            b"\x01short",
            &[1; 65],
            &[0x80; 500],
            &[1; 1_233],
        ] {
            assert!(
                Payment::read(&header(transaction, "1")).is_err(),
                "{transaction:?}"
            );
        }
        assert!(Payment::read("%").is_err());
        assert!(Payment::read(&STANDARD.encode("{}")).is_err());
    }
}
