//! One error per cause, in numbered groups of which each has room. Never reorder, only append.

use anchor_lang::prelude::*;

/// Refused input: 6000 and on.
#[error_code(offset = 6000)]
pub enum InputError {
    /// 6000: the amount is zero.
    #[msg("the amount is zero: pass at least one lamport")]
    ZeroAmount,
    /// 6001: the deposit is below the pool's minimum.
    #[msg("the deposit is below the pool's minimum: see min_deposit_units")]
    BelowMinimumDeposit,
    /// 6002: the deposit would take the pool over its cap.
    #[msg("the deposit would take the pool over its cap: deposit less, or wait for a higher cap")]
    OverPoolCap,
    /// 6003: the position holds fewer units than asked for.
    #[msg("the position holds fewer units than that: withdraw at most its units")]
    InsufficientUnits,
    /// 6004: the pool holds less free SOL than asked for; the rest is staked.
    #[msg(
        "the pool's free SOL does not cover this: withdraw less, or wait for staked SOL to return"
    )]
    InsufficientLiquidity,
    /// 6005: nothing has been earned since the last claim.
    #[msg("nothing is owed yet: yield streams second by second, try later")]
    NothingOwed,
    /// 6006: the position still holds units.
    #[msg("the position still holds units: withdraw them before closing it")]
    PositionNotEmpty,
    /// 6007: the yield source is neither staking (0) nor compute (1).
    #[msg("unknown yield source: 0 is staking, 1 is compute")]
    UnknownSource,
    /// 6008: the bucket is none of subsidy (1), reserve (2), treasury (3).
    #[msg("unknown bucket: 1 is subsidy, 2 is reserve, 3 is treasury")]
    UnknownBucket,
    /// 6009: the bucket holds less than asked for.
    #[msg("the bucket holds less than that")]
    InsufficientBucket,
    /// 6010: no address is fixed for the bucket.
    #[msg("no sweep address is fixed for this bucket: propose a config that names one")]
    SweepAddressUnset,
    /// 6011: unknown pause flags.
    #[msg("unknown pause flags: 1 is deposits, 2 is distributions")]
    UnknownPauseFlags,
    /// 6012: unknown pool status.
    #[msg("unknown pool status: 0 is active, 1 is closed to deposits")]
    UnknownPoolStatus,
    /// 6013: the native pool takes SOL by the SOL instructions only.
    #[msg("this pool does not hold SOL: use the instructions for its token")]
    NotTheNativePool,
}

/// A wrong account or signer: 6100 and on.
#[error_code(offset = 6100)]
pub enum AccountError {
    /// 6100: the signer is not the vault's authority.
    #[msg("only the vault's authority may do this")]
    NotAuthority,
    /// 6101: the signer is not the vault's keeper.
    #[msg("only the vault's keeper may do this")]
    NotKeeper,
    /// 6102: the signer is neither guardian nor authority.
    #[msg("only the vault's guardian or authority may do this")]
    NotGuardian,
    /// 6103: the signer is neither keeper nor authority.
    #[msg("only the vault's keeper or authority may do this")]
    NotKeeperOrAuthority,
    /// 6104: the signer is not the proposed authority.
    #[msg("only the proposed authority may accept, and one must have been proposed")]
    NotPendingAuthority,
    /// 6105: the signer does not own the position.
    #[msg("the position belongs to another wallet")]
    NotPositionOwner,
    /// 6106: the pool belongs to another vault.
    #[msg("the pool belongs to another vault")]
    PoolOfAnotherVault,
    /// 6107: the position belongs to another pool.
    #[msg("the position belongs to another pool")]
    PositionOfAnotherPool,
    /// 6108: the position's address is not `["position", pool, owner]` with the canonical bump.
    #[msg("not the position's address: derive it from [\"position\", pool, owner]")]
    WrongPositionAddress,
    /// 6109: the destination is not the address fixed for the bucket.
    #[msg("a bucket can only be swept to the address fixed for it")]
    WrongSweepAddress,
    /// 6110: the mint is not the native mint.
    #[msg("not a mint this instruction takes: pass the native mint for the SOL pool")]
    WrongMint,
    /// 6111: not every pool was passed, or not in the order of their index.
    #[msg("pass every pool of the vault once, writable, in the order of its index")]
    WrongPools,
    /// 6112: the vault has as many pools as it can have.
    #[msg("the vault has its largest number of pools")]
    TooManyPools,
}

