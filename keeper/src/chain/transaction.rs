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

use super::Refresh;
use crate::{error::Error, plan::Distribution};

/// Most bytes a transaction can have: what fits one network packet.
const LARGEST_TRANSACTION: usize = 1_232;

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

/// Lamports of one signature, by the runtime.
const SIGNATURE_LAMPORTS: u64 = 5_000;

impl Terms {
    /// What a transaction with one signature pays, lamports: the signature, and the priority fee
    /// for the whole limit, rounded up.
    pub fn fee_lamports(&self) -> u64 {
        let micro =
            u128::from(self.compute_unit_price).saturating_mul(u128::from(self.compute_unit_limit));
        let priority = u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX);
        priority.saturating_add(SIGNATURE_LAMPORTS)
    }
}

/// A transaction ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its signature, by which it is known.
    pub signature: Signature,
    /// Its bytes, as they go over the wire.
    pub bytes: Vec<u8>,
}

/// Brings prices up to date, funds and distributes; `pools` are all of the vault in order of index.
/// Nothing is funded where nothing is to be.
pub fn distribution_instructions(
    keeper: Address,
    vault: Address,
    pools: &[Address],
    refreshes: &[Refresh],
    source: Source,
    distribution: &Distribution,
) -> Vec<Instruction> {
    let mut instructions: Vec<_> = refreshes.iter().map(Refresh::instruction).collect();
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
    if bytes.len() > LARGEST_TRANSACTION {
        return Err(fails(format!(
            "it has {} bytes, the network takes {LARGEST_TRANSACTION}: the vault has more pools than one transaction can refresh and serve, let some prices be refreshed by refresh_price apart from it",
            bytes.len()
        )));
    }
    Ok(SignedTransaction { signature, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Revenue;

    const DISTRIBUTION: Distribution = Distribution {
        previous_interval_id: 0,
        interval_id: 600,
        windows: 1,
        fund_lamports: 7,
        distribute_lamports: 7,
        revenue: Revenue::Lamports(7),
        nano_usd_per_sol: None,
    };

    fn address(n: u8) -> Address {
        Address::new_from_array([n; 32])
    }

    fn transaction(token_pools: u8) -> Result<SignedTransaction, Error> {
        let keeper = Keypair::new();
        let pools: Vec<_> = (0..=token_pools).map(|n| address(100 + n)).collect();
        let refreshes: Vec<_> = (1..=token_pools)
            .map(|n| Refresh {
                pool: address(100 + n),
                mint: address(50 + n),
                source: address(150 + n),
                quote: address(150 + n),
            })
            .collect();
        let instructions = distribution_instructions(
            keeper.pubkey(),
            address(1),
            &pools,
            &refreshes,
            Source::Compute,
            &DISTRIBUTION,
        );
        let terms = Terms {
            compute_unit_limit: 1,
            compute_unit_price: 1,
            blockhash: Hash::default(),
        };
        sign(&keeper, &instructions, terms)
    }

    #[test]
    fn refreshes_come_first_and_every_pool_is_passed_in_order() {
        let pools = [address(5), address(6), address(7)];
        let refresh = Refresh {
            pool: address(6),
            mint: address(60),
            source: address(61),
            quote: address(61),
        };
        let built = distribution_instructions(
            address(2),
            address(1),
            &pools,
            &[refresh],
            Source::Compute,
            &DISTRIBUTION,
        );
        let [first, fund, distribute] = &built[..] else {
            panic!("{built:?}")
        };
        assert_eq!(*first, refresh.instruction());
        assert_eq!(fund.data.first_chunk(), Some(&Fund::DISCRIMINATOR));
        let passed: Vec<_> = distribute.accounts[2..].iter().map(|m| m.pubkey).collect();
        assert_eq!(passed, pools);
        assert!(distribute.accounts[2..].iter().all(|m| m.is_writable));
    }

    #[test]
    fn ten_stale_tokens_beside_sol_fit_one_transaction_and_more_are_refused() {
        assert!(transaction(10).is_ok());
        let error = transaction(15).unwrap_err().to_string();
        assert!(error.contains("refresh_price"), "{error}");
    }
}
