//! A plain model of the program's base staking, to hold the plan against: it does a duty as the
//! program does, and panics where the program refuses.

use std::collections::VecDeque;

use primis_vault_interface::math::PRICE_SCALE;

use super::*;
use crate::duties::facts::{TicketFacts, ValidatorFacts};

/// A vault with its cluster.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) facts: StakingFacts,
    /// Units of the tickets that wait, in order.
    pub(super) queue: VecDeque<u64>,
    pub(super) total_units: u64,
    /// Lamports paid to tickets.
    pub(super) paid_lamports: u64,
}

impl World {
    /// Makes the facts that follow from others do so.
    pub(super) fn settle(&mut self) {
        let pool = &mut self.facts.pool;
        let principals = |deactivating: bool| {
            let of = self.facts.delegations.iter();
            of.filter(|d| d.is_deactivating || !deactivating)
                .map(|d| d.principal_lamports)
                .sum()
        };
        pool.staked_lamports = principals(false);
        pool.deactivating_lamports = principals(true);
        pool.ticket_units = self.queue.iter().sum();
        let number = self.facts.head.map_or(0, |head| head.number);
        self.facts.head = self.queue.front().map(|units| TicketFacts {
            number,
            units: *units,
        });
    }

    fn delegation(&mut self, number: u64) -> &mut DelegationFacts {
        let found = self.facts.delegations.iter_mut();
        found
            .into_iter()
            .find(|d| d.number == number)
            .expect("a delegation")
    }

    fn validator(&mut self, vote: solana_address::Address) -> &mut ValidatorFacts {
        let found = self.facts.validators.iter_mut();
        found
            .into_iter()
            .find(|v| v.vote == vote)
            .expect("a validator")
    }

    /// Does a duty, or panics as the program refuses.
    pub(super) fn apply(&mut self, duty: &Duty) {
        let epoch = self.facts.epoch;
        match *duty {
            Duty::Refresh { pool, .. } => self.facts.old_prices.retain(|price| price.pool != pool),
            Duty::RecogniseLoss { number, lamports } => {
                let delegation = self.delegation(number);
                assert_eq!(delegation.lost_lamports(), lamports);
                assert!(lamports > 0, "nothing to harvest");
                delegation.principal_lamports = delegation.held_lamports;
                self.settle();
                self.bear_loss();
            }
            Duty::Serve { number, lamports } => self.serve(number, lamports),
            Duty::Reclaim { number, .. } => {
                let delegation = *self.delegation(number);
                assert!(delegation.is_deactivating, "not deactivating");
                assert!(delegation.is_inactive(epoch), "not inactive");
                self.facts.delegations.retain(|d| d.number != number);
                let returned = delegation.principal_lamports.min(delegation.held_lamports);
                self.facts.pool.free_lamports += returned;
                self.facts.rewards.funded_lamports += delegation.reward_lamports();
                let validator = self.validator(delegation.vote);
                validator.staked_lamports = validator
                    .staked_lamports
                    .saturating_sub(delegation.principal_lamports);
                self.settle();
                self.bear_loss();
            }
            Duty::Deactivate { number, .. } => {
                let pool = self.facts.pool;
                let coming = pool.free_lamports + pool.deactivating_lamports;
                let anyone = pool.ticket_lamports() > coming;
                let is_keeper = self.facts.is_keeper;
                let delegation = self.delegation(number);
                assert!(!delegation.is_deactivating, "not active");
                let booked = delegation.deactivation_epoch.is_some();
                assert!(is_keeper || anyone || booked, "no ticket waits");
                delegation.is_deactivating = true;
                delegation.deactivation_epoch.get_or_insert(epoch);
                self.settle();
            }
            Duty::Harvest { number, lamports } => {
                let instant = self.facts.pool.instant_lamports();
                let delegation = self.delegation(number);
                assert!(!delegation.is_deactivating, "not active");
                // What was reclaimed before it may let more of it through.
                let taken = delegation.reward_lamports().min(instant);
                assert!(
                    taken >= lamports && lamports > 0,
                    "nothing to harvest, or nothing free"
                );
                delegation.principal_lamports += taken;
                self.facts.pool.free_lamports -= taken;
                self.facts.rewards.funded_lamports += taken;
                self.settle();
            }
            Duty::Distribute {
                previous_interval_id,
                interval_id,
                lamports,
            } => {
                let StakingFacts {
                    now,
                    is_keeper,
                    is_paused,
                    rewards,
                    ..
                } = &mut self.facts;
                assert!(*is_keeper && !*is_paused && lamports > 0);
                assert!(interval_id > rewards.last_interval_id, "not newer");
                assert_eq!(previous_interval_id, rewards.last_interval_id, "mismatch");
                assert!(interval_id <= *now, "in the future");
                let earliest = rewards
                    .last_distributed_at
                    .saturating_add_unsigned(rewards.min_spacing_seconds);
                assert!(*now >= earliest, "spacing");
                assert!(lamports <= rewards.cap_lamports && lamports <= rewards.funded_lamports);
                rewards.funded_lamports -= lamports;
                rewards.last_interval_id = interval_id;
                rewards.last_distributed_at = *now;
            }
            Duty::Delegate {
                number,
                vote,
                lamports,
            } => self.delegate(number, vote, lamports),
        }
    }

