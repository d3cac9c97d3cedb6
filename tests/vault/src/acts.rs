//! What stakers and the keeper do in the [`World`].

use primis_vault_interface::{Source, instructions as ix};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{Outcome, Refusal, World};

impl World {
    /// `deposit_sol`.
    pub fn deposit_ix(&self, owner: &Address, lamports: u64) -> Instruction {
        let position = self.position_address(owner);
        ix::DepositSol {
            owner: *owner,
            vault: self.vault,
            pool: self.pool,
            position,
        }
        .instruction(lamports)
    }

    /// Deposits, opening the position when missing.
    pub fn deposit(&mut self, staker: &Keypair, lamports: u64) -> Result<Outcome, Refusal> {
        let deposit = self.deposit_ix(&staker.pubkey(), lamports);
        self.send(&[deposit], &[staker])
    }

    /// `withdraw_sol`.
    pub fn withdraw_ix(&self, owner: &Address, lamports: u64) -> Instruction {
        let position = self.position_address(owner);
        ix::WithdrawSol {
            owner: *owner,
            pool: self.pool,
            position,
        }
        .instruction(lamports)
    }

    /// Withdraws.
    pub fn withdraw(&mut self, staker: &Keypair, lamports: u64) -> Result<Outcome, Refusal> {
        let withdraw = self.withdraw_ix(&staker.pubkey(), lamports);
        self.send(&[withdraw], &[staker])
    }

    /// `claim`.
    pub fn claim_ix(&self, owner: &Address) -> Instruction {
        let position = self.position_address(owner);
        ix::Claim {
            owner: *owner,
            vault: self.vault,
            pool: self.pool,
            position,
        }
        .instruction()
    }

    /// Claims.
    pub fn claim(&mut self, staker: &Keypair) -> Result<Outcome, Refusal> {
        let claim = self.claim_ix(&staker.pubkey());
        self.send(&[claim], &[staker])
    }

    /// `compound`.
    pub fn compound_ix(&self, owner: &Address) -> Instruction {
        let position = self.position_address(owner);
        ix::Compound {
            owner: *owner,
            vault: self.vault,
            pool: self.pool,
            position,
        }
        .instruction()
    }

    /// `close_position`.
    pub fn close_ix(&self, owner: &Address) -> Instruction {
        let position = self.position_address(owner);
        ix::ClosePosition {
            owner: *owner,
            vault: self.vault,
            pool: self.pool,
            position,
        }
        .instruction()
    }

    /// `emergency_withdraw`.
    pub fn emergency_ix(&self, owner: &Address) -> Instruction {
        let position = self.position_address(owner);
        ix::EmergencyWithdraw {
            owner: *owner,
            pool: self.pool,
            position,
        }
        .instruction()
    }

    /// `fund`, paid by the keeper.
    pub fn fund_ix(&self, source: Source, lamports: u64) -> Instruction {
        ix::Fund {
            funder: self.keeper.pubkey(),
            vault: self.vault,
        }
        .instruction(source as u8, lamports)
    }

    /// `distribute_yield` for the interval that ends now.
    pub fn distribute_ix(&self, source: Source, lamports: u64) -> Instruction {
        let previous = self.vault().source(source).last_interval_id;
        self.distribute_interval_ix(source, previous, self.now(), lamports)
    }

    /// `distribute_yield` for any interval.
    pub fn distribute_interval_ix(
        &self,
        source: Source,
        previous: i64,
        interval: i64,
        lamports: u64,
    ) -> Instruction {
        let mut distribute = ix::DistributeYield {
            keeper: self.keeper.pubkey(),
            vault: self.vault,
        }
        .instruction(source as u8, previous, interval, lamports);
        let pools = self.pools().into_iter();
        distribute
            .accounts
            .extend(pools.map(|pool| AccountMeta::new(pool, false)));
        distribute
    }

    /// Funds and distributes in one transaction, as the keeper does.
    pub fn distribute(&mut self, lamports: u64) -> Result<Outcome, Refusal> {
        let both = [
            self.fund_ix(Source::Compute, lamports),
            self.distribute_ix(Source::Compute, lamports),
        ];
        let keeper = self.keeper.insecure_clone();
        self.send(&both, &[&keeper])
    }
}