/// Refused by a rule of time or state: 6200 and on.
#[error_code(offset = 6200)]
pub enum RuleError {
    /// 6200: deposits are paused.
    #[msg("deposits are paused; withdrawals and claims are not")]
    DepositsPaused,
    /// 6201: distributions are paused.
    #[msg("distributions are paused")]
    DistributionsPaused,
    /// 6202: the pool is closed to deposits.
    #[msg("the pool is closed to deposits; withdrawals and claims are not")]
    PoolClosedToDeposits,
    /// 6203: the interval is not newer than the last one distributed for the source.
    #[msg("the interval is already distributed: its id must be greater than the last one")]
    IntervalNotNewer,
    /// 6204: the interval does not begin where the last one ended.
    #[msg("another distribution came in between: read last_interval_id and plan again")]
    IntervalMismatch,
    /// 6205: the interval has not ended by the cluster's clock.
    #[msg("the interval has not ended yet by the cluster's clock")]
    IntervalInFuture,
    /// 6206: the minimum spacing since the last distribution has not passed.
    #[msg("too soon after the last distribution: wait for min_spacing_seconds")]
    SpacingNotElapsed,
    /// 6207: the source's funded lamports do not cover the amount.
    #[msg("the amount exceeds what was funded for the source: fund it first")]
    Unfunded,
    /// 6208: the amount exceeds the cap of one distribution.
    #[msg("the amount exceeds max_distribution_lamports: distribute in smaller steps")]
    OverDistributionCap,
    /// 6209: no config is proposed.
    #[msg("no config is proposed")]
    NoPendingConfig,
    /// 6210: the time lock has not passed.
    #[msg("the time lock of the proposed config has not passed")]
    TimelockNotElapsed,
}

/// A refused configuration: 6300 and on.
#[error_code(offset = 6300)]
pub enum ConfigError {
    /// 6300: a source's splits do not sum to 10,000 basis points.
    #[msg("each source's splits must sum to 10,000 basis points")]
    SplitsDoNotSum,
    /// 6301: the stream length is out of bounds.
    #[msg("stream_seconds must be from 1 to 31,557,600")]
    StreamSecondsOutOfBounds,
    /// 6302: the minimum spacing is out of bounds.
    #[msg("min_spacing_seconds must be at most 2,592,000")]
    SpacingOutOfBounds,
    /// 6303: the distribution cap is zero.
    #[msg("max_distribution_lamports must be positive")]
    ZeroDistributionCap,
    /// 6304: the time lock is out of bounds.
    #[msg("timelock_seconds must be from 3,600 to 2,592,000")]
    TimelockOutOfBounds,
    /// 6305: a bucket with a share has no sweep address.
    #[msg("a bucket that receives a share needs a sweep address")]
    SweepAddressMissing,
    /// 6306: the pool's minimum deposit is zero or above its cap.
    #[msg("min_deposit_units must be positive and at most cap_units")]
    MinimumDepositOutOfBounds,
}

/// What must never happen; refusing keeps the money where it is: 6400 and on.
#[error_code(offset = 6400)]
pub enum InvariantError {
    /// 6400: arithmetic left its range.
    #[msg("arithmetic overflow: the instruction was refused, nothing changed")]
    Overflow,
    /// 6401: the pool holds less principal than its units.
    #[msg("invariant broken: principal held and staked is below the pool's units")]
    PrincipalShort,
    /// 6402: the vault holds less than it owes.
    #[msg("invariant broken: the vault's balance is below what it owes")]
    YieldShort,
}
