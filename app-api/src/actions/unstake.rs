//! Unstaking. Tokens and free SOL come at once. For SOL that is staked a withdrawal ticket is opened,
//! which is paid in its turn when staked SOL returns.

use primis_vault_interface::{
    accounts::Ticket,
    instructions::{CancelTicket, OpenTicket, ServeTicket, WithdrawLst, WithdrawSol},
    ticket_address,
};
use solana_address::Address;

use super::{
    amount,
    now::{PoolNow, WalletNow},
    plan::Plan,
    programs,
    refusal::{invalid_amount, refused},
};
use crate::http::ApiError;

/// What the amount is called where it is everything.
pub(super) const ALL: &str = "all";
/// What it is called where the newest withdrawal ticket is to be taken back.
pub(super) const CANCEL: &str = "cancel";

/// Plans a withdrawal of `asked`: a decimal number, or [`ALL`].
///
/// # Errors
/// If the wallet has not that much staked.
pub(super) fn plan(
    pool: &PoolNow,
    wallet: &WalletNow,
    asked: Option<&str>,
) -> Result<Plan, ApiError> {
    let asked = asked
        .ok_or_else(|| invalid_amount("say how much to unstake: ?amount=1.5, or amount=all"))?;
    let free = wallet.free_units();
    let waiting = wallet.position.map_or(0, |position| position.ticket_units);
    let units = if asked.eq_ignore_ascii_case(ALL) {
        free
    } else {
        amount::parse(asked, pool.pool.decimals)?
    };
    if free == 0 {
        return if waiting > 0 {
            serve(pool, wallet, waiting)
        } else {
            let text = format!("the wallet has no {} staked", pool.symbol());
            Err(refused("nothing_staked", &text))
        };
    }
    if units > free {
        let mut text = format!("the wallet has {} staked", pool.told(free));
        if waiting > 0 {
            let more = pool.told(waiting);
            text.push_str(&format!(", beside {more} in withdrawal tickets"));
        }
        return Err(refused("insufficient_funds", &text));
    }
    if !pool.is_sol() {
        return Ok(of_token(pool, wallet, units));
    }
    let lamports = pool.worth(units);
    if lamports <= pool.instant_lamports() {
        return Ok(at_once(pool, wallet, units, lamports));
    }
    by_ticket(pool, wallet, units)
}

fn of_token(pool: &PoolNow, wallet: &WalletNow, units: u64) -> Plan {
    let (mint, program) = (pool.pool.mint, pool.pool.token_program);
    let destination = programs::associated_token(&wallet.address, &program, &mint);
    let withdraw = WithdrawLst {
        owner: wallet.address,
        pool: pool.address,
        position: wallet.position_address,
        mint,
        token_account: pool.pool.token_account,
        destination,
        token_program: program,
    };
    let message = format!(
        "Unstake {}. It is in your wallet as soon as this lands; yield you have not claimed stays yours.",
        pool.told(units)
    );
    let mut plan = Plan::of(vec![withdraw.instruction(units)], message);
    plan.tokens = Some((mint, destination));
    if !wallet
        .tokens
        .iter()
        .any(|(address, _)| *address == destination)
    {
        let create = programs::create_associated_token(&wallet.address, &program, &mint);
        plan.instructions.insert(0, create);
        plan.opens.push(destination);
    }
    plan
}

fn at_once(pool: &PoolNow, wallet: &WalletNow, units: u64, lamports: u64) -> Plan {
    let withdraw = WithdrawSol {
        owner: wallet.address,
        pool: pool.address,
        position: wallet.position_address,
    };
    let pays = if lamports == units {
        String::new()
    } else {
        format!(
            " After a loss of the pool it pays {} SOL.",
            amount::sol(lamports)
        )
    };
    let message = format!(
        "Unstake {}. It is in your wallet as soon as this lands; yield you have not claimed stays yours.{pays}",
        pool.told(units)
    );
    Plan::of(vec![withdraw.instruction(units)], message)
}

/// Opens a ticket, and serves it at once with what is free where nobody waits before it.
fn by_ticket(pool: &PoolNow, wallet: &WalletNow, units: u64) -> Result<Plan, ApiError> {
    if units < pool.pool.min_deposit_units && units != wallet.free_units() {
        let text = format!(
            "free SOL does not cover this, and the least a withdrawal ticket can be for is {}, or everything",
            pool.told(pool.pool.min_deposit_units)
        );
        return Err(refused("below_minimum", &text));
    }
    let number = pool.pool.ticket_next;
    let ticket = ticket_address(&pool.address, number);
    let open = OpenTicket {
        owner: wallet.address,
        pool: pool.address,
        position: wallet.position_address,
        ticket,
    };
    let mut instructions = vec![open.instruction(units)];
    let free = pool.free_lamports();
    let is_first = pool.pool.ticket_served == number;
    let now = if is_first && free > 0 {
        instructions.push(serve_instruction(pool, wallet, ticket));
        format!(
            "{} SOL is free and paid at once; the rest",
            amount::sol(free)
        )
    } else {
        "It".into()
    };
    let message = format!(
        "Unstake {} by withdrawal ticket {number}: the pool's free SOL does not cover it. {now} is paid to your wallet in turn when staked SOL returns at the end of an epoch, and earns until then.",
        pool.told(units)
    );
    let mut plan = Plan::of(instructions, message);
    plan.opens.push(ticket);
    Ok(plan)
}

/// Everything is in tickets: serves the wallet's own, where it is the first and there is SOL for it.
fn serve(pool: &PoolNow, wallet: &WalletNow, waiting: u64) -> Result<Plan, ApiError> {
    let own = wallet
        .first_ticket
        .filter(|(_, ticket)| ticket.owner == wallet.address && ticket.units > 0);
    let free = pool.free_lamports();
    let Some((address, ticket)) = own.filter(|_| free > 0) else {
        let text = format!(
            "all {} of the wallet are in withdrawal tickets already, and are paid in turn when staked SOL returns",
            pool.told(waiting)
        );
        return Err(refused("nothing_staked", &text));
    };
    let paid = pool.worth(ticket.units).min(free);
    let message = format!(
        "Take {} SOL of withdrawal ticket {}, which is the first in the queue.",
        amount::sol(paid),
        ticket.number
    );
    let serve = serve_instruction(pool, wallet, address);
    Ok(Plan::of(vec![serve], message))
}

/// Plans taking back the newest of the wallet's tickets.
///
/// # Errors
/// If it has none.
pub(super) fn cancel(
    pool: &PoolNow,
    wallet: &WalletNow,
    tickets: &[(Address, Ticket)],
) -> Result<Plan, ApiError> {
    let Some((address, ticket)) = tickets.first() else {
        return Err(refused(
            "nothing_staked",
            "the wallet has no withdrawal ticket to cancel",
        ));
    };
    let cancel = CancelTicket {
        owner: wallet.address,
        pool: pool.address,
        position: wallet.position_address,
        ticket: *address,
    };
    let message = format!(
        "Cancel withdrawal ticket {}: {} stay staked.",
        ticket.number,
        pool.told(ticket.units)
    );
    Ok(Plan::of(vec![cancel.instruction()], message))
}

fn serve_instruction(
    pool: &PoolNow,
    wallet: &WalletNow,
    ticket: Address,
) -> solana_instruction::Instruction {
    ServeTicket {
        pool: pool.address,
        ticket,
        position: wallet.position_address,
        owner: wallet.address,
    }
    .instruction()
}
