//! The SOL pool's principal: what is free, what is with validators, and who waits for it. Each
//! method says whether the program has to do it, and does it here.

use std::collections::BTreeMap;

use super::pool::{PRICE_SCALE, Pool, mul_div};

const BPS: u64 = 10_000;
/// The stake program takes no less.
const LEAST_DELEGATION: u64 = 1_000_000_000;

/// Units waiting for staked SOL.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub user: usize,
    /// 0: cancelled, and not yet passed.
    pub units: u64,
}

/// A stake account.
#[derive(Clone, Copy, Debug)]
pub struct Delegation {
    pub validator: usize,
    pub principal: u64,
    /// What its validator's cap counts.
    delegated: u64,
    pub rent: u64,
    /// Lamports of the stake account, its rent among them.
    pub held: u64,
    delegated_in: u64,
    pub deactivated_in: Option<u64>,
}

/// A validator on the list.
#[derive(Clone, Copy, Debug)]
pub struct Validator {
    pub cap: u64,
    pub staked: u64,
    pub opens_at: i64,
}

/// As many of `units` as `lamports` pay for.
fn within(pool: &Pool, units: u64, lamports: u64) -> u64 {
    match pool.value_of(units) <= lamports {
        true => units,
        false => pool.units_for(lamports).unwrap(),
    }
}

/// What came back from a stake account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returned {
    pub reward: u64,
    pub lost: u64,
}

/// Free SOL, delegations and tickets.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    pub free: u64,
    pub buffer_bps: u64,
    pub lost: u64,
    pub epoch: u64,
    pub tickets: BTreeMap<u64, Ticket>,
    pub next_ticket: u64,
    pub delegations: BTreeMap<u64, Delegation>,
    pub next_delegation: u64,
    pub validators: Vec<Validator>,
}

impl Principal {
    /// Lists a validator.
    pub fn list(&mut self, cap: u64, opens_at: i64) {
        self.validators.push(Validator {
            cap,
            staked: 0,
            opens_at,
        });
    }

    pub fn staked(&self) -> u64 {
        self.delegations.values().map(|d| d.principal).sum()
    }

    pub fn deactivating(&self) -> u64 {
        let all = self.delegations.values();
        all.filter(|d| d.deactivated_in.is_some())
            .map(|d| d.principal)
            .sum()
    }

    pub fn waiting_units(&self) -> u64 {
        self.tickets.values().map(|ticket| ticket.units).sum()
    }

    pub fn waiting_units_of(&self, user: usize) -> u64 {
        let own = self.tickets.values().filter(|ticket| ticket.user == user);
        own.map(|ticket| ticket.units).sum()
    }

    pub fn first_ticket(&self) -> u64 {
        self.tickets
            .keys()
            .next()
            .copied()
            .unwrap_or(self.next_ticket)
    }

    /// Units of a position that no ticket holds.
    fn unbound(&self, pool: &Pool, user: usize) -> u64 {
        pool.units_of(user) - self.waiting_units_of(user)
    }

    /// Free SOL that no ticket waits for.
    pub fn instant(&self, pool: &Pool) -> u64 {
        self.free
            .saturating_sub(pool.value_of(self.waiting_units()))
    }

    /// Lamports that leave for `units`.
    pub fn withdraw(&mut self, pool: &Pool, user: usize, units: u64) -> Option<u64> {
        let lamports = pool.value_of(units);
        let allowed =
            units > 0 && units <= self.unbound(pool, user) && lamports <= self.instant(pool);
        allowed.then(|| {
            self.free -= lamports;
            lamports
        })
    }

    /// Units that leave in an emergency: all, or as many as there is free SOL for.
    pub fn emergency(&mut self, pool: &Pool, user: usize) -> Option<u64> {
        let units = within(pool, self.unbound(pool, user), self.instant(pool));
        self.withdraw(pool, user, units)?;
        Some(units)
    }

    pub fn open_ticket(&mut self, pool: &Pool, user: usize, units: u64) -> bool {
        let unbound = self.unbound(pool, user);
        let enough = units == unbound || units >= pool.min_deposit_units;
        if units == 0 || units > unbound || !enough {
            return false;
        }
        self.tickets
            .insert(self.next_ticket, Ticket { user, units });
        self.next_ticket += 1;
        true
    }

