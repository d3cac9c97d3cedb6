//! What base staking has to do now: a pure decision. Facts in, duties out, the most pressing first;
//! who calls does the first it can, reads the chain again and asks anew.
//!
//! 1. losses, so that whoever is paid after bears his part
//! 2. prices
//! 3. tickets, 4. stake that is back for them, 5. stake that must come back
//! 6. rewards, and 7. their distribution
//! 8. delegating what is left: never below the buffer, and not while a ticket waits

mod delegate;
mod unstake;

#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::{
    duty::Duty,
    facts::{DelegationFacts, StakingFacts},
};

/// The operator's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakingRules {
    /// Ends of distributions are multiples of this, seconds; positive.
    pub interval_seconds: i64,
    /// Lamports that delegating leaves in the keeper's wallet, for distributions of revenue.
    pub wallet_reserve_lamports: u64,
    /// Least that a ticket is paid in part, lamports; what is left of it is paid whatever it is.
    pub min_serve_lamports: u64,
    /// Smallest delegation, lamports; positive.
    pub min_delegation_lamports: u64,
    /// What a stake account is filled to, lamports.
    pub max_stake_account_lamports: u64,
    /// Most stake accounts.
    pub max_stake_accounts: u64,
    /// Validators that keep more than this are not delegated to, percent.
    pub max_commission_percent: u8,
    /// Stake is brought back where the free SOL is below this part of the buffer, percent.
    pub refill_below_percent: u8,
    /// How long after an epoch's begin its rewards are harvested, seconds.
    pub harvest_delay_seconds: i64,
    /// Least that is harvested, lamports; positive.
    pub min_harvest_lamports: u64,
    /// Smallest distribution of staking rewards, lamports; positive.
    pub min_distribution_lamports: u64,
}

/// Decides what is due, in the order it should be done. What only the vault's keeper may do is left
/// out where the key is not the keeper's.
pub fn plan_staking(facts: &StakingFacts, rules: &StakingRules) -> Vec<Duty> {
    let mut duties: Vec<Duty> = losses(facts).chain(prices(facts)).collect();
    duties.extend(serve(facts, rules));
    duties.extend(reclaims(facts));
    let deactivations = unstake::deactivations(facts, rules);
    // The rewards of those come with their principal.
    let leaving: Vec<_> = deactivations.iter().filter_map(Duty::number).collect();
    duties.extend(deactivations);
    let harvests = harvests(facts, rules, &leaving);
    let harvested = harvests
        .iter()
        .map(lamports_of)
        .fold(0, u64::saturating_add);
    duties.extend(harvests);
    duties.extend(distribution(facts, rules));
    duties.extend(delegate::delegations(facts, rules, harvested));
    duties
}

fn lamports_of(harvest: &Duty) -> u64 {
    match harvest {
        Duty::Harvest { lamports, .. } => *lamports,
        _ => 0,
    }
}

fn losses(facts: &StakingFacts) -> impl Iterator<Item = Duty> {
    facts
        .delegations
        .iter()
        .filter(|delegation| delegation.lost_lamports() > 0)
        .map(|delegation| Duty::RecogniseLoss {
            number: delegation.number,
            lamports: delegation.lost_lamports(),
        })
}

fn prices(facts: &StakingFacts) -> impl Iterator<Item = Duty> {
    facts.old_prices.iter().map(|price| Duty::Refresh {
        pool: price.pool,
        mint: price.mint,
        age_seconds: price.age_seconds,
    })
}

/// The first ticket, if it can be paid, or passed.
fn serve(facts: &StakingFacts, rules: &StakingRules) -> Option<Duty> {
    let (head, pool) = (facts.head?, &facts.pool);
    let wanted = pool.lamports_for(head.units);
    let lamports = if pool.free_lamports >= wanted {
        wanted
    } else {
        let units = pool.units_for(pool.free_lamports).min(head.units);
        let part = pool.lamports_for(units);
        if part == 0 || part < rules.min_serve_lamports {
            return None;
        }
        part
    };
    Some(Duty::Serve {
        number: head.number,
        lamports,
    })
}

fn reclaims(facts: &StakingFacts) -> impl Iterator<Item = Duty> {
    facts
        .delegations
        .iter()
        .filter(|delegation| delegation.is_deactivating && delegation.is_inactive(facts.epoch))
        .map(|delegation| Duty::Reclaim {
            number: delegation.number,
            lamports: delegation.principal_lamports,
        })
}

/// Rewards come at the begin of an epoch and stay harvested until the next, so each is harvested
/// once an epoch. As much free SOL moves to the vault: never any that a ticket waits for.
fn harvests(facts: &StakingFacts, rules: &StakingRules, leaving: &[u64]) -> Vec<Duty> {
    let settled_at = facts
        .epoch_started_at
        .saturating_add(rules.harvest_delay_seconds);
    if facts.now < settled_at {
        return Vec::new();
    }
    let mut instant = facts.pool.instant_lamports();
    let mut harvests = Vec::new();
    let earned = |delegation: &&DelegationFacts| {
        !delegation.is_deactivating
            && !leaving.contains(&delegation.number)
            && delegation.reward_lamports() > 0
    };
    for delegation in facts.delegations.iter().filter(earned) {
        let lamports = delegation.reward_lamports().min(instant);
        if lamports < rules.min_harvest_lamports {
            continue;
        }
        instant = instant.saturating_sub(lamports);
        harvests.push(Duty::Harvest {
            number: delegation.number,
            lamports,
        });
    }
    harvests
}

/// What was harvested goes to the stakers in one distribution. It ends at the newest boundary of
/// windows, whoever plans it, and begins where the last one ended: so it lands once.
fn distribution(facts: &StakingFacts, rules: &StakingRules) -> Option<Duty> {
    let rewards = &facts.rewards;
    let lamports = rewards.funded_lamports.min(rewards.cap_lamports);
    let spaced_at = rewards
        .last_distributed_at
        .saturating_add_unsigned(rewards.min_spacing_seconds);
    let interval_id = facts
        .now
        .saturating_sub(facts.now.rem_euclid(rules.interval_seconds));
    let is_due = facts.is_keeper
        && !facts.is_paused
        && lamports >= rules.min_distribution_lamports
        && facts.now >= spaced_at
        && interval_id > rewards.last_interval_id;
    is_due.then_some(Duty::Distribute {
        previous_interval_id: rewards.last_interval_id,
        interval_id,
        lamports,
    })
}
