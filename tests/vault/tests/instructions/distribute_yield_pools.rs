//! `distribute_yield` over several pools: by value, at fresh prices.

use primis_tests_vault::{
    Refusal, SOL, World,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{Source, VaultError, events::Event};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::lst;

/// SOL, and three tokens of other kinds, of each 10 staked by alice; both sources funded.
fn four_pools() -> (World, [Lst; 3], Keypair) {
    let mut world = World::new();
    let lsts = [
        world.add_lst("jitosol", &Mint::of(TOKEN), Oracle::StakePool),
        world.add_lst("msol", &Mint::of(TOKEN), Oracle::Marinade),
        world.add_lst("bsol", &Mint::of(TOKEN_2022), Oracle::PythRate),
    ];
    let alice = lst::holder(&mut world, &lsts[0], "alice");
    world.deposit(&alice, 10 * SOL).unwrap();
    for lst in &lsts {
        world.give(&alice.pubkey(), &lst.mint, 100 * SOL);
        world.deposit_lst(lst, &alice, 10 * SOL).unwrap();
    }
    let keeper = world.keeper.insecure_clone();
    let fund = [
        world.fund_ix(Source::Compute, 10 * SOL),
        world.fund_ix(Source::Staking, 10 * SOL),
    ];
    world.send(&fund, &[&keeper]).unwrap();
    world.pass(600);
    (world, lsts, keeper)
}

#[test]
fn goes_by_value() {
    let (mut world, lsts, keeper) = four_pools();
    // 10 SOL, and three times 10 tokens at 1.25 SOL: 47.5 SOL of value.
    let distribute = world.distribute_ix(Source::Compute, 2 * 475_000);
    let outcome = world.send(&[distribute], &[&keeper]).unwrap();
    assert_eq!(world.pool().streamed_total_lamports, 100_000);
    for lst in &lsts {
        assert_eq!(world.pool_at(&lst.pool).streamed_total_lamports, 125_000);
    }
    let streamed: Vec<_> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::PoolStreamed(e) => Some((e.pool, e.amount_lamports, e.value_lamports)),
            _ => None,
        })
        .collect();
    let value = 12 * SOL + SOL / 2;
    let tokens = lsts.map(|lst| (lst.pool, 125_000, value));
    assert_eq!(
        streamed,
        [&[(world.pool, 100_000, 10 * SOL)], &tokens[..]].concat()
    );
    assert!(
        matches!(outcome.events.last(), Some(Event::YieldDistributed(e))
        if e.total_value_lamports == 47 * SOL + SOL / 2 && e.stakers_lamports == 475_000)
    );
}

#[test]
fn follows_the_price_and_loses_no_lamport() {
    let (mut world, lsts, keeper) = four_pools();
    world.set_price(&lsts[1], 1_312_500_000);
    world.refresh(&lsts[1]).unwrap();
    let distribute = world.distribute_ix(Source::Compute, 2 * 1_000_003);
    world.send(&[distribute], &[&keeper]).unwrap();
    let parts = world
        .pools()
        .iter()
        .map(|pool| world.pool_at(pool).streamed_total_lamports)
        .collect::<Vec<_>>();
    assert_eq!(parts.iter().sum::<u64>(), 1_000_003);
    assert_eq!(parts[..3], [207_792, 259_741, 272_728]);
}

#[test]
fn base_staking_goes_to_the_sol_pool_alone() {
    let (mut world, lsts, keeper) = four_pools();
    // No price is fresh, and none is asked for.
    world.pass(7_200);
    let distribute = world.distribute_ix(Source::Staking, 1_000);
    world.send(&[distribute], &[&keeper]).unwrap();
    assert_eq!(world.pool().streamed_total_lamports, 700);
    for lst in &lsts {
        assert_eq!(world.pool_at(&lst.pool).streamed_total_lamports, 0);
    }
}

#[test]
fn base_staking_is_carried_while_nobody_stakes_sol() {
    let (mut world, lst, _) = lst::staked();
    let keeper = world.keeper.insecure_clone();
    world.pass(600);
    let both = [
        world.fund_ix(Source::Staking, 1_000),
        world.distribute_ix(Source::Staking, 1_000),
    ];
    world.send(&both, &[&keeper]).unwrap();
    assert_eq!(world.vault().carried_lamports, 700);
    assert_eq!(world.pool_at(&lst.pool).streamed_total_lamports, 0);
}

#[test]
fn refuses_a_stale_price_of_any_pool_that_takes_part() {
    for stale in 0..3 {
        let (mut world, lsts, keeper) = four_pools();
        world.pass(3_001);
        for (n, lst) in lsts.iter().enumerate() {
            if n != stale {
                world.set_price(lst, 1_250_000_000);
                world.refresh(lst).unwrap();
            }
        }
        let distribute = world.distribute_ix(Source::Compute, SOL);
        world.refuse(
            std::slice::from_ref(&distribute),
            &[&keeper],
            VaultError::StalePrice,
        );
        // Refreshed in the same transaction, as the keeper does.
        world.set_price(&lsts[stale], 1_250_000_000);
        let refresh = world.refresh_ix(&lsts[stale]);
        world.send(&[refresh, distribute], &[&keeper]).unwrap();
    }
}

#[test]
fn an_empty_pool_and_a_retired_one_need_no_price() {
    let (mut world, lsts, keeper) = four_pools();
    let alice = primis_tests_vault::key("alice");
    let leave = world.withdraw_lst_ix(&lsts[0], &alice.pubkey(), 10 * SOL);
    world.send(&[leave], &[&alice]).unwrap();
    super::update_pool_lst::set_status(&mut world, &lsts[1], 2);
    world.pass(3_600);
    world.set_price(&lsts[2], 1_250_000_000);
    world.refresh(&lsts[2]).unwrap();
    // 10 SOL, and 12.5 SOL of the one pool left.
    let distribute = world.distribute_ix(Source::Compute, 2 * 225);
    world.send(&[distribute], &[&keeper]).unwrap();
    let parts = world
        .pools()
        .iter()
        .map(|pool| world.pool_at(pool).streamed_total_lamports)
        .collect::<Vec<_>>();
    assert_eq!(parts, [100, 0, 0, 125]);
}

#[test]
fn refuses_left_out_repeated_and_reordered_pools() {
    let (mut world, lsts, keeper) = four_pools();
    let good = world.distribute_ix(Source::Compute, SOL);
    let foreign = lst::foreign_pool(&mut world, &lsts[0]);
    let pools = good.accounts.len() - 4;
    for left_out in 0..4 {
        let mut bad = good.clone();
        bad.accounts.remove(pools + left_out);
        world.refuse(&[bad], &[&keeper], VaultError::WrongPools);
    }
    for (a, b) in [(0, 1), (1, 2), (0, 3)] {
        let mut bad = good.clone();
        bad.accounts.swap(pools + a, pools + b);
        world.refuse(&[bad], &[&keeper], VaultError::WrongPools);
        let mut twice = good.clone();
        twice.accounts[pools + b] = twice.accounts[pools + a].clone();
        let refusal = world.send(&[twice], &[&keeper]).unwrap_err();
        assert!(
            refusal == VaultError::WrongPools.into()
                || refusal == Refusal::duplicate_mutable_account(),
            "{refusal:?}"
        );
    }
    let mut other = good;
    other.accounts[pools + 1].pubkey = foreign.pool;
    world.refuse(&[other], &[&keeper], VaultError::PoolOfAnotherVault);
}
