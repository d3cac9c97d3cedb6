//! What happened in base staking, counted.

use primis_vault_interface::Source;
use primis_vault_interface::events::Event;
use serde::Serialize;

use super::history::Landed;

/// How often each thing was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StakingCounts {
    /// Stake accounts delegated.
    pub delegations: u64,
    /// Of them deactivated.
    pub deactivations: u64,
    /// Of them brought back.
    pub reclaims: u64,
    /// Harvests of rewards.
    pub harvests: u64,
    /// Distributions of them.
    pub staking_distributions: u64,
    /// Withdrawal tickets opened.
    pub tickets_opened: u64,
    /// Payments of tickets, whole or in part.
    pub ticket_payments: u64,
    /// Tickets paid in full.
    pub tickets_served: u64,
    /// Losses of stake recognised.
    pub losses: u64,
}

impl StakingCounts {
    /// Counts what landed.
    pub fn of(history: &[Landed]) -> Self {
        let mut counts = Self::default();
        for event in history.iter().flat_map(|landed| &landed.events) {
            let count = match event {
                Event::Delegated(_) => &mut counts.delegations,
                Event::Deactivated(_) => &mut counts.deactivations,
                Event::Reclaimed(_) => &mut counts.reclaims,
                Event::Harvested(_) => &mut counts.harvests,
                Event::YieldDistributed(e) if e.source == u64::from(Source::Staking as u8) => {
                    &mut counts.staking_distributions
                }
                Event::TicketOpened(_) => &mut counts.tickets_opened,
                Event::TicketServed(e) => {
                    if e.left_units == 0 {
                        counts.tickets_served = counts.tickets_served.saturating_add(1);
                    }
                    &mut counts.ticket_payments
                }
                Event::LossRecognised(_) => &mut counts.losses,
                _ => continue,
            };
            *count = count.saturating_add(1);
        }
        counts
    }
}
