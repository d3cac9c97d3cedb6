//! Which stake comes back.

use std::{cmp::Reverse, collections::BTreeSet};

use crate::duties::{
    duty::{Duty, Reason},
    facts::{DelegationFacts, StakingFacts, ValidatorFacts},
    plan::StakingRules,
};

/// What is deactivated, in this order:
/// - what somebody has deactivated by the stake program itself: it is only booked
/// - all of validators that are to hold none any more
/// - enough for the tickets, where they wait for more than is free and coming
/// - enough to fill the buffer, where it has run low
pub(super) fn deactivations(facts: &StakingFacts, rules: &StakingRules) -> Vec<Duty> {
    let mut chosen = Chosen::default();
    for delegation in active(facts) {
        if delegation.deactivation_epoch.is_some() {
            chosen.take(delegation, Reason::Booked);
        } else if facts.is_keeper && is_unlisted(facts, delegation) {
            chosen.take(delegation, Reason::Unlisted);
        }
    }
    let pool = &facts.pool;
    let before = pool
        .free_lamports
        .saturating_add(pool.deactivating_lamports);
    let tickets = pool.ticket_lamports();

    let coming = before.saturating_add(chosen.lamports);
    chosen.enough(facts, tickets.saturating_sub(coming), Reason::Tickets);

    let spare = before
        .saturating_add(chosen.lamports)
        .saturating_sub(tickets);
    let buffer = pool.buffer_lamports();
    let low = u128::from(buffer).saturating_mul(u128::from(rules.refill_below_percent)) / 100;
    if facts.is_keeper && u128::from(spare) < low {
        chosen.enough(facts, buffer.saturating_sub(spare), Reason::Buffer);
    }
    chosen.duties
}

fn active(facts: &StakingFacts) -> impl Iterator<Item = &DelegationFacts> {
    facts
        .delegations
        .iter()
        .filter(|delegation| !delegation.is_deactivating)
}

fn validator<'a>(facts: &'a StakingFacts, of: &DelegationFacts) -> Option<&'a ValidatorFacts> {
    facts
        .validators
        .iter()
        .find(|validator| validator.vote == of.vote)
}

fn is_unlisted(facts: &StakingFacts, delegation: &DelegationFacts) -> bool {
    validator(facts, delegation).is_some_and(|validator| validator.cap_lamports == 0)
}

/// What is chosen so far.
#[derive(Default)]
struct Chosen {
    numbers: BTreeSet<u64>,
    duties: Vec<Duty>,
    lamports: u64,
}

impl Chosen {
    fn take(&mut self, delegation: &DelegationFacts, reason: Reason) {
        self.numbers.insert(delegation.number);
        self.lamports = self.lamports.saturating_add(delegation.principal_lamports);
        self.duties.push(Duty::Deactivate {
            number: delegation.number,
            lamports: delegation.principal_lamports,
            reason,
        });
    }

    /// Takes stake worth `needed` lamports: first what earns nothing yet and is back at once, then
    /// that of delinquent validators, then any.
    fn enough(&mut self, facts: &StakingFacts, needed: u64, reason: Reason) {
        let mut needed = needed;
        let is_delinquent = |delegation: &DelegationFacts| {
            validator(facts, delegation).is_some_and(|validator| validator.is_delinquent)
        };
        let classes: [&dyn Fn(&DelegationFacts) -> bool; 3] = [
            &|delegation| delegation.is_warming_up(facts.epoch),
            &is_delinquent,
            &|_| true,
        ];
        for class in classes {
            let mut left: Vec<_> = active(facts)
                .filter(|delegation| !self.numbers.contains(&delegation.number))
                .filter(|delegation| delegation.principal_lamports > 0 && class(delegation))
                .collect();
            left.sort_by_key(|delegation| (delegation.principal_lamports, delegation.number));
            while needed > 0 && !left.is_empty() {
                // The smallest that is enough; where none is, the largest, and on with the rest.
                let index = left
                    .iter()
                    .position(|delegation| delegation.principal_lamports >= needed)
                    .unwrap_or(left.len().saturating_sub(1));
                let delegation = left.remove(index);
                needed = needed.saturating_sub(delegation.principal_lamports);
                self.take(delegation, reason);
            }
        }
    }
}

/// Orders validators for delegation: most room first, then by address, so that it is determined.
pub(super) fn by_room(validator: &ValidatorFacts) -> (Reverse<u64>, [u8; 32]) {
    let room = validator
        .cap_lamports
        .saturating_sub(validator.staked_lamports);
    (Reverse(room), validator.vote.to_bytes())
}
