//! What stakers do.

use primis_tests_vault::SOL;
use primis_vault_interface::instructions as ix;
use rand::Rng as _;
use solana_signer::Signer as _;

use super::Driver;

impl Driver {
    pub(super) fn open(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let address = self.pool_address(pool);
        let open = ix::OpenPosition {
            payer: owner.pubkey(),
            pool: address,
            position: self.world.position_address_in(&address, &owner.pubkey()),
        };
        let missing = !self.reference.pools[pool].stakes.contains_key(&user);
        let done = self.send(open.instruction(owner.pubkey()), &owner);
        self.agree(done, missing, "open_position");
        if done {
            self.reference.pools[pool].settle_stake(user);
        }
        done
    }

    pub(super) fn deposit(&mut self, user: usize, pool: usize) -> bool {
        let least = match self.once_in(8) {
            true => 0,
            false => self.reference.pools[pool].min_deposit_units,
        };
        let amount = least + self.amount(1_000 * SOL);
        let owner = self.users[user].insecure_clone();
        let now = self.world.now();
        let (deposit, units) = match pool {
            0 => {
                let deposit = self.world.deposit_ix(&owner.pubkey(), amount);
                (deposit, self.reference.units_of_deposit(amount))
            }
            n => {
                let lst = self.tokens[n - 1];
                let deposit = self.world.deposit_lst_ix(&lst, &owner.pubkey(), amount);
                (deposit, self.reference.units_of_tokens(n, amount))
            }
        };
        let done = self.send(deposit, &owner);
        self.agree(
            done,
            units.is_some(),
            &format!("deposit of {amount}: {units:?}"),
        );
        let Some(units) = units else {
            return false;
        };
        if pool == 0 {
            self.reference.principal.free += amount;
        }
        let pool = &mut self.reference.pools[pool];
        pool.settle(now);
        pool.add_units(user, units);
        true
    }

    pub(super) fn withdraw(&mut self, user: usize, pool: usize) -> bool {
        let held = self.reference.pools[pool].units_of(user);
        let units = match self.random.random_range(0..3) {
            0 => held,
            _ => self.amount(held.saturating_add(held / 8)),
        };
        let owner = self.users[user].insecure_clone();
        let (withdraw, allowed) = match pool {
            0 => {
                let withdraw = self.world.withdraw_ix(&owner.pubkey(), units);
                let (sol, principal) = self.reference.principal_mut();
                (withdraw, principal.withdraw(sol, user, units).is_some())
            }
            n => {
                let lst = self.tokens[n - 1];
                let withdraw = self.world.withdraw_lst_ix(&lst, &owner.pubkey(), units);
                (withdraw, units > 0 && units <= held)
            }
        };
        let done = self.send(withdraw, &owner);
        self.agree(done, allowed, &format!("withdrawal of {units} of {held}"));
        if done {
            let now = self.world.now();
            let pool = &mut self.reference.pools[pool];
            pool.settle(now);
            pool.settle_stake(user).units -= units;
        }
        done
    }

    pub(super) fn emergency(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let (exit, units) = match pool {
            0 => {
                let exit = self.world.emergency_ix(&owner.pubkey());
                let (sol, principal) = self.reference.principal_mut();
                (exit, principal.emergency(sol, user))
            }
            n => {
                let lst = self.tokens[n - 1];
                let exit = self.world.emergency_lst_ix(&lst, &owner.pubkey());
                let held = self.reference.pools[n].units_of(user);
                (exit, Some(held).filter(|units| *units > 0))
            }
        };
        let done = self.send(exit, &owner);
        self.agree(done, units.is_some(), &format!("emergency: {units:?}"));
        if let Some(units) = units {
            self.reference.pools[pool].leave_without_settling(user, units);
        }
        done
    }

