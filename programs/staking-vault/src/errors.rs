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
    #[msg("unknown pool status: 0 is active, 1 is closed to deposits, 2 is retired")]
    UnknownPoolStatus,
    /// 6013: the native pool takes SOL by the SOL instructions only.
    #[msg("this pool does not hold SOL: use the instructions for its token")]
    NotTheNativePool,
    /// 6014: the SOL pool takes no tokens.
    #[msg("this pool holds SOL: use the instructions for SOL")]
    NotATokenPool,
    /// 6015: a ticket for less than the pool's minimum deposit and not for the rest.
    #[msg("the ticket is below the pool's minimum: ask for min_deposit_units, or for all units")]
    BelowMinimumTicket,
    /// 6016: the delegation would leave less than the buffer and the tickets need.
    #[msg("that would leave less free SOL than the buffer and the waiting tickets need")]
    BufferShort,
    /// 6017: the ticket is cancelled already.
    #[msg("the ticket is cancelled already")]
    TicketCancelled,
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
    /// 6113: the token program is neither SPL Token nor Token-2022, or not the mint's.
    #[msg("pass the token program that owns the mint: SPL Token or Token-2022")]
    WrongTokenProgram,
    /// 6114: not the pool's token account, or not its address.
    #[msg("not the pool's token account: derive it from [\"tokens\", pool]")]
    WrongTokenAccount,
    /// 6115: a token account of another mint or another owner, or none.
    #[msg("pass a token account of the pool's mint that belongs to the position's owner")]
    NotOwnersTokenAccount,
    /// 6117: a price account that is not the one named, of another program, or of another kind.
    /// 6116 is not given again: it once was the same token account twice, which Anchor refuses.
    #[msg("not the price account this pool reads")]
    WrongPriceAccount = 17,
    /// 6118: a Pyth price of another feed.
    #[msg("the price is of another feed than the pool reads")]
    WrongPriceFeed,
    /// 6119: a delegation of another pool.
    #[msg("the delegation belongs to another pool")]
    DelegationOfAnotherPool,
    /// 6120: not the delegation's stake account.
    #[msg("not the delegation's stake account")]
    WrongStakeAccount,
    /// 6121: not the account that paid the rent.
    #[msg("rent goes back to the account that paid it")]
    WrongRentPayer,
    /// 6122: the validator is not on the pool's list, or is another one.
    #[msg("the validator is not on this pool's list")]
    WrongValidator,
    /// 6123: the ticket is of another pool or owner.
    #[msg("the ticket belongs to another pool or owner")]
    WrongTicket,
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
    /// 6211: the pool's price is older than it may be, or was never read.
    #[msg("a pool's price is too old: call refresh_price first")]
    StalePrice,
    /// 6212: the pool does not take deposits yet.
    #[msg("the pool is new and opens when its time lock has passed: see opens_at")]
    PoolNotOpen,
    /// 6213: the price read is older than the one the pool has, or than it may be.
    #[msg("the price account holds an old price: post or update it first")]
    PriceTooOld,
    /// 6214: the price read is dated in the future.
    #[msg("the price is dated in the future")]
    PriceInFuture,
    /// 6215: the price's confidence interval is too wide.
    #[msg("the price's confidence interval is too wide: try again when markets are calm")]
    PriceTooWide,
    /// 6216: the price is not fully verified.
    #[msg("the price is not fully verified: post it with all signatures")]
    PriceUnverified,
    /// 6217: the price moved further from its reference than allowed.
    #[msg("the price moved further from its reference than max_move_bps")]
    PriceMovedTooFar,
    /// 6218: the price is zero or does not fit.
    #[msg("the account holds no usable price")]
    NoPrice,
    /// 6219: the validator may not be delegated to yet.
    #[msg("the validator is new and opens when its time lock has passed: see opens_at")]
    ValidatorNotOpen,
    /// 6220: the delegation would take the validator over its cap.
    #[msg("that is more than this validator may hold")]
    OverValidatorCap,
    /// 6221: the delegation is not active.
    #[msg("the delegation is being deactivated already")]
    NotActive,
    /// 6222: the delegation is active.
    #[msg("the delegation must be deactivated first, and an epoch must pass")]
    NotDeactivating,
    /// 6223: nothing to harvest.
    #[msg("the stake account holds no reward above its principal")]
    NothingToHarvest,
    /// 6224: another ticket is to be served first.
    #[msg("tickets are served in order: serve the first one first")]
    NotFirstTicket,
    /// 6225: only the keeper may deactivate while no ticket waits for SOL.
    #[msg("only the keeper may do this while free SOL covers every ticket")]
    NoTicketWaits,
    /// 6226: no price source is proposed.
    #[msg("no price source is proposed")]
    NoPendingPriceSource,
    /// 6227: the SOL pool lost everything, and units of before are left in it.
    #[msg(
        "the pool lost everything: it takes deposits again once all its units, worth nothing now, are withdrawn"
    )]
    UnitsWorthNothing,
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
    /// 6307: the mint can be changed behind the vault's back.
    #[msg("the mint has a freeze authority, or an extension that can take, tax or lock tokens")]
    MintRefused,
    /// 6308: the price source does not fit its kind.
    #[msg("the price source does not fit its kind: see PriceSource")]
    PriceSourceInvalid,
    /// 6309: a bound of the price source is out of range.
    #[msg("a bound of the price source is out of range: see PriceSource")]
    PriceBoundsOutOfRange,
    /// 6310: the buffer is out of range.
    #[msg("buffer_bps must be from 100 to 10,000")]
    BufferOutOfBounds,
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
