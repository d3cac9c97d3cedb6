//! Transactions: instructions, and the signed bytes.

use primis_vault_interface::{
    Source,
    instructions::{DistributeYield, Fund},
};
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_signature::Signature;
use solana_signer::Signer;

use crate::{error::Error, plan::Distribution};

/// What a transaction may use and pays.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Most compute units.
    pub compute_unit_limit: u32,
    /// Priority fee, micro-lamports for each unit of the limit.
    pub compute_unit_price: u64,
    /// A recent blockhash.
    pub blockhash: Hash,
}

/// A transaction ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its signature, by which it is known.
    pub signature: Signature,
    /// Its bytes, as they go over the wire.
    pub bytes: Vec<u8>,
}

/// Funds and distributes, or only distributes where nothing is to be funded.
pub fn distribution_instructions(
    keeper: Address,
    vault: Address,
    pools: &[Address],
    source: Source,
    distribution: &Distribution,
) -> Vec<Instruction> {
    let mut instructions = Vec::with_capacity(2);
    if distribution.fund_lamports > 0 {
        instructions.push(
            Fund {
                funder: keeper,
                vault,
            }
            .instruction(source as u8, distribution.fund_lamports),
        );
    }
    let mut distribute = DistributeYield { keeper, vault }.instruction(
        source as u8,
        distribution.previous_interval_id,
        distribution.interval_id,
        distribution.distribute_lamports,
    );
    distribute
        .accounts
        .extend(pools.iter().map(|pool| AccountMeta::new(*pool, false)));
    instructions.push(distribute);
    instructions
}

/// Compiles a v0 transaction with its compute budget and signs it; `signer` pays.
///
/// # Errors
/// [`Error::Transaction`] where the instructions do not fit, or want another signer.
pub fn sign(
    signer: &Keypair,
    instructions: &[Instruction],
    terms: Terms,
) -> Result<SignedTransaction, Error> {
    let fails = |cause: String| Error::Transaction {
        cause,
        logs: Vec::new(),
    };
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(terms.compute_unit_limit),
        ComputeBudgetInstruction::set_compute_unit_price(terms.compute_unit_price),
    ];
    all.extend_from_slice(instructions);
    let message = v0::Message::try_compile(&signer.pubkey(), &all, &[], terms.blockhash)
        .map_err(|e| fails(e.to_string()))?;
    if message.header.num_required_signatures != 1 {
        return Err(fails(
            "it wants more signatures than the one of the wallet that pays".into(),
        ));
    }
    let message = VersionedMessage::V0(message).serialize();
    let signature = signer
        .try_sign_message(&message)
        .map_err(|e| fails(e.to_string()))?;
    // The wire format: the number of signatures (one byte below 128), the signatures, the message.
    let bytes = [&[1], signature.as_ref(), &message].concat();
    Ok(SignedTransaction { signature, bytes })
}
