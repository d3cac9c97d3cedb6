//! What was earned: paid to the wallet, or staked again.

use primis_vault_interface::instructions::{Claim, Compound};

use super::{
    amount,
    now::{PoolNow, WalletNow},
    plan::{Plan, require_open, room_units},
    refusal::{refused, unknown_pool},
};
use crate::http::ApiError;

/// Why a token pool does not compound.
pub(super) const NOT_COMPOUNDED: &str =
    "yield is SOL, and only the SOL pool can stake it again: claim it instead";

/// Plans paying out all that is owed.
///
/// # Errors
/// If nothing is.
pub(super) fn claim(pool: &PoolNow, wallet: &WalletNow) -> Result<Plan, ApiError> {
    let owed = owed_lamports(pool, wallet)?;
    let claim = Claim {
        owner: wallet.address,
        vault: pool.vault_address,
        pool: pool.address,
        position: wallet.position_address,
    };
    let message = format!(
        "Claim {} SOL of yield, and what it grows by until this lands.",
        amount::sol(owed)
    );
    Ok(Plan::of(vec![claim.instruction()], message))
}

/// Plans staking all that is owed.
///
/// # Errors
/// If nothing is, or the pool takes nothing.
pub(super) fn compound(pool: &PoolNow, wallet: &WalletNow) -> Result<Plan, ApiError> {
    if !pool.is_sol() {
        return Err(unknown_pool(NOT_COMPOUNDED));
    }
    let owed = owed_lamports(pool, wallet)?;
    require_open(pool)?;
    if let Some(room) = room_units(pool).filter(|room| owed > *room) {
        let text = format!("the pool takes {} more at most", pool.told(room));
        return Err(refused("cap_exceeded", &text));
    }
    let compound = Compound {
        owner: wallet.address,
        vault: pool.vault_address,
        pool: pool.address,
        position: wallet.position_address,
    };
    let message = format!(
        "Stake {} SOL of yield, and what it grows by until this lands.",
        amount::sol(owed)
    );
    Ok(Plan::of(vec![compound.instruction()], message))
}

/// What the wallet is owed now, lamports; more than zero.
fn owed_lamports(pool: &PoolNow, wallet: &WalletNow) -> Result<u64, ApiError> {
    let nothing = |text: &str| refused("nothing_to_claim", text);
    let Some(position) = wallet.position else {
        return Err(nothing("the wallet has no stake in this pool"));
    };
    position
        .owed_lamports_at(&pool.pool, pool.now)
        .filter(|owed| *owed > 0)
        .ok_or_else(|| nothing("nothing is owed yet: yield streams second by second, try later"))
}
