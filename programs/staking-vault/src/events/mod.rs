//! What the program tells the world: one event for each change, with the state after it, so that
//! an indexer that missed one is right again with the next. Amounts are lamports, times Unix
//! seconds of the cluster's clock. Fixed layout (`bytemuck`), logged as `Program data:`.

mod pool;
mod position;
mod staking;
mod ticket;
mod vault;
mod yields;

use anchor_lang::prelude::*;
use bytemuck::Pod;

pub use pool::{
    PoolAdded, PoolLimitsSet, PoolUpdated, PriceRefreshed, PriceSourceApplied, PriceSourceProposed,
};
pub use position::{Claimed, Compounded, Deposited, PositionClosed, PositionOpened, Withdrawn};
pub use staking::{Deactivated, Delegated, Harvested, LossRecognised, Reclaimed, ValidatorSet};
pub use ticket::{TicketCancelled, TicketOpened, TicketServed};
pub use vault::{
    ConfigApplied, ConfigCancelled, ConfigProposed, PauseSet, RoleChanged, VaultCreated,
};
pub use yields::{BucketSwept, Funded, PoolStreamed, YieldDistributed};

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
