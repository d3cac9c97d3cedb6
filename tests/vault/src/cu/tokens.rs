//! Token pools and prices: the token program's own units are part of what a transaction costs.

use primis_vault_interface::{Source, instructions as ix, position_address};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{Table, put};
use crate::{
    SOL, World,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};

/// A pool of each price source beside the SOL pool, two stakers in each, a quarter of an hour into
/// a stream.
fn earning() -> (World, [Lst; 4], Keypair) {
    let mut world = World::new();
    let lsts = [
        ("jitosol", TOKEN, Oracle::StakePool),
        ("msol", TOKEN, Oracle::Marinade),
        ("bsol", TOKEN_2022, Oracle::PythRate),
        ("inf", TOKEN, Oracle::PythUsd),
    ]
    .map(|(name, program, oracle)| world.add_lst(name, &Mint::of(program), oracle));
    let [alice, bob] = ["alice", "bob"].map(|name| world.staker(name, 1_000 * SOL));
    for (staker, units) in [(&alice, 10 * SOL), (&bob, 7 * SOL + 1)] {
        world.deposit(staker, units).expect("deposit");
        for lst in &lsts {
            world.give(&staker.pubkey(), &lst.mint, 100 * SOL);
            world.deposit_lst(lst, staker, units).expect("deposit_lst");
        }
    }
    world.pass(600);
    world.distribute(126_801_117).expect("distribute");
    world.pass(901);
    for lst in &lsts {
        world.set_price(lst, 1_250_123_456);
    }
    (world, lsts, alice)
}

/// Measures every instruction of token pools, and a distribution at four fresh prices.
pub(super) fn tokens(table: &mut Table) {
    principal(table);
    prices(table);
    distribution(table);
    governance(table);
}

fn principal(table: &mut Table) {
    for suffix in ["", "_token_2022"] {
        for kind in ["deposit_lst", "withdraw_lst", "emergency_withdraw_lst"] {
            let (mut world, lsts, alice) = earning();
            let [plain, _, extended, _] = &lsts;
            let lst = if suffix.is_empty() { plain } else { extended };
            let owner = alice.pubkey();
            let instruction = match kind {
                "deposit_lst" => world.deposit_lst_ix(lst, &owner, 3 * SOL),
                "withdraw_lst" => world.withdraw_lst_ix(lst, &owner, 2 * SOL),
                _ => world.emergency_lst_ix(lst, &owner),
            };
            let name = format!("{kind}{suffix}");
            put(table, &name, &mut world, &[instruction], &[&alice]);
        }
    }
    let (mut world, lsts, alice) = earning();
    let claim = world.claim_lst_ix(&lsts[0], &alice.pubkey());
    put(table, "claim_lst", &mut world, &[claim], &[&alice]);
    let carol = world.staker("carol", SOL);
    world.give(&carol.pubkey(), &lsts[0].mint, SOL);
    let first = world.deposit_lst_ix(&lsts[0], &carol.pubkey(), SOL);
    let name = "deposit_lst_opening_the_position";
    put(table, name, &mut world, &[first], &[&carol]);
    let all = world.withdraw_lst_ix(&lsts[0], &carol.pubkey(), SOL);
    world.send(&[all], &[&carol]).expect("withdraw_lst");
    let close = ix::ClosePosition {
        owner: carol.pubkey(),
        vault: world.vault,
        pool: lsts[0].pool,
        position: position_address(&lsts[0].pool, &carol.pubkey()),
    };
    let name = "close_position_lst";
    put(table, name, &mut world, &[close.instruction()], &[&carol]);
}

fn prices(table: &mut Table) {
    let (mut world, lsts, _) = earning();
    let names = ["stake_pool", "marinade", "pyth_rate", "pyth_usd"];
    for (lst, name) in lsts.iter().zip(names) {
        let refresh = world.refresh_ix(lst);
        let name = format!("refresh_price_{name}");
        put(table, &name, &mut world, &[refresh], &[]);
    }
}

fn distribution(table: &mut Table) {
    let (mut world, lsts, _) = earning();
    let keeper = world.keeper.insecure_clone();
    let mut all: Vec<_> = lsts.iter().map(|lst| world.refresh_ix(lst)).collect();
    all.push(world.fund_ix(Source::Compute, 126_801_119));
    all.push(world.distribute_ix(Source::Compute, 126_801_119));
    let name = "refresh_4_prices_fund_and_distribute";
    put(table, name, &mut world, &all, &[&keeper]);
    let (mut world, lsts, _) = earning();
    for lst in &lsts {
        world.refresh(lst).expect("refresh_price");
    }
    let fund = world.fund_ix(Source::Compute, 126_801_119);
    world.send(&[fund], &[&keeper]).expect("fund");
    let distribute = world.distribute_ix(Source::Compute, 126_801_119);
    let name = "distribute_yield_with_4_prices";
    put(table, name, &mut world, &[distribute], &[&keeper]);
}

fn governance(table: &mut Table) {
    let (mut world, lsts, _) = earning();
    let authority = world.authority.insecure_clone();
    let (by, vault, pool) = (authority.pubkey(), world.vault, lsts[0].pool);
    let limits = ix::SetPoolLimits {
        authority: by,
        vault,
        pool,
    };
    let limits = limits.instruction(1_000_000 * SOL, 100);
    put(
        table,
        "set_pool_limits",
        &mut world,
        &[limits],
        &[&authority],
    );
    let propose = ix::ProposePriceSource {
        authority: by,
        vault,
        pool,
    };
    let propose = propose.instruction(lsts[0].rules());
    let name = "propose_price_source";
    put(table, name, &mut world, &[propose], &[&authority]);
    world.pass(86_400);
    let apply = ix::ApplyPriceSource { pool }.instruction();
    put(table, "apply_price_source", &mut world, &[apply], &[]);
    let mint = world.put_mint("another", &Mint::of(TOKEN));
    let add = world.add_lst_ix(mint, TOKEN, lsts[0].rules());
    put(table, "add_lst_pool", &mut world, &[add], &[&authority]);
}
