//! The answer to POST: what a wallet is asked to sign.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use solana_transaction::versioned::VersionedTransaction;

/// Most bytes the network takes.
const LARGEST: usize = 1_232;

/// Reads a transaction as a wallet does.
pub fn decode(json: &Value) -> Result<VersionedTransaction, String> {
    let text = json.get("transaction").and_then(Value::as_str);
    let bytes = STANDARD
        .decode(text.ok_or("no transaction")?)
        .map_err(|_| "the transaction is not base64")?;
    if bytes.len() > LARGEST {
        return Err(format!("the transaction has {} bytes", bytes.len()));
    }
    let read: VersionedTransaction =
        wincode::deserialize_exact(&bytes).map_err(|error| format!("no transaction: {error}"))?;
    read.sanitize()
        .map_err(|error| format!("the transaction contradicts itself: {error}"))?;
    Ok(read)
}

/// What is wrong with the answer to POST for `account`.
pub fn faults(json: &Value, account: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // `type` came with version 2.3 of the specification; without it a transaction is meant.
    if json.get("type").is_some_and(|kind| kind != "transaction") {
        faults.push("the type is not transaction".into());
    }
    if json.get("message").is_some_and(|v| !v.is_string()) {
        faults.push("the message is no text".into());
    }
    match decode(json) {
        Err(fault) => faults.push(fault),
        Ok(transaction) => faults.extend(signers(&transaction, account)),
    }
    if let Some(simulation) = json.get("simulation") {
        faults.extend(extension(simulation));
    }
    faults
}

fn signers(transaction: &VersionedTransaction, account: &str) -> Vec<String> {
    let keys = transaction.message.static_account_keys();
    let needed = usize::from(transaction.message.header().num_required_signatures);
    let wanted = |key: &solana_address::Address| key.to_string() == account;
    let mut faults = Vec::new();
    for (key, signature) in keys.iter().zip(&transaction.signatures).take(needed) {
        let is_signed = signature.as_ref().iter().any(|byte| *byte != 0);
        if wanted(key) {
            continue;
        }
        if !is_signed {
            faults.push(format!("malicious: a signature of {key} is expected"));
        } else if transaction.verify_with_results().contains(&false) {
            faults.push(format!("malformed: the signature of {key} is wrong"));
        }
    }
    if !keys.iter().take(needed).any(wanted) {
        faults.push("no signature of the account is expected".into());
    }
    faults
}

/// What is wrong with the extension that tells what the simulation found.
fn extension(simulation: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let digits = |v: Option<&Value>| {
        let text = v.and_then(Value::as_str).unwrap_or_default();
        text.trim_start_matches('-').parse::<u64>().is_ok()
    };
    for name in ["feeLamports", "rentLamports"] {
        if !digits(simulation.get(name)) {
            faults.push(format!("{name} is no decimal string"));
        }
    }
    for name in ["computeUnits", "lastValidBlockHeight"] {
        if simulation.get(name).and_then(Value::as_u64).unwrap_or(0) == 0 {
            faults.push(format!("{name} is no number"));
        }
    }
    let changes = simulation.get("changes").and_then(Value::as_array);
    let complete = |c: &Value| c["asset"].is_string() && digits(c.get("deltaUnits"));
    if !changes.is_some_and(|changes| !changes.is_empty() && changes.iter().all(complete)) {
        faults.push("changes are not told".into());
    }
    faults
}
