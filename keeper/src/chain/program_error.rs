//! The runtime's errors, in the program's own words.

use primis_vault_interface::VaultError;
use serde_json::Value;

use crate::error::Error;

/// The vault's error in a runtime error such as `{"InstructionError":[3,{"Custom":6203}]}`.
/// Codes of other programs that the vault does not use are `None`.
pub fn vault_error(error: &Value) -> Option<VaultError> {
    let code = error
        .get("InstructionError")?
        .get(1)?
        .get("Custom")?
        .as_u64()?;
    VaultError::from_code(u32::try_from(code).ok()?)
}

/// The error to report for a runtime error.
pub fn error_from_runtime(error: &Value, logs: Vec<String>) -> Error {
    match vault_error(error) {
        Some(refusal) => Error::Refused(refusal),
        None => Error::Transaction {
            cause: cause(error),
            logs,
        },
    }
}

/// What operators meet, in words; else the runtime's own name.
fn cause(error: &Value) -> String {
    match error.as_str() {
        Some("AccountNotFound") => "the wallet that pays does not exist: send SOL to it".into(),
        Some("InsufficientFundsForFee") => "the wallet cannot pay the fee: send SOL to it".into(),
        Some("ProgramAccountNotFound") => {
            "the staking vault program is not deployed on this cluster: check chain.rpc_urls".into()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_the_programs_own_message() {
        let error = json!({"InstructionError": [3, {"Custom": 6204}]});
        assert_eq!(vault_error(&error), Some(VaultError::IntervalMismatch));
        let text = error_from_runtime(&error, Vec::new()).to_string();
        assert!(
            text.contains("another distribution came in between"),
            "{text}"
        );
    }

    #[test]
    fn other_errors_keep_their_name_and_log() {
        let error = error_from_runtime(
            &json!({"InstructionError": [0, {"Custom": 1}]}),
            vec!["Program log: x".into()],
        );
        assert!(
            error.to_string().contains("Custom") && error.to_string().contains("Program log: x"),
            "{error}"
        );
        for other in [
            json!("BlockhashNotFound"),
            json!(null),
            json!({"InstructionError": []}),
            json!({"InstructionError": [0, {"Custom": u64::MAX}]}),
        ] {
            assert_eq!(vault_error(&other), None);
        }
    }
}