    /// The first ticket goes; another keeps its place, empty, until the queue has passed it.
    pub fn cancel_ticket(&mut self, number: u64) -> bool {
        let first = self.first_ticket();
        let Some(ticket) = self.tickets.get_mut(&number).filter(|t| t.units > 0) else {
            return false;
        };
        ticket.units = 0;
        if number == first {
            self.tickets.remove(&number);
        }
        true
    }

    /// Units of the first ticket that are paid, and to whom. One worth nothing is passed.
    pub fn serve_ticket(&mut self, pool: &Pool) -> Option<Ticket> {
        let (number, ticket) = self.tickets.iter_mut().next()?;
        let number = *number;
        let units = within(pool, ticket.units, self.free);
        let lamports = pool.value_of(units);
        if lamports == 0 && units < ticket.units {
            return None;
        }
        self.free -= lamports;
        ticket.units -= units;
        let served = Ticket { units, ..*ticket };
        if ticket.units == 0 {
            self.tickets.remove(&number);
        }
        Some(served)
    }

    pub fn delegate(&mut self, pool: &Pool, to: usize, lamports: u64, rent: u64, now: i64) -> bool {
        let held = u128::from(self.free + self.staked());
        let buffer = (held * u128::from(self.buffer_bps)).div_ceil(u128::from(BPS));
        let left = self.instant(pool).checked_sub(lamports);
        let covered = left.is_some_and(|left| u128::from(left) >= buffer);
        let validator = &mut self.validators[to];
        let within = validator.staked.saturating_add(lamports) <= validator.cap;
        if lamports < LEAST_DELEGATION || now < validator.opens_at || !within || !covered {
            return false;
        }
        validator.staked += lamports;
        self.free -= lamports;
        let delegation = Delegation {
            validator: to,
            principal: lamports,
            delegated: lamports,
            rent,
            held: lamports + rent,
            delegated_in: self.epoch,
            deactivated_in: None,
        };
        self.delegations.insert(self.next_delegation, delegation);
        self.next_delegation += 1;
        true
    }

    /// Anyone may where tickets wait for more than is free and on its way.
    pub fn deactivate(&mut self, pool: &Pool, number: u64, by_keeper: bool) -> bool {
        let short = pool.value_of(self.waiting_units()) > self.free + self.deactivating();
        let epoch = self.epoch;
        match self.delegations.get_mut(&number) {
            Some(delegation) if delegation.deactivated_in.is_none() && (by_keeper || short) => {
                delegation.deactivated_in = Some(epoch);
                true
            }
            _ => false,
        }
    }

    /// All that is left of a stake account that is no longer active.
    pub fn reclaim(&mut self, number: u64) -> Option<Returned> {
        let delegation = *self.delegations.get(&number)?;
        let deactivated = delegation.deactivated_in?;
        let inactive = self.epoch > deactivated || delegation.delegated_in == deactivated;
        if !inactive {
            return None;
        }
        self.delegations.remove(&number);
        self.validators[delegation.validator].staked -= delegation.delegated;
        let principal = delegation.held.min(delegation.principal);
        self.free += principal;
        let above = delegation.held - principal;
        Some(Returned {
            reward: above.saturating_sub(delegation.rent),
            lost: delegation.principal - principal,
        })
    }

    /// Rewards that free SOL stands in for, or a loss.
    pub fn harvest(&mut self, pool: &Pool, number: u64) -> Option<Returned> {
        let instant = self.instant(pool);
        let delegation = self.delegations.get_mut(&number)?;
        let lost = delegation.principal.saturating_sub(delegation.held);
        if lost > 0 {
            delegation.principal = delegation.held;
            return Some(Returned { reward: 0, lost });
        }
        let above = delegation.held - delegation.principal;
        let reward = above.saturating_sub(delegation.rent).min(instant);
        if delegation.deactivated_in.is_some() || reward == 0 {
            return None;
        }
        delegation.principal += reward;
        self.free -= reward;
        Some(Returned { reward, lost: 0 })
    }

    /// Takes a loss out of the reserve, then out of every unit alike: the price there is now.
    pub fn lose(&mut self, pool: &Pool, reserve: &mut u64, lost: u64) -> u64 {
        let covered = lost.min(*reserve);
        *reserve -= covered;
        self.free += covered;
        self.lost += lost - covered;
        let held = self.free + self.staked();
        let total = pool.total_units();
        if held >= pool.value_of(total) {
            return pool.price;
        }
        mul_div(held, PRICE_SCALE, total).unwrap()
    }
}
