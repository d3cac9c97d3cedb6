//! The program's accounts against the reference.

use solana_address::Address;
use solana_signer::Signer as _;

use super::Driver;
use crate::reference::{Pool, whole};

/// Largest part of a lamport that settling a pool so often takes from one position, in lamports.
const POOL_ROUNDING_LAMPORTS: u64 = 2;

impl Driver {
    /// Where every lamport is, after each step.
    pub(super) fn compare_totals(&self) {
        let vault = self.world.vault();
        assert_eq!(
            [vault.staking.funded_lamports, vault.compute.funded_lamports],
            self.reference.funded
        );
        assert_eq!(vault.carried_lamports, self.reference.carried);
        assert_eq!(
            [
                vault.subsidy_lamports,
                vault.reserve_lamports,
                vault.treasury_lamports
            ],
            self.reference.buckets
        );
        for (index, pool) in self.reference.pools.iter().enumerate() {
            let on_chain = self.world.pool_at(&self.pool_address(index));
            assert_eq!(on_chain.total_units, pool.total_units());
            assert_eq!(on_chain.price, pool.price);
        }
        self.compare_principal();
    }

    fn compare_principal(&self) {
        let (pool, principal) = (self.world.pool(), &self.reference.principal);
        assert_eq!(self.world.free_lamports(), principal.free);
        assert_eq!(
            [
                pool.staked_lamports,
                pool.deactivating_lamports,
                pool.lost_total_lamports
            ],
            [principal.staked(), principal.deactivating(), principal.lost]
        );
        assert_eq!(
            [pool.ticket_units, pool.ticket_served, pool.ticket_next],
            [
                principal.waiting_units(),
                principal.first_ticket(),
                principal.next_ticket
            ]
        );
        for (number, delegation) in &principal.delegations {
            assert_eq!(self.world.stake_lamports(*number), delegation.held);
        }
        for (vote, validator) in self.votes.iter().zip(&principal.validators) {
            let on_chain = self.world.validator(vote).unwrap();
            assert_eq!(on_chain.staked_lamports, validator.staked);
        }
    }

    /// Every position against the reference, to the lamport.
    pub fn compare_positions(&self) {
        let now = self.world.now();
        // A copy: the program settles only where an instruction does.
        for (index, mut pool) in self.reference.pools.iter().cloned().enumerate() {
            pool.settle(now);
            for user in pool.stakes.keys() {
                self.compare_position(*user, &self.pool_address(index), &pool);
            }
        }
    }

    pub(super) fn compare_settled(&self, user: usize, pool: usize) {
        self.compare_position(user, &self.pool_address(pool), &self.reference.pools[pool]);
    }

    /// What a position ever earned: never more than the reference says, and less by one lamport for
    /// each settlement at most.
    fn compare_position(&self, user: usize, address: &Address, pool: &Pool) {
        let owner = self.users[user].pubkey();
        let now = self.world.now();
        let pool_on_chain = self.world.pool_at(address);
        let position = self.world.position_in(address, &owner).unwrap();
        let program = position.claimed_total_lamports
            + position.owed_lamports_at(&pool_on_chain, now).unwrap();
        let stake = &pool.stakes[&user];
        assert_eq!(position.units, stake.units);
        let exact = whole(stake.earned());
        assert!(
            program <= exact,
            "{program} is more than was earned, {exact}"
        );
        let slack = stake.settlements + POOL_ROUNDING_LAMPORTS;
        assert!(
            exact - program <= slack,
            "{program} of {exact} after {} settlements",
            stake.settlements
        );
    }
}
