//! Why a wallet does not get what it asks for: the codes, and the runtime's errors in plain words.

use std::fmt::Display;

use axum::http::StatusCode;
use primis_vault_interface::{ID, VaultError};
use serde_json::Value;
use solana_address::Address;

use crate::http::ApiError;

/// A request that names no wallet.
pub(super) fn invalid_account(message: &str) -> ApiError {
    ApiError::bad_request("invalid_account", message)
}

/// An amount that is none.
pub(super) fn invalid_amount(message: &str) -> ApiError {
    ApiError::bad_request("invalid_amount", message)
}

/// The pool does not exist, or not for this.
pub(super) fn unknown_pool(message: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_pool", message)
}

/// 422: understood, and not possible as things are.
pub(super) fn refused(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

/// 503: the cluster's endpoint does not answer, or not what it should.
pub(super) fn rpc_unavailable(method: &str, error: &dyn Display) -> ApiError {
    tracing::warn!(method, %error, "the cluster's endpoint failed");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "rpc_unavailable",
        "the Solana network cannot be reached at the moment: try again",
    )
    .retry_after_seconds(2)
}

/// A runtime error such as `{"InstructionError":[2,{"Custom":6002}]}` as code and plain words.
/// `programs` are those the transaction's instructions call, in order; without them a code of
/// another program cannot be told from one of ours, and ours are rarely met by others.
pub(super) fn explain(
    error: &Value,
    logs: &[String],
    programs: &[Address],
) -> (&'static str, String) {
    if let Some((index, code)) = custom(error) {
        let is_ours = programs.get(index).is_none_or(|program| *program == ID);
        if let Some(refusal) = VaultError::from_code(code).filter(|_| is_ours) {
            return (code_of(refusal), refusal.to_string());
        }
        // Both the System program and the token programs number this 1.
        if code == 1 {
            let text = "the wallet does not hold enough for this, fees and account rent included";
            return ("insufficient_funds", text.into());
        }
    }
    match name(error) {
        Some("AccountNotFound" | "InsufficientFundsForFee" | "InsufficientFundsForRent") => (
            "insufficient_funds",
            "the wallet does not hold enough SOL for the fee and the rent of its accounts".into(),
        ),
        Some("BlockhashNotFound") => (
            "simulation_failed",
            "the transaction has expired: build and sign it again".into(),
        ),
        Some("SignatureFailure") => (
            "simulation_failed",
            "a signature does not match the transaction".into(),
        ),
        Some("ProgramAccountNotFound" | "InvalidProgramForExecution") => (
            "simulation_failed",
            "the staking vault program is not deployed on this network".into(),
        ),
        _ => ("simulation_failed", in_its_own_words(error, logs)),
    }
}

/// [`explain`] as a refusal.
pub(super) fn simulation_failed(error: &Value, logs: &[String], programs: &[Address]) -> ApiError {
    let (code, message) = explain(error, logs, programs);
    refused(code, &message)
}

/// Instruction and code of a program's own error.
fn custom(error: &Value) -> Option<(usize, u32)> {
    let inner = error.get("InstructionError")?;
    let index = usize::try_from(inner.get(0)?.as_u64()?).ok()?;
    let code = inner.get(1)?.get("Custom")?.as_u64()?;
    Some((index, u32::try_from(code).ok()?))
}

/// Name of an error of the transaction as a whole.
fn name(error: &Value) -> Option<&str> {
    error
        .as_str()
        .or_else(|| error.as_object()?.keys().next().map(String::as_str))
}

/// The error's name, with the last thing a program said.
fn in_its_own_words(error: &Value, logs: &[String]) -> String {
    let said = logs
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix("Program log: "));
    match said {
        Some(said) => format!("the transaction would fail: {error}: {said}"),
        None => format!("the transaction would fail: {error}"),
    }
}

fn code_of(refusal: VaultError) -> &'static str {
    match refusal {
        VaultError::DepositsPaused => "deposits_paused",
        VaultError::PoolClosedToDeposits | VaultError::PoolNotOpen => "pool_closed",
        VaultError::OverPoolCap => "cap_exceeded",
        VaultError::BelowMinimumDeposit | VaultError::BelowMinimumTicket => "below_minimum",
        VaultError::InsufficientUnits => "insufficient_funds",
        VaultError::NothingOwed => "nothing_to_claim",
        VaultError::ZeroAmount => "invalid_amount",
        _ => "simulation_failed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_programs_refusals_are_told_in_its_words() {
        let system = Address::default();
        let error = json!({"InstructionError": [2, {"Custom": 6002}]});
        let (code, message) = explain(&error, &[], &[system, system, ID]);
        assert_eq!(code, "cap_exceeded");
        assert!(message.contains("over its cap"), "{message}");
        // The same number from another program is not ours.
        let (code, message) = explain(&error, &["Program log: no".into()], &[system; 3]);
        assert_eq!(code, "simulation_failed");
        assert!(
            message.contains("6002") && message.ends_with(": no"),
            "{message}"
        );
    }

    #[test]
    fn what_a_wallet_lacks_is_told_as_such() {
        for error in [
            json!("AccountNotFound"),
            json!({"InsufficientFundsForRent": {"account_index": 0}}),
            json!({"InstructionError": [2, {"Custom": 1}]}),
        ] {
            let (code, message) = explain(&error, &[], &[]);
            assert_eq!(code, "insufficient_funds", "{error}");
            assert!(message.contains("hold enough"), "{message}");
        }
        let (_, expired) = explain(&json!("BlockhashNotFound"), &[], &[]);
        assert!(expired.contains("expired"), "{expired}");
        let (code, odd) = explain(&json!({"InstructionError": []}), &[], &[]);
        assert_eq!(code, "simulation_failed");
        assert!(odd.contains("InstructionError"), "{odd}");
    }
}
