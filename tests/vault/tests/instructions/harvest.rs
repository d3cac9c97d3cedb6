//! `harvest`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{
    Source, VaultError,
    events::{Event, Harvested, LossRecognised},
};
use solana_signer::Signer;

use super::deactivate::{delegated, foreign_delegation};

#[test]
fn rewards_stay_staked_and_as_much_free_sol_becomes_yield() {
    let (mut world, alice, _) = delegated();
    world.reward(0, 123_456_789);
    let (free, vault, stake) = (
        world.free_lamports(),
        world.lamports(&world.vault),
        world.stake_lamports(0),
    );
    let outcome = world.harvest(0).unwrap();
    let expected = Harvested {
        number: 0,
        amount_lamports: 123_456_789,
        left_lamports: 0,
        funded_lamports: 123_456_789,
        at: world.now(),
        pool: world.pool,
        stake: world.stake_address(0),
    };
    assert_eq!(outcome.events, [Event::Harvested(expected)]);
    assert_eq!(world.free_lamports(), free - 123_456_789);
    assert_eq!(world.lamports(&world.vault), vault + 123_456_789);
    assert_eq!(world.stake_lamports(0), stake);
    let delegation = world.delegation(0).unwrap();
    assert_eq!(delegation.principal_lamports, 60 * SOL + 123_456_789);
    assert_eq!(delegation.harvested_total_lamports, 123_456_789);
    // The validator's cap counts what was delegated, not what it earned.
    assert_eq!(delegation.delegated_lamports, 60 * SOL);
    assert_eq!(world.pool().staked_lamports, 90 * SOL + 123_456_789);
    let staking = world.vault().staking;
    assert_eq!(
        (staking.funded_lamports, staking.funded_total_lamports),
        (123_456_789, 123_456_789)
    );
    // The keeper distributes it by the split of base staking.
    let keeper = world.keeper.insecure_clone();
    let distribute = world.distribute_ix(Source::Staking, 123_456_789);
    world.send(&[distribute], &[&keeper]).unwrap();
    assert_eq!(world.vault().subsidy_lamports, 123_456_789 * 2_000 / 10_000);
    world.pass(3_600);
    let stakers = 123_456_789 * 7_000 / 10_000;
    assert!((stakers - 1..=stakers + 1).contains(&world.owed(&alice.pubkey())));
}

#[test]
fn each_reward_is_harvested_once() {
    let (mut world, _, _) = delegated();
    let harvest = world.harvest_ix(0);
    let harvest = std::slice::from_ref(&harvest);
    world.refuse(harvest, &[], VaultError::NothingToHarvest);
    for reward in [1, SOL, 77] {
        world.reward(0, reward);
        world.harvest(0).unwrap();
        world.refuse(harvest, &[], VaultError::NothingToHarvest);
    }
    assert_eq!(world.vault().staking.funded_total_lamports, SOL + 78);
    // Principal and the rewards harvested in advance come back; nothing is paid twice.
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    assert_eq!(world.vault().staking.funded_total_lamports, SOL + 78);
    assert_eq!(world.free_lamports(), 70 * SOL);
}

#[test]
fn goes_as_far_as_free_sol_does() {
    let (mut world, alice, _) = delegated();
    world.reward(0, 12 * SOL);
    let outcome = world.harvest(0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Harvested(e)] if e.amount_lamports == 10 * SOL && e.left_lamports == 2 * SOL)
    );
    assert_eq!(world.free_lamports(), 0);
    let harvest = world.harvest_ix(0);
    world.refuse(&[harvest], &[], VaultError::InsufficientLiquidity);
    // The rest waits for the next SOL.
    world.deposit(&alice, 5 * SOL).unwrap();
    world.harvest(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, 12 * SOL);
    assert_eq!(world.free_lamports(), 3 * SOL);
}

#[test]
fn leaves_the_sol_that_tickets_wait_for() {
    let (mut world, alice, _) = delegated();
    world.reward(0, 12 * SOL);
    world.open_ticket(&alice, 7 * SOL).unwrap();
    world.harvest(0).unwrap();
    assert_eq!(world.free_lamports(), 7 * SOL);
    let harvest = world.harvest_ix(0);
    world.refuse(&[harvest], &[], VaultError::InsufficientLiquidity);
    world.serve_ticket(0).unwrap();
}

#[test]
fn refuses_a_deactivating_delegation_whose_rewards_come_with_it() {
    let (mut world, _, _) = delegated();
    world.deactivate(0).unwrap();
    world.reward(0, SOL);
    let harvest = world.harvest_ix(0);
    world.refuse(&[harvest], &[], VaultError::NotActive);
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, SOL);
}

