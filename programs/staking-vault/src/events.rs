//! What the program tells the world: one event for each change, with the state after it, so that
//! an indexer that missed one is right again with the next. Amounts are lamports, times Unix
//! seconds of the cluster's clock. Fixed layout (`bytemuck`), logged as `Program data:`.

use anchor_lang::prelude::*;
use bytemuck::Pod;

use crate::state::{Config, PriceSource};

/// An event as it is logged.
#[repr(C)]
struct Logged<E> {
    discriminator: [u8; 8],
    event: E,
}

/// Logs an event in one piece from the stack; Anchor's `emit!` allocates and copies it twice.
#[inline(always)]
pub(crate) fn log<E: Event + Pod>(event: &E) {
    const { assert!(align_of::<E>() <= 8 && size_of::<Logged<E>>() == 8 + size_of::<E>()) };
    let mut discriminator = [0; 8];
    discriminator.copy_from_slice(E::DISCRIMINATOR);
    let logged = Logged {
        discriminator,
        event: *event,
    };
    // SAFETY: the discriminator is bytes, the event is plain old data, and the assertion above
    // rules out padding between or after them, so every byte of `logged` is initialised.
    #[expect(unsafe_code, reason = "see above")]
    let bytes =
        unsafe { core::slice::from_raw_parts((&raw const logged).cast(), size_of::<Logged<E>>()) };
    sol_log_data(&[bytes]);
}

/// A vault was created.
#[event(bytemuck)]
pub struct VaultCreated {
    /// Its id.
    pub id: u64,
    /// When.
    pub at: i64,
    /// Its address.
    pub vault: Address,
    /// Who governs it.
    pub authority: Address,
}

/// A pool was added.
#[event(bytemuck)]
pub struct PoolAdded {
    /// Largest number of units it takes.
    pub cap_units: u64,
    /// Smallest deposit, units.
    pub min_deposit_units: u64,
    /// When.
    pub at: i64,
    /// Its place among the vault's pools.
    pub index: u64,
    /// Its vault.
    pub vault: Address,
    /// Its address.
    pub pool: Address,
    /// Its mint; the native mint stands for SOL.
    pub mint: Address,
}

/// A pool's limits were changed.
#[event(bytemuck)]
pub struct PoolUpdated {
    /// Largest number of units it takes.
    pub cap_units: u64,
    /// Smallest deposit, units.
    pub min_deposit_units: u64,
    /// 0 active, 1 closed to deposits, 2 retired.
    pub status: u64,
    /// Its address.
    pub pool: Address,
}

/// A pool's cap in SOL and its buffer were set.
#[event(bytemuck)]
pub struct PoolLimitsSet {
    /// Largest value that deposits can reach, lamports.
    pub cap_lamports: u64,
    /// Part of the SOL pool's principal that is never delegated, basis points.
    pub buffer_bps: u64,
    /// When.
    pub at: i64,
    /// Its address.
    pub pool: Address,
}

/// A position was opened.
#[event(bytemuck)]
pub struct PositionOpened {
    /// When.
    pub at: i64,
    /// Open positions of the pool, this one included.
    pub position_count: u64,
    /// Its pool.
    pub pool: Address,
    /// Its address.
    pub position: Address,
    /// Its owner.
    pub owner: Address,
}

