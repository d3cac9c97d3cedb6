//! What the vault promises as a whole: nobody gains by timing, nothing is lost, cost does not
//! grow with stakers.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a broken expectation is a failed test"
)]

mod attack_table;
mod attacks_accounts;
mod attacks_arguments;
mod attacks_prices;
mod attacks_roles;
mod attacks_staking;
mod attacks_tickets;
mod attacks_yield;
mod conservation;
mod cost;
mod losses;
mod peers;
mod staking;
mod timing;
mod total_loss;
