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
/// Seed of a token pool's token account: `["tokens", pool]`.
#[constant]
pub const TOKENS_SEED: &[u8] = b"tokens";
/// Seed of an allowed validator: `["validator", pool, vote]`.
#[constant]
pub const VALIDATOR_SEED: &[u8] = b"validator";
/// Seed of a delegation: `["delegation", pool, number as u64 little-endian]`.
#[constant]
pub const DELEGATION_SEED: &[u8] = b"delegation";
/// Seed of its stake account: `["stake", pool, number as u64 little-endian]`.
#[constant]
pub const STAKE_SEED: &[u8] = b"stake";
/// Seed of a withdrawal ticket: `["ticket", pool, number as u64 little-endian]`.
#[constant]
pub const TICKET_SEED: &[u8] = b"ticket";
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
/// Oldest price a pool can be set to take, seconds: a week, some epochs.
pub const MAX_PRICE_AGE_SECONDS: u64 = 7 * 86_400;
/// Furthest a price can be allowed to move from its reference, basis points: 20 %.
pub const MAX_PRICE_MOVE_BPS: u64 = 2_000;
/// Widest confidence a Pyth price can be allowed, basis points: 5 %.
pub const MAX_CONFIDENCE_BPS: u64 = 500;
/// How long a reference price stands, seconds: a day. Moves are bounded over it, however many
/// updates they are made of.
pub const PRICE_REFERENCE_SECONDS: u64 = 86_400;
/// How far ahead of the cluster's clock a Pyth price may be dated, seconds: the clock is an
/// estimate that lags.
pub const MAX_CLOCK_LEAD_SECONDS: i64 = 30;
/// Least that is kept free of the SOL pool's principal, basis points: 1 %.
pub const MIN_BUFFER_BPS: u64 = 100;
/// What a new SOL pool keeps free, basis points: 10 %.
pub const DEFAULT_BUFFER_BPS: u64 = 1_000;
