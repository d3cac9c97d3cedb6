//! Signed transactions as they come from a wallet: what is passed on, and what is not.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_vault_interface::ID;
use solana_address::Address;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::programs;
use crate::http::ApiError;

/// Most bytes a transaction can have: what fits one network packet.
pub(super) const LARGEST_TRANSACTION: usize = 1_232;

/// A transaction that may be passed on.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) bytes: Vec<u8>,
    /// The first signature, by which it is known.
    pub(super) signature: Signature,
    /// What its instructions call, in order.
    pub(super) programs: Vec<Address>,
}

/// Programs that a transaction may call beside ours: what opening a position or a token account
/// takes, and what wallets add by themselves.
const BESIDE: [Address; 6] = [
    programs::COMPUTE_BUDGET,
    programs::ASSOCIATED_TOKEN,
    programs::SYSTEM,
    programs::TOKEN,
    programs::TOKEN_2022,
    programs::LIGHTHOUSE,
];

fn invalid(message: &str) -> ApiError {
    ApiError::bad_request("invalid_transaction", message)
}

impl Signed {
    /// Reads base64.
    ///
    /// # Errors
    /// If it is no transaction, too large, not fully signed, or not one of this program's.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let bytes = STANDARD
            .decode(text.trim())
            .map_err(|_| invalid("the transaction is not base64"))?;
        if bytes.len() > LARGEST_TRANSACTION {
            let text = format!(
                "the transaction has {} bytes; the network takes {LARGEST_TRANSACTION}",
                bytes.len()
            );
            return Err(invalid(&text));
        }
        let transaction: VersionedTransaction = wincode::deserialize_exact(&bytes)
            .map_err(|_| invalid("these bytes are not a Solana transaction"))?;
        transaction
            .sanitize()
            .map_err(|_| invalid("the transaction contradicts itself"))?;
        let programs = called(&transaction)?;
        if let Some(other) = programs
            .iter()
            .find(|program| **program != ID && !BESIDE.contains(program))
        {
            let text = format!("only transactions of the staking vault are sent, not of {other}");
            return Err(ApiError::bad_request("foreign_program", &text));
        }
        if !programs.contains(&ID) {
            return Err(ApiError::bad_request(
                "foreign_program",
                "only transactions that call the staking vault are sent",
            ));
        }
        if transaction.verify_with_results().contains(&false) {
            return Err(invalid(
                "a signature is missing or does not match: sign the transaction as it was handed out",
            ));
        }
        let signature = *transaction
            .signatures
            .first()
            .ok_or_else(|| invalid("the transaction is not signed"))?;
        Ok(Self {
            bytes,
            signature,
            programs,
        })
    }
}

/// What the instructions call. A program cannot come from a lookup table, so all are in the message.
fn called(transaction: &VersionedTransaction) -> Result<Vec<Address>, ApiError> {
    let message = &transaction.message;
    let keys = message.static_account_keys();
    message
        .instructions()
        .iter()
        .map(|instruction| {
            keys.get(usize::from(instruction.program_id_index))
                .copied()
                .ok_or_else(|| invalid("an instruction names no program"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use primis_vault_interface::instructions::WithdrawSol;
    use solana_hash::Hash;
    use solana_instruction::Instruction;
    use solana_keypair::Keypair;
    use solana_message::{VersionedMessage, v0};
    use solana_signer::Signer as _;

    use super::*;

    fn withdraw(owner: Address) -> Instruction {
        WithdrawSol {
            owner,
            pool: Address::new_from_array([1; 32]),
            position: Address::new_from_array([2; 32]),
        }
        .instruction(5)
    }

    fn signed(instructions: &[Instruction], key: &Keypair) -> VersionedTransaction {
        let message =
            v0::Message::try_compile(&key.pubkey(), instructions, &[], Hash::default()).unwrap();
        VersionedTransaction::try_new(VersionedMessage::V0(message), &[key]).unwrap()
    }

    fn text(transaction: &VersionedTransaction) -> String {
        STANDARD.encode(wincode::serialize(transaction).unwrap())
    }

    fn refusal(text: &str) -> String {
        format!("{:?}", Signed::parse(text).unwrap_err())
    }

    #[test]
    fn a_transaction_of_ours_passes_as_it_is() {
        let key = Keypair::new();
        let transaction = signed(&[withdraw(key.pubkey())], &key);
        let parsed = Signed::parse(&text(&transaction)).unwrap();
        assert_eq!(parsed.signature, transaction.signatures[0]);
        assert_eq!(parsed.programs, [ID]);
        assert_eq!(STANDARD.encode(parsed.bytes), text(&transaction));
    }

    #[test]
    fn what_is_not_signed_by_its_wallet_does_not_pass() {
        let key = Keypair::new();
        let mut transaction = signed(&[withdraw(key.pubkey())], &key);
        transaction.signatures[0] = Signature::default();
        assert!(refusal(&text(&transaction)).contains("signature"));
        let other = Keypair::new();
        transaction.signatures = signed(&[withdraw(other.pubkey())], &other).signatures;
        assert!(refusal(&text(&transaction)).contains("signature"));
        transaction.signatures.clear();
        assert!(refusal(&text(&transaction)).contains("invalid_transaction"));
    }

    #[test]
    fn transactions_of_others_do_not_pass() {
        let key = Keypair::new();
        let memo = Instruction::new_with_bytes(Address::new_from_array([9; 32]), &[], vec![]);
        let transfer = Instruction::new_with_bytes(programs::SYSTEM, &[], vec![]);
        for instructions in [vec![withdraw(key.pubkey()), memo], vec![transfer]] {
            let told = refusal(&text(&signed(&instructions, &key)));
            assert!(told.contains("foreign_program"), "{told}");
        }
    }

    #[test]
    fn what_is_no_transaction_is_told_as_such() {
        let key = Keypair::new();
        let good = STANDARD
            .decode(text(&signed(&[withdraw(key.pubkey())], &key)))
            .unwrap();
        let longer = [good.clone(), vec![0]].concat();
        for (bytes, part) in [
            (&longer[..], "not a Solana transaction"),
            (&good[..good.len() - 1], "not a Solana transaction"),
            (&[0; 1_233], "1233 bytes"),
            (&[], "not a Solana transaction"),
        ] {
            let told = refusal(&STANDARD.encode(bytes));
            assert!(told.contains(part), "{told}");
        }
        assert!(refusal("?").contains("base64"));
    }
}
