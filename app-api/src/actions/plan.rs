//! What a wallet is to sign: instructions, and what they do in a sentence. The four verbs beside this
//! file decide it, and ask nobody.

use solana_address::Address;
use solana_instruction::Instruction;

use super::{now::PoolNow, refusal::refused};
use crate::http::ApiError;

/// Pause flag of deposits, and the status of a pool that takes them.
const PAUSED_DEPOSITS: u8 = 1;
const ACTIVE: u8 = 0;

/// What to sign.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) instructions: Vec<Instruction>,
    /// What it does, for the one who signs.
    pub(super) message: String,
    /// Accounts it may open, whose rent the wallet pays.
    pub(super) opens: Vec<Address>,
    /// The mint and the wallet's token account whose balance it changes.
    pub(super) tokens: Option<(Address, Address)>,
}

impl Plan {
    /// Instructions that open nothing and move SOL only.
    pub(super) fn of(instructions: Vec<Instruction>, message: String) -> Self {
        Self {
            instructions,
            message,
            opens: Vec::new(),
            tokens: None,
        }
    }
}

/// Why the pool takes no deposits now; `None`: it does.
pub(super) fn closed(pool: &PoolNow) -> Option<(&'static str, String)> {
    if pool.vault.paused & PAUSED_DEPOSITS != 0 {
        let text = "deposits are paused; withdrawals and claims are not";
        return Some(("deposits_paused", text.into()));
    }
    if pool.pool.status != ACTIVE {
        let text = "the pool is closed to deposits; withdrawals and claims are not";
        return Some(("pool_closed", text.into()));
    }
    if pool.pool.opens_at > pool.now {
        let at = jiff::Timestamp::from_second(pool.pool.opens_at)
            .map_or_else(|_| "later".into(), |at| format!("at {at}"));
        return Some(("pool_closed", format!("the pool is new and opens {at}")));
    }
    if pool.is_sol() && pool.pool.price == 0 && pool.pool.total_units > 0 {
        let text =
            "the pool lost everything and takes deposits again once all its units are withdrawn";
        return Some(("pool_closed", text.into()));
    }
    None
}

/// Refuses where [`closed`] says why.
///
/// # Errors
/// With that reason.
pub(super) fn require_open(pool: &PoolNow) -> Result<(), ApiError> {
    match closed(pool) {
        Some((code, text)) => Err(refused(code, &text)),
        None => Ok(()),
    }
}

/// Units the pool still takes; `None`: without bound.
pub(super) fn room_units(pool: &PoolNow) -> Option<u64> {
    let p = &pool.pool;
    let by_units = (p.cap_units != u64::MAX).then(|| p.cap_units.saturating_sub(p.total_units));
    if pool.is_sol() || p.cap_lamports == u64::MAX {
        return by_units;
    }
    // Without a price no value can be held against the cap, and the program refuses.
    let left = p.cap_lamports.saturating_sub(pool.worth(p.total_units));
    let by_value = primis_vault_interface::math::units_for(left, p.price).unwrap_or(0);
    Some(by_units.map_or(by_value, |units| units.min(by_value)))
}
