//! From a duty to its instruction.

use primis_vault_interface::{
    Source, delegation_address, instructions as vault, position_address, stake_address,
    ticket_address, validator_address,
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::duty::Duty;
use crate::chain::{Refresh, StakingState};

/// The instruction of a duty. `None` where its accounts were not read: it is not due by this state.
pub(super) fn instruction(
    duty: &Duty,
    state: &StakingState,
    refreshes: &[Refresh],
    keeper: Address,
) -> Option<Instruction> {
    let (vault, pool) = (state.chain.vault_address, state.pool);
    let instruction = match *duty {
        Duty::Refresh { pool, .. } => refreshes
            .iter()
            .find(|refresh| refresh.pool == pool)?
            .instruction(),
        Duty::Serve { number, .. } => {
            let ticket = state.head.filter(|ticket| ticket.number == number)?;
            vault::ServeTicket {
                pool,
                ticket: ticket_address(&pool, number),
                position: position_address(&pool, &ticket.owner),
                owner: ticket.owner,
            }
            .instruction()
        }
        Duty::Reclaim { number, .. } => {
            let delegation = state.delegation(number)?;
            vault::Reclaim {
                vault,
                pool,
                validator: validator_address(&pool, &delegation.vote),
                delegation: delegation_address(&pool, number),
                stake: delegation.stake,
                payer: delegation.payer,
            }
            .instruction()
        }
        Duty::Deactivate { number, .. } => vault::Deactivate {
            signer: keeper,
            vault,
            pool,
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        }
        .instruction(),
        Duty::Harvest { number, .. } | Duty::RecogniseLoss { number, .. } => vault::Harvest {
            vault,
            pool,
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        }
        .instruction(),
        Duty::Delegate {
            number,
            vote,
            lamports,
        } => vault::Delegate {
            keeper,
            vault,
            pool,
            validator: validator_address(&pool, &vote),
            vote,
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        }
        .instruction(lamports),
        Duty::Distribute {
            previous_interval_id,
            interval_id,
            lamports,
        } => {
            let mut distribute = vault::DistributeYield { keeper, vault }.instruction(
                Source::Staking as u8,
                previous_interval_id,
                interval_id,
                lamports,
            );
            let pools = state.chain.pool_addresses();
            distribute
                .accounts
                .extend(pools.into_iter().map(|pool| AccountMeta::new(pool, false)));
            distribute
        }
    };
    Some(instruction)
}
