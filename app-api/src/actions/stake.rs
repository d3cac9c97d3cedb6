//! Staking: SOL from the wallet, or a token from one of its accounts.

use primis_vault_interface::instructions::{DepositLst, DepositSol};

use super::{
    amount,
    now::{PoolNow, WalletNow},
    plan::{Plan, require_open, room_units},
    refusal::{invalid_amount, refused},
};
use crate::http::ApiError;

/// What the network takes for one signature, lamports.
const SIGNATURE_LAMPORTS: u64 = 5_000;

/// Plans a deposit of `asked`, a decimal number. `rent_lamports`: what a position costs to open.
///
/// # Errors
/// If the pool takes it not, or the wallet has it not.
pub(super) fn plan(
    pool: &PoolNow,
    wallet: &WalletNow,
    asked: Option<&str>,
    rent_lamports: u64,
) -> Result<Plan, ApiError> {
    require_open(pool)?;
    let asked = asked.ok_or_else(|| invalid_amount("say how much to stake: ?amount=1.5"))?;
    let units = amount::parse(asked, pool.pool.decimals)?;
    if units < pool.pool.min_deposit_units {
        let text = format!(
            "the least that can be staked is {}",
            pool.told(pool.pool.min_deposit_units)
        );
        return Err(refused("below_minimum", &text));
    }
    if let Some(room) = room_units(pool).filter(|room| units > *room) {
        let text = format!("the pool takes {} more at most", pool.told(room));
        return Err(refused("cap_exceeded", &text));
    }
    let rent = if wallet.position.is_none() {
        rent_lamports
    } else {
        0
    };
    let costs = rent.saturating_add(SIGNATURE_LAMPORTS);
    let mut plan = if pool.is_sol() {
        of_sol(pool, wallet, units, costs)?
    } else {
        of_token(pool, wallet, units, costs)?
    };
    if wallet.position.is_none() {
        plan.opens.push(wallet.position_address);
        let rent = amount::sol(rent);
        plan.message.push_str(&format!(
            " It opens your position, which holds {rent} SOL of rent until you close it."
        ));
    }
    Ok(plan)
}

fn of_sol(pool: &PoolNow, wallet: &WalletNow, lamports: u64, costs: u64) -> Result<Plan, ApiError> {
    require_sol(wallet, lamports.saturating_add(costs), costs)?;
    let deposit = DepositSol {
        owner: wallet.address,
        vault: pool.vault_address,
        pool: pool.address,
        position: wallet.position_address,
    };
    let message = format!(
        "Stake {}. It earns from the moment it lands.",
        pool.told(lamports)
    );
    Ok(Plan::of(vec![deposit.instruction(lamports)], message))
}

fn of_token(pool: &PoolNow, wallet: &WalletNow, units: u64, costs: u64) -> Result<Plan, ApiError> {
    let Some((source, held)) = wallet.tokens.first().copied().filter(|(_, held)| *held > 0) else {
        let text = format!("the wallet holds no {}", pool.symbol());
        return Err(refused("insufficient_funds", &text));
    };
    if held < units {
        let text = format!(
            "the wallet holds {} in one account, less than {}",
            pool.told(held),
            pool.told(units)
        );
        return Err(refused("insufficient_funds", &text));
    }
    require_sol(wallet, costs, costs)?;
    let deposit = DepositLst {
        owner: wallet.address,
        vault: pool.vault_address,
        pool: pool.address,
        position: wallet.position_address,
        mint: pool.pool.mint,
        source,
        token_account: pool.pool.token_account,
        token_program: pool.pool.token_program,
    };
    let message = format!(
        "Stake {}. It earns SOL from the moment it lands.",
        pool.told(units)
    );
    let mut plan = Plan::of(vec![deposit.instruction(units)], message);
    plan.tokens = Some((pool.pool.mint, source));
    Ok(plan)
}

fn require_sol(wallet: &WalletNow, needed: u64, costs: u64) -> Result<(), ApiError> {
    if wallet.lamports >= needed {
        return Ok(());
    }
    let text = format!(
        "the wallet holds {} SOL, and this takes {} SOL, of it {} SOL for fee and rent",
        amount::sol(wallet.lamports),
        amount::sol(needed),
        amount::sol(costs)
    );
    Err(refused("insufficient_funds", &text))
}
