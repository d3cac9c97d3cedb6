//! What must hold of staked principal and of tickets, recomputed from accounts.

use std::collections::BTreeMap;

use primis_vault_interface::{
    accounts::{Delegation, Pool, Ticket},
    math::value_lamports,
};
use solana_address::Address;

use crate::World;

/// Status of a delegation that is being deactivated.
const DEACTIVATING: u8 = 1;

/// The numbers that may still have an account, and its address: deriving it takes long.
#[derive(Debug, Default)]
pub(crate) struct Live {
    next: u64,
    addresses: BTreeMap<u64, Address>,
}

impl Live {
    /// Takes in the numbers given out since, and returns those that still have an account.
    fn update<T>(
        &mut self,
        next: u64,
        address: impl Fn(u64) -> Address,
        read: impl Fn(&Address) -> Option<T>,
    ) -> Vec<(u64, T)> {
        let new = (self.next..next).map(|number| (number, address(number)));
        self.addresses.extend(new);
        self.next = next;
        let mut live = Vec::new();
        self.addresses.retain(|number, address| {
            let account = read(address);
            let lives = account.is_some();
            live.extend(account.map(|account| (*number, account)));
            lives
        });
        live
    }
}

impl World {
    /// Principal in the pool and in the stake accounts, by their balances, covers the value of all
    /// units; what is short of it was slashed and is not recognised yet. Tickets add up.
    pub(crate) fn check_principal(&self, pool: &Pool) {
        let delegations: Vec<(u64, Delegation)> = self.staking.delegations.borrow_mut().update(
            pool.delegation_next,
            |number| self.delegation_address(number),
            |address| self.read(address),
        );
        let (mut principal, mut staked, mut deactivating, mut slashed) = (0, 0, 0, 0);
        for (number, delegation) in &delegations {
            assert!(
                self.stake_is_the_pools(&delegation.stake),
                "stake account {number} is not the pool's"
            );
            // What lies above the principal is rent or reward and covers nothing.
            let there = self
                .lamports(&delegation.stake)
                .min(delegation.principal_lamports);
            let short = delegation.principal_lamports - there;
            assert!(
                short == 0 || self.staking.slashed.contains(number),
                "stake account {number} is {short} lamports short of its principal"
            );
            staked += delegation.principal_lamports;
            principal += there;
            slashed += short;
            if delegation.status == DEACTIVATING {
                deactivating += delegation.principal_lamports;
            }
        }
        assert_eq!(staked, pool.staked_lamports, "staked");
        assert_eq!(deactivating, pool.deactivating_lamports, "deactivating");
        principal += self.lamports(&self.pool) - pool.rent_lamports;
        let value = value_lamports(pool.total_units, pool.price).expect("in range");
        assert!(
            principal + slashed >= value,
            "principal {principal}, slashed {slashed}, below the units' value of {value}"
        );
        self.check_tickets(pool);
    }

    /// The tickets' units are the pool's and, owner by owner, the positions'.
    fn check_tickets(&self, pool: &Pool) {
        let tickets: Vec<(u64, Ticket)> = self.staking.tickets.borrow_mut().update(
            pool.ticket_next,
            |number| self.ticket_address(number),
            |address| self.read(address),
        );
        let mut units: BTreeMap<Address, u64> = BTreeMap::new();
        for (number, ticket) in &tickets {
            assert!(
                *number >= pool.ticket_served,
                "ticket {number} outlived its turn"
            );
            *units.entry(ticket.owner).or_default() += ticket.units;
        }
        assert_eq!(
            units.values().sum::<u64>(),
            pool.ticket_units,
            "the tickets' units are not the pool's"
        );
        for (owner, units) in units {
            let position = self.position(&owner);
            let (in_tickets, held) = position.map_or((0, 0), |p| (p.ticket_units, p.units));
            assert_eq!(
                units, in_tickets,
                "the tickets' units are not the position's"
            );
            assert!(
                units <= held,
                "a position has more units in tickets than it has"
            );
        }
    }
}