/// Principal came in.
#[event(bytemuck)]
pub struct Deposited {
    /// Units deposited.
    pub amount_units: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports owed to the position, settled at `at`.
    pub owed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Principal went out to its owner.
#[event(bytemuck)]
pub struct Withdrawn {
    /// Units withdrawn.
    pub amount_units: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports owed to the position, settled at `at`; 0 by an emergency withdrawal, which
    /// settles nothing.
    pub owed_lamports: u64,
    /// When.
    pub at: i64,
    /// 1 by an emergency withdrawal, else 0.
    pub emergency: u64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Yield was paid to its owner.
#[event(bytemuck)]
pub struct Claimed {
    /// Lamports paid.
    pub amount_lamports: u64,
    /// Lamports the position has been paid in all.
    pub position_claimed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// Yield became principal of the same position.
#[event(bytemuck)]
pub struct Compounded {
    /// Lamports moved from yield to principal.
    pub amount_lamports: u64,
    /// Units of the position after it.
    pub position_units: u64,
    /// Units of the pool after it.
    pub total_units: u64,
    /// Lamports the position has been paid or compounded in all.
    pub position_claimed_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A position was closed; its rent went back to its owner.
#[event(bytemuck)]
pub struct PositionClosed {
    /// When.
    pub at: i64,
    /// Open positions of the pool after it.
    pub position_count: u64,
    /// Its pool.
    pub pool: Address,
    /// Its address.
    pub position: Address,
    /// Its owner.
    pub owner: Address,
}

/// Lamports came in for a source.
#[event(bytemuck)]
pub struct Funded {
    /// Lamports added.
    pub amount_lamports: u64,
    /// Lamports waiting for distribution after it.
    pub funded_lamports: u64,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// Who paid.
    pub funder: Address,
}

/// A source's yield for one interval was split over the buckets.
#[event(bytemuck)]
pub struct YieldDistributed {
    /// Unix second the interval began: the id of the one before.
    pub previous_interval_id: i64,
    /// Unix second the interval ended: its id.
    pub interval_id: i64,
    /// Lamports split.
    pub amount_lamports: u64,
    /// To the stakers, before what was carried over.
    pub stakers_lamports: u64,
    /// To the subsidy of compute.
    pub subsidy_lamports: u64,
    /// To the reserve.
    pub reserve_lamports: u64,
    /// To the treasury.
    pub treasury_lamports: u64,
    /// Carried over from before and streamed now.
    pub carried_in_lamports: u64,
    /// Carried over to the next distribution: not zero only if no pool has value.
    pub carried_out_lamports: u64,
    /// Value of all pools, lamports.
    pub total_value_lamports: u64,
    /// 0 staking, 1 compute.
    pub source: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// A pool's part of a distribution was folded into its stream.
#[event(bytemuck)]
pub struct PoolStreamed {
    /// Lamports folded in.
    pub amount_lamports: u64,
    /// The pool's value, lamports.
    pub value_lamports: u64,
    /// Units of the pool.
    pub total_units: u64,
    /// Unix second the stream runs dry.
    pub stream_end: i64,
    /// When.
    pub at: i64,
    /// Lamports per second, Q64.64, little-endian.
    pub rate: PodU128,
    /// Yield per unit so far, lamports, Q64.64, little-endian.
    pub acc: PodU128,
    /// The pool.
    pub pool: Address,
}

/// A bucket was swept to the address fixed for it.
#[event(bytemuck)]
pub struct BucketSwept {
    /// Lamports swept.
    pub amount_lamports: u64,
    /// Lamports left in the bucket.
    pub left_lamports: u64,
    /// 1 subsidy, 2 reserve, 3 treasury.
    pub bucket: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// The address.
    pub destination: Address,
}

/// The pause flags changed.
#[event(bytemuck)]
pub struct PauseSet {
    /// Flags after it: 1 deposits, 2 distributions.
    pub flags: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// Who set them.
    pub by: Address,
}

/// A config was proposed.
#[event(bytemuck)]
pub struct ConfigProposed {
    /// The config.
    pub config: Config,
    /// Unix second from which it can be applied.
    pub applicable_at: i64,
    /// The vault.
    pub vault: Address,
}

/// The proposed config was applied.
#[event(bytemuck)]
pub struct ConfigApplied {
    /// The config.
    pub config: Config,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// The proposed config was withdrawn.
#[event(bytemuck)]
pub struct ConfigCancelled {
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// A role changed hands, or a new authority was proposed.
#[event(bytemuck)]
pub struct RoleChanged {
    /// 0 authority proposed, 1 authority accepted, 2 keeper, 3 guardian.
    pub role: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// The key before it.
    pub before: Address,
    /// The key after it.
    pub after: Address,
}

/// A pool's price was brought up to date.
#[event(bytemuck)]
pub struct PriceRefreshed {
    /// Lamports for 1,000,000,000 units before; 0: none.
    pub price_before: u64,
    /// Lamports for 1,000,000,000 units.
    pub price: u64,
    /// As of when, Unix seconds.
    pub as_of: i64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}

/// Another price source was proposed.
#[event(bytemuck)]
pub struct PriceSourceProposed {
    /// The source.
    pub price_source: PriceSource,
    /// Unix second from which it can be applied.
    pub applicable_at: i64,
    /// The pool.
    pub pool: Address,
}

/// The proposed price source was applied.
#[event(bytemuck)]
pub struct PriceSourceApplied {
    /// The source.
    pub price_source: PriceSource,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}

/// A validator was allowed, or its cap changed.
#[event(bytemuck)]
pub struct ValidatorSet {
    /// Most principal it may hold.
    pub cap_lamports: u64,
    /// Unix second from which it may be delegated to.
    pub opens_at: i64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// Its vote account.
    pub vote: Address,
}

/// SOL was delegated to a validator.
#[event(bytemuck)]
pub struct Delegated {
    /// Number of the delegation.
    pub number: u64,
    /// Lamports delegated.
    pub amount_lamports: u64,
    /// Principal in all delegations after it.
    pub staked_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The validator's vote account.
    pub vote: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation began to be deactivated.
#[event(bytemuck)]
pub struct Deactivated {
    /// Number of the delegation.
    pub number: u64,
    /// Principal that will return.
    pub principal_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation came back.
#[event(bytemuck)]
pub struct Reclaimed {
    /// Number of the delegation.
    pub number: u64,
    /// Principal it had.
    pub principal_lamports: u64,
    /// Rewards that became yield.
    pub reward_lamports: u64,
    /// Principal that did not come back.
    pub lost_lamports: u64,
    /// Principal in all delegations after it.
    pub staked_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// A delegation's rewards became yield.
#[event(bytemuck)]
pub struct Harvested {
    /// Number of the delegation.
    pub number: u64,
    /// Lamports that became yield.
    pub amount_lamports: u64,
    /// Rewards that free SOL did not cover yet.
    pub left_lamports: u64,
    /// Lamports of base staking waiting for distribution after it.
    pub funded_lamports: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The stake account.
    pub stake: Address,
}

/// Principal was lost: slashing, or worse.
#[event(bytemuck)]
pub struct LossRecognised {
    /// Lamports lost.
    pub lost_lamports: u64,
    /// Of them paid by the reserve.
    pub covered_lamports: u64,
    /// Lamports for 1,000,000,000 units before.
    pub price_before: u64,
    /// Lamports for 1,000,000,000 units after it.
    pub price: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
}

/// A withdrawal waits for staked SOL.
#[event(bytemuck)]
pub struct TicketOpened {
    /// Number of the ticket.
    pub number: u64,
    /// Units it asks for.
    pub units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A ticket was taken back.
#[event(bytemuck)]
pub struct TicketCancelled {
    /// Number of the ticket.
    pub number: u64,
    /// Units that are free again.
    pub units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}

/// A ticket was paid, in part or in full; `Withdrawn` goes with it.
#[event(bytemuck)]
pub struct TicketServed {
    /// Number of the ticket.
    pub number: u64,
    /// Lamports paid.
    pub amount_lamports: u64,
    /// Units it still waits for.
    pub left_units: u64,
    /// Units of all tickets after it.
    pub waiting_units: u64,
    /// When.
    pub at: i64,
    /// The pool.
    pub pool: Address,
    /// The owner.
    pub owner: Address,
}
