//! Attacks on prices and token pools, each by name, and what comes of it. Swapped and repeated
//! accounts: `attacks_accounts.rs`.

use primis_tests_vault::{
    SOL, World,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{Source, VaultError, instructions as ix, position_address};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Two token pools of the same value: alice holds 10 of the first, mallory 10 of the second.
pub fn two_pools() -> (World, [Lst; 2], [Keypair; 2]) {
    let mut world = World::new();
    let lsts = [
        world.add_lst("honest", &Mint::of(TOKEN), Oracle::StakePool),
        world.add_lst("mallorys", &Mint::of(TOKEN_2022), Oracle::PythRate),
    ];
    let people = ["alice", "mallory"].map(|name| world.staker(name, 100 * SOL));
    for lst in &lsts {
        for person in &people {
            world.give(&person.pubkey(), &lst.mint, 100 * SOL);
        }
    }
    for (lst, person) in lsts.iter().zip(&people) {
        world.deposit_lst(lst, person, 10 * SOL).unwrap();
    }
    world.pass(600);
    (world, lsts, people)
}

/// Each price written anew at what it was, then a distribution; returns the pools' parts.
fn distribute_at(world: &mut World, lsts: &[Lst; 2], prices: [u64; 2]) -> [u64; 2] {
    let streamed = |world: &World| lsts.map(|l| world.pool_at(&l.pool).streamed_total_lamports);
    let before = streamed(world);
    for (lst, price) in lsts.iter().zip(prices) {
        world.set_price(lst, price);
        world.refresh(lst).unwrap();
    }
    world.distribute(2 * SOL).unwrap();
    let after = streamed(world);
    [after[0] - before[0], after[1] - before[1]]
}

#[test]
fn refresh_spam_loses_no_fraction() {
    let owed = |refreshes: i64| {
        let (mut world, lsts, people) = two_pools();
        distribute_at(&mut world, &lsts, [1_250_000_000; 2]);
        for _ in 0..refreshes {
            world.pass(1_200 / refreshes);
            world.set_price(&lsts[0], 1_250_000_000);
            world.refresh(&lsts[0]).unwrap();
        }
        if refreshes == 0 {
            world.pass(1_200);
        }
        let pool = world.pool_at(&lsts[0].pool);
        (
            world.lst_owed(&lsts[0], &people[0].pubkey()),
            pool.acc,
            pool.rate,
            pool.last_update,
        )
    };
    assert_eq!(owed(0), owed(400));
}

#[test]
fn a_price_moved_by_its_bound_each_update_shifts_yield_within_the_bound_a_day() {
    let (mut world, lsts, people) = two_pools();
    let mut price = 1_250_000_000;
    // A hundred updates within a day, each trying 5 % on top of the last.
    for _ in 0..100 {
        world.pass(600);
        world.set_price(&lsts[1], price * 105 / 100);
        if world.refresh(&lsts[1]).is_ok() {
            price = price * 105 / 100;
        }
    }
    assert_eq!(price, 1_312_500_000);
    let parts = distribute_at(&mut world, &lsts, [1_250_000_000, price]);
    // Half to half becomes 50 to 52.5, and no further.
    assert_eq!(parts, [487_804_878, 512_195_122]);
    // A week of it: the bound once a day and once at the start.
    for _ in 0..7 * 24 {
        world.pass(3_600);
        world.set_price(&lsts[1], price * 105 / 100);
        if world.refresh(&lsts[1]).is_ok() {
            price = price * 105 / 100;
        }
    }
    let furthest = (0..8).fold(1_312_500_000u64, |price, _| price * 105 / 100);
    assert!(price <= furthest, "{price} above {furthest}");
    // Principal: everybody's, to the unit.
    for (lst, person) in lsts.iter().zip(&people) {
        let out = world.withdraw_lst_ix(lst, &person.pubkey(), 10 * SOL);
        world.send(&[out], &[person]).unwrap();
        let wallet = world.wallet(lst, &person.pubkey());
        assert_eq!(world.units(&wallet), 100 * SOL);
    }
}

#[test]
fn a_price_pumped_for_one_distribution_takes_nothing_that_streams_already() {
    let (mut world, lsts, people) = two_pools();
    distribute_at(&mut world, &lsts, [1_250_000_000; 2]);
    world.pass(300);
    let owed = world.lst_owed(&lsts[0], &people[0].pubkey());
    let left = world.pool_at(&lsts[0].pool).stream();
    world.set_price(&lsts[1], 1_312_500_000);
    world.refresh(&lsts[1]).unwrap();
    assert_eq!(world.lst_owed(&lsts[0], &people[0].pubkey()), owed);
    assert_eq!(world.pool_at(&lsts[0].pool).stream(), left);
}

#[test]
fn choosing_among_published_prices_only_goes_forward() {
    let (mut world, lsts, _) = two_pools();
    let low = world.rate_of(&lsts[1], 1_200_000_000);
    world.pass(60);
    let high = world.rate_of(&lsts[1], 1_300_000_000);
    world.put_pyth(lsts[1].source, &high);
    world.refresh(&lsts[1]).unwrap();
    world.put_pyth(lsts[1].source, &low);
    let back = world.refresh_ix(&lsts[1]);
    world.refuse(&[back], &[], VaultError::PriceTooOld);
}

#[test]
fn donated_tokens_are_nobodys_units_and_block_nobody() {
    let (mut world, lsts, people) = two_pools();
    // As if sent by a transfer: the pool's account holds a thousand times its units.
    let mut account = world.svm.get_account(&lsts[0].tokens).unwrap();
    account.data[64..72].copy_from_slice(&(10_000 * SOL).to_le_bytes());
    world.svm.set_account(lsts[0].tokens, account).unwrap();
    let parts = distribute_at(&mut world, &lsts, [1_250_000_000; 2]);
    assert_eq!(parts, [SOL / 2; 2]);
    // A later depositor gets a unit for a unit, and gets it back: no first depositor's inflation.
    world.deposit_lst(&lsts[0], &people[1], SOL).unwrap();
    assert_eq!(world.pool_at(&lsts[0].pool).total_units, 11 * SOL);
    let too_much = world.withdraw_lst_ix(&lsts[0], &people[0].pubkey(), 10 * SOL + 1);
    world.refuse(&[too_much], &[&people[0]], VaultError::InsufficientUnits);
    for (person, units) in [(0, 10 * SOL), (1, SOL)] {
        let out = world.withdraw_lst_ix(&lsts[0], &people[person].pubkey(), units);
        world.send(&[out], &[&people[person]]).unwrap();
    }
}

#[test]
fn a_prefunded_position_of_a_token_pool_still_opens() {
    let (mut world, lsts, people) = two_pools();
    let position = position_address(&lsts[0].pool, &people[1].pubkey());
    world.svm.airdrop(&position, 3 * SOL).unwrap();
    world.deposit_lst(&lsts[0], &people[1], SOL).unwrap();
    let opened = world
        .position_in(&lsts[0].pool, &people[1].pubkey())
        .unwrap();
    assert_eq!(opened.units, SOL);
}

#[test]
fn a_deposit_around_a_distribution_earns_nothing() {
    let (mut world, lsts, people) = two_pools();
    let keeper = world.keeper.insecure_clone();
    let hasty = &people[1];
    let sandwich = [
        world.deposit_lst_ix(&lsts[0], &hasty.pubkey(), 90 * SOL),
        world.fund_ix(Source::Compute, SOL),
        world.distribute_ix(Source::Compute, SOL),
        world.withdraw_lst_ix(&lsts[0], &hasty.pubkey(), 90 * SOL),
    ];
    world.send(&sandwich, &[hasty, &keeper]).unwrap();
    world.pass(3_600);
    assert_eq!(world.lst_owed(&lsts[0], &hasty.pubkey()), 0);
}

#[test]
fn a_value_beyond_all_sol_stops_distributions_until_its_pool_is_retired() {
    let (mut world, lsts, people) = two_pools();
    let authority = world.authority.insecure_clone();
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: lsts[1].pool,
    };
    let lift = update.instruction(u64::MAX, 1, 0);
    world.send(&[lift], &[&authority]).unwrap();
    world.give(&people[1].pubkey(), &lsts[1].mint, u64::MAX - 10 * SOL);
    let all = u64::MAX - 10 * SOL;
    world.deposit_lst(&lsts[1], &people[1], all).unwrap();
    let keeper = world.keeper.insecure_clone();
    let both = [
        world.fund_ix(Source::Compute, SOL),
        world.distribute_ix(Source::Compute, SOL),
    ];
    world.refuse(&both, &[&keeper], VaultError::Overflow);
    let retire = update.instruction(u64::MAX, 1, 2);
    world.send(&[retire], &[&authority]).unwrap();
    world.send(&both, &[&keeper]).unwrap();
    let out = world.withdraw_lst_ix(&lsts[1], &people[1].pubkey(), u64::MAX);
    world.send(&[out], &[&people[1]]).unwrap();
}
