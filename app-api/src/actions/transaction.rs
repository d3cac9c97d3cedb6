//! From a plan to an unsigned transaction that was simulated as it is handed out.

use primis_vault_interface::NATIVE_MINT;
use serde::Serialize;
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{VersionedMessage, v0};
use utoipa::ToSchema;

use super::{
    Actions,
    now::{SOL, WalletNow},
    plan::Plan,
    programs::token_units,
    refusal::{refused, simulation_failed},
    rpc::{Account, Simulated},
    wire::LARGEST_TRANSACTION,
};
use crate::http::ApiError;

/// Most compute units a transaction can have; only the first simulation asks for it.
const LARGEST_LIMIT: u32 = 1_400_000;
/// A transaction gets what its simulation used, times 6/5: state can change until it lands.
const HEADROOM: (u64, u64) = (6, 5);
/// What the network takes for one signature, lamports.
const SIGNATURE_LAMPORTS: u64 = 5_000;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// An unsigned transaction, and what its simulation found.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) bytes: Vec<u8>,
    pub(super) simulation: Simulation,
}

/// What the transaction would do if it landed now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Simulation {
    /// Compute units it uses; its limit is a fifth above.
    compute_units: u64,
    /// What the network takes: signature and priority fee, lamports.
    fee_lamports: String,
    /// Rent of the accounts it opens, lamports.
    rent_lamports: String,
    /// What the wallet has less or more of; SOL with fee and rent.
    changes: Vec<Change>,
    /// The last block height it can land at.
    last_valid_block_height: u64,
}

/// A change of what the wallet holds.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// `SOL`, or a mint.
    asset: String,
    /// Units of it, lamports for SOL; with a minus where the wallet has less.
    delta_units: String,
}

/// What a transaction may use and pays.
#[derive(Clone, Copy)]
struct Terms {
    limit: u32,
    /// Micro-lamports for each unit of the limit.
    price: u64,
    blockhash: Hash,
}

impl Terms {
    /// What one signature and the priority fee for the whole limit cost, lamports, rounded up.
    fn fee_lamports(self) -> u64 {
        let micro = u128::from(self.price).saturating_mul(u128::from(self.limit));
        let priority = u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX);
        priority.saturating_add(SIGNATURE_LAMPORTS)
    }
}

/// Builds the plan's transaction for the wallet to sign and pay. It is simulated twice: for what it
/// uses, and as it is handed out.
///
/// # Errors
/// Why it would fail, in the program's words; or that the cluster cannot be asked.
pub(super) async fn prepare(
    actions: &Actions,
    wallet: &WalletNow,
    plan: &Plan,
) -> Result<Prepared, ApiError> {
    let writable = writable(plan);
    let (blockhash, mut fees) =
        tokio::join!(actions.rpc.blockhash(), actions.rpc.recent_fees(&writable));
    let blockhash = blockhash?;
    let first = Terms {
        limit: LARGEST_LIMIT,
        price: 0,
        blockhash: blockhash.hash,
    };
    let used = simulate(actions, wallet, plan, first, &[]).await?.1;
    let units = used.units_consumed.unwrap_or(u64::from(LARGEST_LIMIT));
    let terms = Terms {
        limit: with_headroom(units),
        price: percentile(&mut fees, actions.fees.compute_unit_price_percentile)
            .max(actions.fees.floor_micro_lamports)
            .min(actions.fees.cap_micro_lamports),
        ..first
    };
    let mut watched = vec![wallet.address];
    watched.extend(plan.tokens.map(|(_, account)| account));
    watched.extend(&plan.opens);
    let before = actions.rpc.accounts(&watched).await?;
    let (bytes, mut simulated) = simulate(actions, wallet, plan, terms, &watched).await?;
    let after = simulated.accounts_after();
    let simulation = Simulation {
        compute_units: simulated.units_consumed.unwrap_or(units),
        fee_lamports: terms.fee_lamports().to_string(),
        rent_lamports: rent_lamports(plan.opens.len(), &before, &after).to_string(),
        changes: changes(plan, &before, &after),
        last_valid_block_height: blockhash.last_valid_block_height,
    };
    Ok(Prepared { bytes, simulation })
}

async fn simulate(
    actions: &Actions,
    wallet: &WalletNow,
    plan: &Plan,
    terms: Terms,
    watched: &[Address],
) -> Result<(Vec<u8>, Simulated), ApiError> {
    let mut instructions = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(terms.limit),
        ComputeBudgetInstruction::set_compute_unit_price(terms.price),
    ];
    instructions.extend_from_slice(&plan.instructions);
    let bytes = unsigned(&wallet.address, &instructions, terms.blockhash)?;
    let simulated = actions.rpc.simulate(&bytes, false, watched).await?;
    if let Some(error) = &simulated.err {
        let programs: Vec<Address> = instructions.iter().map(|i| i.program_id).collect();
        let logs = simulated.logs.unwrap_or_default();
        return Err(simulation_failed(error, &logs, &programs));
    }
    Ok((bytes, simulated))
}

/// A v0 transaction with room for the payer's signature, as it goes over the wire.
fn unsigned(
    payer: &Address,
    instructions: &[Instruction],
    blockhash: Hash,
) -> Result<Vec<u8>, ApiError> {
    let fails = |text: &str| refused("simulation_failed", text);
    let message = v0::Message::try_compile(payer, instructions, &[], blockhash)
        .map_err(|error| fails(&error.to_string()))?;
    if message.header.num_required_signatures != 1 {
        return Err(fails(
            "the transaction wants more signatures than the wallet's",
        ));
    }
    // The number of signatures (one byte below 128), the signature to be, the message.
    let mut bytes = vec![1];
    bytes.resize(SIGNATURE_BYTES.saturating_add(1), 0);
    bytes.extend(VersionedMessage::V0(message).serialize());
    if bytes.len() > LARGEST_TRANSACTION {
        return Err(fails("the transaction is larger than the network takes"));
    }
    Ok(bytes)
}