    pub(super) fn claim(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let address = self.pool_address(pool);
        let claim = ix::Claim {
            owner: owner.pubkey(),
            vault: self.world.vault,
            pool: address,
            position: self.world.position_address_in(&address, &owner.pubkey()),
        };
        let before = self.world.lamports(&owner.pubkey());
        let owed = self.owed(user, pool);
        let done = self.send(claim.instruction(), &owner);
        self.agree(done, owed > 0, &format!("claim of {owed}"));
        if done {
            assert_eq!(self.world.lamports(&owner.pubkey()), before + owed);
            let now = self.world.now();
            self.reference.pools[pool].settle(now);
            self.reference.pools[pool].settle_stake(user);
            self.compare_settled(user, pool);
        }
        done
    }

    pub(super) fn compound(&mut self, user: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let owed = self.owed(user, 0);
        let units = self.reference.units_of_compound(owed);
        let compound = self.world.compound_ix(&owner.pubkey());
        let done = self.send(compound, &owner);
        self.agree(
            done,
            owed > 0 && units.is_some(),
            &format!("compound of {owed}"),
        );
        let Some(units) = units.filter(|_| done) else {
            return false;
        };
        self.reference.principal.free += owed;
        let now = self.world.now();
        let pool = &mut self.reference.pools[0];
        pool.settle(now);
        pool.add_units(user, units);
        self.compare_settled(user, 0);
        true
    }

    pub(super) fn close(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let address = self.pool_address(pool);
        let stakes = &self.reference.pools[pool].stakes;
        let empty = stakes.get(&user).is_some_and(|stake| stake.units == 0);
        if empty {
            // What the position ever earned can be read only before it is gone.
            let now = self.world.now();
            self.reference.pools[pool].settle(now);
            self.reference.pools[pool].settle_stake(user);
            self.compare_settled(user, pool);
        }
        let close = ix::ClosePosition {
            owner: owner.pubkey(),
            vault: self.world.vault,
            pool: address,
            position: self.world.position_address_in(&address, &owner.pubkey()),
        };
        let done = self.send(close.instruction(), &owner);
        self.agree(done, empty, "close_position");
        if done {
            self.reference.pools[pool].stakes.remove(&user);
        }
        done
    }

    pub(super) fn open_ticket(&mut self, user: usize) -> bool {
        let held = self.reference.pools[0].units_of(user);
        let units = match self.random.random_range(0..3) {
            0 => held,
            _ => self.amount(held.saturating_add(held / 8)),
        };
        let owner = self.users[user].insecure_clone();
        let done = self.send(self.world.open_ticket_ix(&owner.pubkey(), units), &owner);
        let (sol, principal) = self.reference.principal_mut();
        let allowed = principal.open_ticket(sol, user, units);
        self.agree(done, allowed, &format!("ticket of {units} of {held}"));
        done
    }

    pub(super) fn cancel_ticket(&mut self) -> bool {
        let principal = &self.reference.principal;
        let first = principal.first_ticket();
        let number = self.random.random_range(first..=principal.next_ticket);
        let user = principal.tickets.get(&number).map_or(0, |t| t.user);
        let owner = self.users[user].insecure_clone();
        let done = self.send(self.world.cancel_ticket_ix(&owner.pubkey(), number), &owner);
        let allowed = self.reference.principal.cancel_ticket(number);
        self.agree(done, allowed, &format!("cancel of ticket {number}"));
        done
    }

    /// Anyone serves the first ticket.
    pub(super) fn serve_ticket(&mut self) -> bool {
        let first = self.reference.principal.first_ticket();
        let now = self.world.now();
        let done = self.send_unsigned(self.world.serve_ticket_ix(first));
        let (sol, principal) = self.reference.principal_mut();
        let served = principal.serve_ticket(sol);
        self.agree(done, served.is_some(), &format!("serving ticket {first}"));
        let Some(served) = served.filter(|served| served.units > 0) else {
            return done;
        };
        let pool = &mut self.reference.pools[0];
        pool.settle(now);
        pool.settle_stake(served.user).units -= served.units;
        true
    }

    /// What a position could claim now, by the account.
    fn owed(&self, user: usize, pool: usize) -> u64 {
        let (owner, address) = (self.users[user].pubkey(), self.pool_address(pool));
        let pool = self.world.pool_at(&address);
        self.world
            .position_in(&address, &owner)
            .map_or(0, |position| {
                position.owed_lamports_at(&pool, self.world.now()).unwrap()
            })
    }
}
