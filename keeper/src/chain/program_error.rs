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
    if let Some(refusal) = vault_error(error) {
        return Error::Refused(refusal);
    }
    match remedy(error) {
        Some(remedy) => Error::NotExecutable(remedy.into()),
        None => Error::Transaction {
            cause: error.to_string(),
            logs,
        },
    }
}

/// What to do about the runtime's errors that operators meet; `None` for all others.
fn remedy(error: &Value) -> Option<&'static str> {
    match error.as_str()? {
        "AccountNotFound" => Some("the wallet that pays does not exist: send SOL to it"),
        "InsufficientFundsForFee" => Some("the wallet cannot pay the fee: send SOL to it"),
        "ProgramAccountNotFound" => {
            Some("the staking vault program is not deployed on this cluster: check chain.rpc_urls")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Exit;

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
    fn what_a_person_can_mend_needs_a_person() {
        for (name, remedy) in [
            ("AccountNotFound", "send SOL"),
            ("InsufficientFundsForFee", "send SOL"),
            ("ProgramAccountNotFound", "chain.rpc_urls"),
        ] {
            let error = error_from_runtime(&json!(name), Vec::new());
            assert_eq!(error.exit(), Exit::NeedsPerson, "{name}");
            assert!(error.to_string().contains(remedy), "{error}");
        }
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
