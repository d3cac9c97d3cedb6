//! Seeds of the program's addresses, and the limits a vault is held to. Nothing else names them.

use anchor_lang::prelude::*;

/// Seed of a vault: `["vault", id as u64 little-endian]`.
#[constant]
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of a pool: `["pool", vault, mint]`.
#[constant]
pub const POOL_SEED: &[u8] = b"pool";
/// Seed of a position: `["position", pool, owner]`.
#[constant]
pub const POSITION_SEED: &[u8] = b"position";
/// The mint that stands for SOL in a pool's address: SPL Token's native mint.
#[constant]
pub const NATIVE_MINT: Address =
    anchor_lang::address!("So11111111111111111111111111111111111111112");

/// Version written into every account; a later layout raises it.
pub const ACCOUNT_VERSION: u8 = 1;
/// Pools a vault can have: a distribution passes all of them in one transaction.
pub const MAX_POOLS: u8 = 16;
/// Shortest time lock, seconds: an hour, in which a staker can see a change coming and leave.
pub const MIN_TIMELOCK_SECONDS: u64 = 3_600;
/// Longest time lock, seconds: 30 days.
pub const MAX_TIMELOCK_SECONDS: u64 = 30 * 86_400;
/// Longest stream, seconds: a year of 365.25 days.
pub const MAX_STREAM_SECONDS: u64 = 31_557_600;
/// Longest minimum spacing of distributions, seconds: 30 days.
pub const MAX_SPACING_SECONDS: u64 = 30 * 86_400;
