//! Base staking: prices, tickets, delegations and rewards, on a schedule of their own.
//!
//! [`plan`] decides and does nothing; [`Duties`] reads, asks it, and does the first of its answers, one
//! transaction each. The chain is the only memory: see [`duty`] for why nothing of it can do harm
//! when it is done twice. What fails is tried again later and later, and holds up neither the other
//! duties nor a distribution of revenue.

pub mod duty;
pub mod plan;

mod facts;
mod instructions;
mod metrics;
mod patience;
mod perform;
mod prices;
mod schedule;

pub use self::{
    duty::{Duty, Reason},
    facts::{
        DelegationFacts, PoolFacts, PriceFacts, RewardFacts, StakingFacts, TicketFacts,
        ValidatorFacts,
    },
    perform::Duties,
    plan::{StakingRules, plan_staking},
    schedule::{Done, once, run},
};
