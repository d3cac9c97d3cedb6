//! What the staking vault reads of other programs' accounts: tokens and mints, stake accounts, and
//! where prices of liquid staking tokens come from.
//!
//! Every function takes an account's bytes and gives what they say, or a refusal where they are not
//! of the kind asked for; none panics or reads past the end. Who owns an account is not in its bytes
//! and is checked by the program. `tests/fuzz` holds all of it against the owners' own crates.
#![cfg_attr(not(test), no_std)]

mod bytes;
pub mod marinade;
pub mod pyth;
pub mod stake;
pub mod stake_pool;
pub mod token;
