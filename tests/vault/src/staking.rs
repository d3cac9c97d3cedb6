//! Base staking in the [`World`]: validators, delegations and tickets by their numbers.
//! `staking/cluster.rs` is the cluster's side of it, `staking/checks.rs` the invariants.

mod checks;
mod cluster;

use std::{cell::RefCell, collections::BTreeSet};

use primis_vault_interface::{
    accounts::{Delegation, Ticket, Validator},
    delegation_address, instructions as ix, stake_address, ticket_address, validator_address,
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{Outcome, Refusal, World};

pub use cluster::{STAKE_PROGRAM, VOTE_PROGRAM};

/// What the world remembers of base staking beside the accounts.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Delegations whose validator the test slashed.
    slashed: BTreeSet<u64>,
    /// Delegations there are, so that a long run does not look for all there ever were.
    delegations: RefCell<checks::Live>,
    /// Tickets there are.
    tickets: RefCell<checks::Live>,
}

impl World {
    /// Address of a validator's place on the list.
    pub fn validator_address(&self, vote: &Address) -> Address {
        validator_address(&self.pool, vote)
    }

    /// Address of a delegation.
    pub fn delegation_address(&self, number: u64) -> Address {
        delegation_address(&self.pool, number)
    }

    /// Address of its stake account.
    pub fn stake_address(&self, number: u64) -> Address {
        stake_address(&self.pool, number)
    }

    /// Address of a ticket.
    pub fn ticket_address(&self, number: u64) -> Address {
        ticket_address(&self.pool, number)
    }

    /// A validator on the list.
    pub fn validator(&self, vote: &Address) -> Option<Validator> {
        self.read(&self.validator_address(vote))
    }

    /// A delegation, if it is not reclaimed.
    pub fn delegation(&self, number: u64) -> Option<Delegation> {
        self.read(&self.delegation_address(number))
    }

    /// A ticket, if it is not served.
    pub fn ticket(&self, number: u64) -> Option<Ticket> {
        self.read(&self.ticket_address(number))
    }

    /// Free SOL of the pool, lamports.
    pub fn free_lamports(&self) -> u64 {
        self.lamports(&self.pool) - self.pool().rent_lamports
    }

    /// `add_validator`.
    pub fn add_validator_ix(&self, vote: &Address, cap_lamports: u64) -> Instruction {
        ix::AddValidator {
            authority: self.authority.pubkey(),
            vault: self.vault,
            pool: self.pool,
            vote: *vote,
            validator: self.validator_address(vote),
        }
        .instruction(cap_lamports)
    }

    /// A validator with a vote account of its own, on the list.
    pub fn add_validator(&mut self, name: &str, cap_lamports: u64) -> Address {
        let vote = self.vote_account(name);
        let add = self.add_validator_ix(&vote, cap_lamports);
        let authority = self.authority.insecure_clone();
        self.send(&[add], &[&authority]).expect("add_validator");
        vote
    }

    /// `set_validator_cap`.
    pub fn set_validator_cap_ix(&self, vote: &Address, cap_lamports: u64) -> Instruction {
        ix::SetValidatorCap {
            authority: self.authority.pubkey(),
            vault: self.vault,
            pool: self.pool,
            validator: self.validator_address(vote),
        }
        .instruction(cap_lamports)
    }

    /// `delegate`, as the next delegation.
    pub fn delegate_ix(&self, vote: &Address, lamports: u64) -> Instruction {
        let number = self.pool().delegation_next;
        ix::Delegate {
            keeper: self.keeper.pubkey(),
            vault: self.vault,
            pool: self.pool,
            validator: self.validator_address(vote),
            vote: *vote,
            delegation: self.delegation_address(number),
            stake: self.stake_address(number),
        }
        .instruction(lamports)
    }

    /// Delegates.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn delegate(&mut self, vote: &Address, lamports: u64) -> Result<Outcome, Refusal> {
        let delegate = self.delegate_ix(vote, lamports);
        let keeper = self.keeper.insecure_clone();
        self.send(&[delegate], &[&keeper])
    }

    /// `deactivate`, by anyone.
    pub fn deactivate_ix(&self, signer: &Address, number: u64) -> Instruction {
        ix::Deactivate {
            signer: *signer,
            vault: self.vault,
            pool: self.pool,
            delegation: self.delegation_address(number),
            stake: self.stake_address(number),
        }
        .instruction()
    }

    /// The keeper deactivates.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn deactivate(&mut self, number: u64) -> Result<Outcome, Refusal> {
        let keeper = self.keeper.insecure_clone();
        let deactivate = self.deactivate_ix(&keeper.pubkey(), number);
        self.send(&[deactivate], &[&keeper])
    }

    /// `reclaim`, to whoever paid the rents.
    pub fn reclaim_ix(&self, number: u64) -> Instruction {
        let (vote, payer) = self
            .delegation(number)
            .map_or((self.pool, self.pool), |d| (d.vote, d.payer));
        ix::Reclaim {
            vault: self.vault,
            pool: self.pool,
            validator: self.validator_address(&vote),
            delegation: self.delegation_address(number),
            stake: self.stake_address(number),
            payer,
        }
        .instruction()
    }

    /// Reclaims.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn reclaim(&mut self, number: u64) -> Result<Outcome, Refusal> {
        let reclaim = self.reclaim_ix(number);
        self.send(&[reclaim], &[])
    }

    /// `harvest`.
    pub fn harvest_ix(&self, number: u64) -> Instruction {
        ix::Harvest {
            vault: self.vault,
            pool: self.pool,
            delegation: self.delegation_address(number),
            stake: self.stake_address(number),
        }
        .instruction()
    }

    /// Harvests.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn harvest(&mut self, number: u64) -> Result<Outcome, Refusal> {
        let harvest = self.harvest_ix(number);
        self.send(&[harvest], &[])
    }

    /// `open_ticket`, as the next ticket.
    pub fn open_ticket_ix(&self, owner: &Address, units: u64) -> Instruction {
        ix::OpenTicket {
            owner: *owner,
            pool: self.pool,
            position: self.position_address(owner),
            ticket: self.ticket_address(self.pool().ticket_next),
        }
        .instruction(units)
    }

    /// Opens a ticket.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn open_ticket(&mut self, staker: &Keypair, units: u64) -> Result<Outcome, Refusal> {
        let open = self.open_ticket_ix(&staker.pubkey(), units);
        self.send(&[open], &[staker])
    }

    /// `cancel_ticket`.
    pub fn cancel_ticket_ix(&self, owner: &Address, number: u64) -> Instruction {
        ix::CancelTicket {
            owner: *owner,
            pool: self.pool,
            position: self.position_address(owner),
            ticket: self.ticket_address(number),
        }
        .instruction()
    }

    /// Cancels a ticket.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn cancel_ticket(&mut self, staker: &Keypair, number: u64) -> Result<Outcome, Refusal> {
        let cancel = self.cancel_ticket_ix(&staker.pubkey(), number);
        self.send(&[cancel], &[staker])
    }

    /// `serve_ticket`, to its owner.
    pub fn serve_ticket_ix(&self, number: u64) -> Instruction {
        let owner = self.ticket(number).map_or(self.pool, |t| t.owner);
        ix::ServeTicket {
            pool: self.pool,
            ticket: self.ticket_address(number),
            position: self.position_address(&owner),
            owner,
        }
        .instruction()
    }

    /// Serves a ticket; anyone may.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn serve_ticket(&mut self, number: u64) -> Result<Outcome, Refusal> {
        let serve = self.serve_ticket_ix(number);
        self.send(&[serve], &[])
    }
}
