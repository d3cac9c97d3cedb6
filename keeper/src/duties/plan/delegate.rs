//! Which free SOL is delegated, and to whom.

use super::{StakingRules, unstake::by_room};
use crate::duties::{
    duty::Duty,
    facts::{StakingFacts, ValidatorFacts},
};

/// Rents of a delegation and its stake account, lamports, rounded up: 224 and 200 bytes, each with
/// 128 of overhead, at 6,960 lamports a byte. They come back when it is reclaimed.
const RENTS_LAMPORTS: u64 = 5_000_000;

/// Delegates what is free beyond the buffer after `harvested` lamports of it became yield, in stake
/// accounts of bounded size: a later ticket then brings back little more than it needs. Each goes to
/// the validator with the most room under its cap. While a ticket waits nothing is delegated.
pub(super) fn delegations(facts: &StakingFacts, rules: &StakingRules, harvested: u64) -> Vec<Duty> {
    let pool = &facts.pool;
    if !facts.is_keeper || pool.ticket_units > 0 || facts.head.is_some() {
        return Vec::new();
    }
    let mut spare = pool
        .free_lamports
        .saturating_sub(harvested)
        .saturating_sub(pool.buffer_lamports());
    let count = u64::try_from(facts.delegations.len()).unwrap_or(u64::MAX);
    let payable = facts
        .wallet_lamports
        .saturating_sub(rules.wallet_reserve_lamports)
        / RENTS_LAMPORTS;
    let accounts = rules.max_stake_accounts.saturating_sub(count).min(payable);
    // A pool that outgrows them gets larger accounts: half of them hold all of it.
    let half = rules.max_stake_accounts.div_ceil(2).max(1);
    let size = rules
        .max_stake_account_lamports
        .max(pool.held_lamports().div_ceil(half));

    let mut validators: Vec<_> = facts
        .validators
        .iter()
        .filter(|validator| is_eligible(validator, facts, rules))
        .copied()
        .collect();
    let mut duties = Vec::new();
    for nth in 0..accounts {
        validators.sort_by_key(by_room);
        let Some(validator) = validators.first_mut() else {
            break;
        };
        let room = validator
            .cap_lamports
            .saturating_sub(validator.staked_lamports);
        let lamports = spare.min(size).min(room);
        if lamports < rules.min_delegation_lamports {
            break;
        }
        validator.staked_lamports = validator.staked_lamports.saturating_add(lamports);
        spare = spare.saturating_sub(lamports);
        duties.push(Duty::Delegate {
            number: pool.delegation_next.saturating_add(nth),
            vote: validator.vote,
            lamports,
        });
    }
    duties
}

fn is_eligible(validator: &ValidatorFacts, facts: &StakingFacts, rules: &StakingRules) -> bool {
    facts.now >= validator.opens_at
        && !validator.is_delinquent
        && validator
            .commission_percent
            .is_none_or(|percent| percent <= rules.max_commission_percent)
}