    fn serve(&mut self, number: u64, lamports: u64) {
        let head = self.facts.head.expect("a ticket");
        assert_eq!(head.number, number, "not the first ticket");
        let pool = &mut self.facts.pool;
        let wanted = pool.lamports_for(head.units);
        let units = if pool.free_lamports >= wanted {
            head.units
        } else {
            pool.units_for(pool.free_lamports).min(head.units)
        };
        let paid = pool.lamports_for(units);
        assert!(paid > 0 || units == head.units, "insufficient liquidity");
        assert_eq!(paid, lamports, "what was announced");
        pool.free_lamports -= paid;
        self.paid_lamports += paid;
        self.total_units -= units;
        let left = head.units - units;
        let first = self.queue.front_mut().expect("a ticket");
        *first = left;
        if left == 0 {
            self.queue.pop_front();
            self.facts.head.as_mut().expect("a ticket").number += 1;
        }
        self.settle();
    }

    fn delegate(&mut self, number: u64, vote: solana_address::Address, lamports: u64) {
        let StakingFacts {
            now,
            epoch,
            is_keeper,
            pool,
            ..
        } = self.facts;
        assert!(is_keeper && lamports > 0);
        assert_eq!(number, pool.delegation_next);
        let validator = self.validator(vote);
        assert!(now >= validator.opens_at, "not open");
        validator.staked_lamports += lamports;
        assert!(validator.staked_lamports <= validator.cap_lamports, "cap");
        let left = pool.instant_lamports().checked_sub(lamports);
        assert!(
            left.is_some_and(|left| left >= pool.buffer_lamports()),
            "buffer short"
        );
        self.facts.pool.free_lamports -= lamports;
        self.facts.pool.delegation_next += 1;
        self.facts.wallet_lamports -= 5_000_000;
        let rent_lamports = 2_282_880;
        self.facts.delegations.push(DelegationFacts {
            number,
            vote,
            is_deactivating: false,
            principal_lamports: lamports,
            rent_lamports,
            held_lamports: lamports + rent_lamports,
            activation_epoch: epoch,
            deactivation_epoch: None,
        });
        self.settle();
    }

    /// No reserve here: every unit bears its part.
    fn bear_loss(&mut self) {
        let pool = &mut self.facts.pool;
        if pool.held_lamports() < pool.lamports_for(self.total_units) {
            let price = u128::from(pool.held_lamports()) * u128::from(PRICE_SCALE)
                / u128::from(self.total_units);
            pool.price = u64::try_from(price).expect("below the scale");
        }
    }

    /// Does what the plan says, first duty by first duty, until it says nothing; returns what was done.
    pub(super) fn run(&mut self, rules: &StakingRules) -> Vec<Duty> {
        let mut done = Vec::new();
        while let Some(duty) = plan_staking(&self.facts, rules).first() {
            assert!(
                done.len() < 1_000,
                "it never rests: {:?}",
                &done[done.len() - 4..]
            );
            self.apply(duty);
            done.push(*duty);
        }
        done
    }

    /// The next epoch: whatever is staked earns.
    pub(super) fn pass_epoch(&mut self, reward_lamports: u64) {
        self.facts.epoch += 1;
        self.facts.now += 172_800;
        self.facts.epoch_started_at = self.facts.now - 3_600;
        for delegation in &mut self.facts.delegations {
            delegation.held_lamports += reward_lamports;
        }
    }
}