/// Two SOL in the reserve.
fn with_reserve(world: &mut World) {
    let keeper = world.keeper.insecure_clone();
    let both = [
        world.fund_ix(Source::Staking, 20 * SOL),
        world.distribute_ix(Source::Staking, 20 * SOL),
    ];
    world.send(&both, &[&keeper]).unwrap();
    assert_eq!(world.vault().reserve_lamports, 2 * SOL);
}

#[test]
fn the_reserve_covers_a_loss_first() {
    let (mut world, _, _) = delegated();
    with_reserve(&mut world);
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, SOL + rent);
    let (free, vault) = (world.free_lamports(), world.lamports(&world.vault));
    let outcome = world.harvest(0).unwrap();
    let expected = LossRecognised {
        lost_lamports: SOL,
        covered_lamports: SOL,
        price_before: SOL,
        price: SOL,
        at: world.now(),
        pool: world.pool,
    };
    assert_eq!(outcome.events, [Event::LossRecognised(expected)]);
    assert_eq!(world.free_lamports(), free + SOL);
    assert_eq!(world.lamports(&world.vault), vault - SOL);
    let (pool, delegation) = (world.pool(), world.delegation(0).unwrap());
    assert_eq!((pool.price, pool.lost_total_lamports), (SOL, 0));
    assert_eq!(pool.staked_lamports, 89 * SOL);
    assert_eq!(delegation.principal_lamports, 59 * SOL);
    assert_eq!(world.vault().reserve_lamports, SOL);
    // A loss is recognised once.
    let harvest = world.harvest_ix(0);
    world.refuse(&[harvest], &[], VaultError::NothingToHarvest);
}

#[test]
fn what_the_reserve_does_not_cover_lowers_the_price_of_every_unit() {
    let (mut world, _, _) = delegated();
    with_reserve(&mut world);
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, 12 * SOL + rent);
    let outcome = world.harvest(0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::LossRecognised(e)] if e.lost_lamports == 12 * SOL
            && e.covered_lamports == 2 * SOL && e.price_before == SOL && e.price == SOL * 9 / 10)
    );
    let pool = world.pool();
    assert_eq!(
        (pool.price, pool.lost_total_lamports, pool.total_units),
        (SOL * 9 / 10, 10 * SOL, 100 * SOL)
    );
    assert_eq!(world.vault().reserve_lamports, 0);
}

#[test]
fn a_loss_of_a_deactivating_delegation_is_recognised_at_once() {
    let (mut world, _, _) = delegated();
    world.deactivate(0).unwrap();
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, 10 * SOL + rent);
    world.harvest(0).unwrap();
    let pool = world.pool();
    assert_eq!(
        (pool.price, pool.deactivating_lamports),
        (SOL * 9 / 10, 50 * SOL)
    );
    world.pass_epochs(1);
    let outcome = world.reclaim(0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Reclaimed(e)] if e.lost_lamports == 0 && e.principal_lamports == 50 * SOL)
    );
    assert_eq!(world.pool().lost_total_lamports, 10 * SOL);
}

#[test]
fn rewards_after_a_loss_restore_the_rent_before_they_are_yield() {
    let (mut world, _, _) = delegated();
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, rent + SOL);
    world.harvest(0).unwrap();
    world.reward(0, rent);
    let harvest = world.harvest_ix(0);
    world.refuse(&[harvest], &[], VaultError::NothingToHarvest);
    world.reward(0, 5);
    world.harvest(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, 5);
}

#[test]
fn refuses_another_pool_delegation_or_stake_account() {
    let (mut world, _, _) = delegated();
    world.reward(0, SOL);
    world.reward(1, SOL);
    let (_, other) = super::other_vault(&mut world);
    let foreign = foreign_delegation(&mut world);
    let real = world.delegation_address(0);
    let forged = super::forge(&mut world, real);
    for (index, account, why) in [
        (1, other, VaultError::PoolOfAnotherVault.into()),
        (2, foreign, VaultError::DelegationOfAnotherPool.into()),
        (2, forged, super::illegal_owner()),
        (
            3,
            world.stake_address(1),
            VaultError::WrongStakeAccount.into(),
        ),
        (
            3,
            super::stranger(&mut world).pubkey(),
            VaultError::WrongStakeAccount.into(),
        ),
    ] {
        let mut harvest = world.harvest_ix(0);
        harvest.accounts[index].pubkey = account;
        world.refuse(&[harvest], &[], why);
    }
}
