//! `reclaim`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{
    VaultError,
    events::{Event, LossRecognised, Reclaimed},
};
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::deactivate::{delegated, foreign_delegation};

/// 60 SOL on their way back, inactive; 30 SOL staked, 10 SOL free.
fn inactive() -> (World, Keypair) {
    let (mut world, alice, _) = delegated();
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    (world, alice)
}

#[test]
fn returns_principal_rents_and_rewards_to_whom_they_belong() {
    let (mut world, _) = inactive();
    world.reward(0, 123_456_789);
    let delegation = world.delegation(0).unwrap();
    let keeper = world.keeper.pubkey();
    let (free, vault, paid) = (
        world.free_lamports(),
        world.lamports(&world.vault),
        world.lamports(&keeper),
    );
    let rents = delegation.rent_lamports + world.lamports(&world.delegation_address(0));
    let outcome = world.reclaim(0).unwrap();
    let expected = Reclaimed {
        number: 0,
        principal_lamports: 60 * SOL,
        reward_lamports: 123_456_789,
        lost_lamports: 0,
        staked_lamports: 30 * SOL,
        at: world.now(),
        pool: world.pool,
        stake: world.stake_address(0),
    };
    assert_eq!(outcome.events, [Event::Reclaimed(expected)]);
    assert_eq!(world.free_lamports(), free + 60 * SOL);
    assert_eq!(world.lamports(&world.vault), vault + 123_456_789);
    assert_eq!(world.lamports(&keeper), paid + rents);
    assert_eq!(world.stake_lamports(0), 0);
    assert!(world.delegation(0).is_none());
    let pool = world.pool();
    assert_eq!(
        (pool.staked_lamports, pool.deactivating_lamports),
        (30 * SOL, 0)
    );
    assert_eq!(world.vault().staking.funded_lamports, 123_456_789);
    let validator = world.validator(&delegation.vote).unwrap();
    assert_eq!(validator.staked_lamports, 30 * SOL);
}

#[test]
fn waits_until_the_stake_program_lets_go() {
    let (mut world, _, _) = delegated();
    let early = world.reclaim_ix(0);
    let early = std::slice::from_ref(&early);
    world.refuse(early, &[], VaultError::NotDeactivating);
    world.deactivate(0).unwrap();
    // The same epoch: all of it is active still.
    world.refuse(early, &[], InstructionError::InsufficientFunds);
    // So much of the cluster leaves that less than half of it can in an epoch.
    world.pass_epoch(90_000_000 * SOL);
    world.refuse(early, &[], InstructionError::InsufficientFunds);
    world.pass_epoch(90_000_000 * SOL);
    world.refuse(early, &[], InstructionError::InsufficientFunds);
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    assert_eq!(world.free_lamports(), 70 * SOL);
}

#[test]
fn a_stake_that_never_became_active_returns_at_once() {
    let (mut world, _, vote) = super::delegate::staked();
    world.delegate(&vote, 50 * SOL).unwrap();
    world.deactivate(0).unwrap();
    world.reclaim(0).unwrap();
    assert_eq!(world.free_lamports(), 100 * SOL);
}

#[test]
fn a_loss_comes_out_of_every_unit_where_no_reserve_covers_it() {
    let (mut world, alice) = inactive();
    let rent = world.delegation(0).unwrap().rent_lamports;
    let keeper = world.keeper.pubkey();
    let (paid, own) = (
        world.lamports(&keeper),
        world.lamports(&world.delegation_address(0)),
    );
    world.slash(0, 6 * SOL);
    let outcome = world.reclaim(0).unwrap();
    // Principal comes first: the keeper's rent of the stake account is lost before any of it.
    let lost = 6 * SOL - rent;
    assert_eq!(world.lamports(&keeper), paid + own);
    let price = (100 * SOL - lost) / 100;
    let expected = LossRecognised {
        lost_lamports: lost,
        covered_lamports: 0,
        price_before: SOL,
        price,
        at: world.now(),
        pool: world.pool,
    };
    assert!(
        matches!(outcome.events[..], [Event::LossRecognised(l), Event::Reclaimed(r)]
            if l == expected && r.lost_lamports == lost && r.reward_lamports == 0)
    );
    let pool = world.pool();
    assert_eq!((pool.lost_total_lamports, pool.price), (lost, price));
    assert_eq!(
        (pool.staked_lamports, world.vault().reserve_lamports),
        (30 * SOL, 0)
    );
    world.withdraw(&alice, 10 * SOL).unwrap();
}

#[test]
fn a_loss_within_the_rent_is_the_keepers_alone() {
    let (mut world, _) = inactive();
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, rent / 2);
    let (keeper, own) = (
        world.keeper.pubkey(),
        world.lamports(&world.delegation_address(0)),
    );
    let paid = world.lamports(&keeper);
    world.reclaim(0).unwrap();
    assert_eq!(world.lamports(&keeper), paid + own + rent - rent / 2);
    assert_eq!(
        (world.pool().price, world.pool().lost_total_lamports),
        (SOL, 0)
    );
    assert_eq!(world.free_lamports(), 70 * SOL);
}

#[test]
fn refuses_other_accounts_than_its_own() {
    let (mut world, _) = inactive();
    let (_, other) = super::other_vault(&mut world);
    let foreign = foreign_delegation(&mut world);
    let foreign_validator = super::delegate::foreign_validator(&mut world);
    let next = world.add_validator("next", SOL);
    let stranger = super::stranger(&mut world).pubkey();
    for (index, account, why) in [
        (1, other, VaultError::PoolOfAnotherVault),
        (2, foreign_validator, VaultError::WrongValidator),
        (
            2,
            world.validator_address(&next),
            VaultError::WrongValidator,
        ),
        (3, foreign, VaultError::DelegationOfAnotherPool),
        (
            3,
            world.delegation_address(1),
            VaultError::WrongStakeAccount,
        ),
        (4, world.stake_address(1), VaultError::WrongStakeAccount),
        (5, stranger, VaultError::WrongRentPayer),
        (5, world.authority.pubkey(), VaultError::WrongRentPayer),
    ] {
        let mut reclaim = world.reclaim_ix(0);
        reclaim.accounts[index].pubkey = account;
        world.refuse(&[reclaim], &[], why);
    }
    let real = world.delegation_address(0);
    let forged = super::forge(&mut world, real);
    let mut reclaim = world.reclaim_ix(0);
    reclaim.accounts[3].pubkey = forged;
    world.refuse(&[reclaim], &[], super::illegal_owner());
}

#[test]
fn refuses_a_second_time() {
    let (mut world, _) = inactive();
    let again = world.reclaim_ix(0);
    world.reclaim(0).unwrap();
    world.refuse(&[again], &[], super::no_data());
}

#[test]
fn rents_go_to_the_keeper_who_paid_even_after_it_was_replaced() {
    let (mut world, _) = inactive();
    let (authority, next) = (
        world.authority.insecure_clone(),
        super::stranger(&mut world),
    );
    let replace = primis_vault_interface::instructions::SetKeeper {
        authority: authority.pubkey(),
        vault: world.vault,
    };
    world
        .send(&[replace.instruction(next.pubkey())], &[&authority])
        .unwrap();
    let before = world.lamports(&world.keeper.pubkey());
    world.reclaim(0).unwrap();
    assert!(world.lamports(&world.keeper.pubkey()) > before);
}