fn with_headroom(units: u64) -> u32 {
    let limit = units.saturating_mul(HEADROOM.0).div_ceil(HEADROOM.1);
    u32::try_from(limit)
        .unwrap_or(LARGEST_LIMIT)
        .min(LARGEST_LIMIT)
}

/// The fee at `percent` of the fees in ascending order (nearest rank); 0 where there are none.
fn percentile(fees: &mut [u64], percent: u8) -> u64 {
    fees.sort_unstable();
    let rank = fees
        .len()
        .saturating_mul(usize::from(percent))
        .div_ceil(100);
    fees.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn writable(plan: &Plan) -> Vec<Address> {
    let metas = plan.instructions.iter().flat_map(|i| &i.accounts);
    let mut writable: Vec<Address> = metas.filter(|m| m.is_writable).map(|m| m.pubkey).collect();
    writable.sort();
    writable.dedup();
    writable
}

/// What the last `opens` of the watched accounts gained: they are those the transaction may open.
fn rent_lamports(opens: usize, before: &[Option<Account>], after: &[Option<Account>]) -> u64 {
    let lamports = |account: &Option<Account>| account.as_ref().map_or(0, |a| a.lamports);
    before
        .iter()
        .zip(after)
        .rev()
        .take(opens)
        .map(|(before, after)| lamports(after).saturating_sub(lamports(before)))
        .fold(0, u64::saturating_add)
}

/// Changes of the wallet, which is watched first, and of its token account, which follows.
fn changes(plan: &Plan, before: &[Option<Account>], after: &[Option<Account>]) -> Vec<Change> {
    let lamports = |accounts: &[Option<Account>]| {
        accounts
            .first()
            .and_then(Option::as_ref)
            .map_or(0, |account| account.lamports)
    };
    let units = |accounts: &[Option<Account>]| {
        accounts
            .get(1)
            .and_then(Option::as_ref)
            .and_then(|account| token_units(&account.data))
            .unwrap_or(0)
    };
    let delta = |before: u64, after: u64| i128::from(after).saturating_sub(i128::from(before));
    let mut changes = vec![(SOL.to_owned(), delta(lamports(before), lamports(after)))];
    if let Some((mint, _)) = plan.tokens.filter(|(mint, _)| *mint != NATIVE_MINT) {
        changes.push((mint.to_string(), delta(units(before), units(after))));
    }
    changes
        .into_iter()
        .filter(|(_, delta)| *delta != 0)
        .map(|(asset, delta)| Change {
            asset,
            delta_units: delta.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(lamports: u64, units: u64) -> Option<Account> {
        let mut data = vec![0; 165];
        data[64..72].copy_from_slice(&units.to_le_bytes());
        Some(Account {
            lamports,
            owner: Address::default(),
            data,
        })
    }

    #[test]
    fn an_unsigned_transaction_has_room_for_one_signature() {
        let payer = Address::new_from_array([1; 32]);
        let budget = ComputeBudgetInstruction::set_compute_unit_limit(1);
        let bytes = unsigned(&payer, &[budget], Hash::default()).unwrap();
        assert_eq!(bytes[..65], [&[1][..], &[0; 64]].concat());
        // Version 0, one signer.
        assert_eq!(bytes[65..67], [0x80, 1]);
        let two = Instruction::new_with_bytes(
            payer,
            &[],
            vec![solana_instruction::AccountMeta::new(
                Address::new_from_array([2; 32]),
                true,
            )],
        );
        assert!(unsigned(&payer, &[two], Hash::default()).is_err());
        let long = Instruction::new_with_bytes(payer, &[0; 1_232], vec![]);
        assert!(unsigned(&payer, &[long], Hash::default()).is_err());
    }

    #[test]
    fn the_fee_is_signature_and_whole_limit() {
        let terms = Terms {
            limit: 10_001,
            price: 1_000,
            blockhash: Hash::default(),
        };
        assert_eq!(terms.fee_lamports(), 5_011);
        assert_eq!(with_headroom(5_001), 6_002);
        assert_eq!(with_headroom(u64::MAX), LARGEST_LIMIT);
        assert_eq!(percentile(&mut [40, 10, 30, 20], 75), 30);
        assert_eq!(percentile(&mut [], 75), 0);
    }

    #[test]
    fn changes_are_of_the_wallet_and_its_tokens() {
        let mint = Address::new_from_array([5; 32]);
        let mut plan = Plan::of(Vec::new(), String::new());
        plan.tokens = Some((mint, Address::new_from_array([6; 32])));
        plan.opens = vec![Address::new_from_array([7; 32])];
        let before = [holding(100, 0), holding(50, 9), None];
        let after = [holding(70, 0), holding(50, 4), holding(20, 0)];
        let found = changes(&plan, &before, &after);
        let change = |asset: &str, delta: &str| Change {
            asset: asset.into(),
            delta_units: delta.into(),
        };
        assert_eq!(
            found,
            [change("SOL", "-30"), change(&mint.to_string(), "-5")]
        );
        assert_eq!(rent_lamports(1, &before, &after), 20);
        assert_eq!(rent_lamports(0, &before, &after), 0);
    }
}
