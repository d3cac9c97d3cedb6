//! `deactivate`.

use primis_tests_vault::{SOL, STAKE_PROGRAM, World, key};
use primis_vault_interface::{
    Layout as _, VaultError,
    accounts::Delegation,
    events::{Deactivated, Event},
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::delegate::staked;

/// 60 and 30 SOL delegated, 10 SOL free.
pub fn delegated() -> (World, Keypair, Address) {
    let (mut world, alice, vote) = staked();
    world.delegate(&vote, 60 * SOL).unwrap();
    world.delegate(&vote, 30 * SOL).unwrap();
    world.pass_epochs(1);
    (world, alice, vote)
}

/// A delegation like the first, of another pool.
pub fn foreign_delegation(world: &mut World) -> Address {
    let real = world.svm.get_account(&world.delegation_address(0)).unwrap();
    let mut delegation = Delegation::parse(&real.data).unwrap();
    delegation.pool = key("another pool").pubkey();
    let address = key("foreign delegation").pubkey();
    let account = Account {
        data: delegation.to_bytes(),
        ..real
    };
    world.svm.set_account(address, account).unwrap();
    address
}

#[test]
fn the_keeper_may_at_any_time() {
    let (mut world, _, _) = delegated();
    assert_eq!(world.deactivation_epoch(1), None);
    let before = world.stake_lamports(1);
    let outcome = world.deactivate(1).unwrap();
    let expected = Deactivated {
        number: 1,
        principal_lamports: 30 * SOL,
        at: world.now(),
        pool: world.pool,
        stake: world.stake_address(1),
    };
    assert_eq!(outcome.events, [Event::Deactivated(expected)]);
    assert_eq!(world.deactivation_epoch(1), Some(world.epoch()));
    assert_eq!(world.delegation(1).unwrap().status, 1);
    let pool = world.pool();
    assert_eq!(
        (pool.deactivating_lamports, pool.staked_lamports),
        (30 * SOL, 90 * SOL)
    );
    assert_eq!(world.stake_lamports(1), before, "nothing moves yet");
}

#[test]
fn anyone_may_only_while_tickets_wait_for_more_than_is_free_and_coming() {
    let (mut world, alice, _) = delegated();
    let stranger = super::stranger(&mut world);
    let try_by = |world: &World, number| world.deactivate_ix(&stranger.pubkey(), number);
    let refused = VaultError::NoTicketWaits;
    let ix = try_by(&world, 1);
    world.refuse(std::slice::from_ref(&ix), &[&stranger], refused);
    // Ten SOL are free.
    world.open_ticket(&alice, 10 * SOL).unwrap();
    world.refuse(std::slice::from_ref(&ix), &[&stranger], refused);
    world.open_ticket(&alice, SOL).unwrap();
    world.send(&[ix], &[&stranger]).unwrap();
    // Thirty more are coming.
    let ix = try_by(&world, 0);
    world.refuse(std::slice::from_ref(&ix), &[&stranger], refused);
    world.open_ticket(&alice, 29 * SOL).unwrap();
    world.refuse(std::slice::from_ref(&ix), &[&stranger], refused);
    world.open_ticket(&alice, SOL / 100).unwrap();
    world.send(&[ix], &[&stranger]).unwrap();
    assert_eq!(world.pool().deactivating_lamports, 90 * SOL);
}

#[test]
fn books_what_the_stake_program_deactivated_for_a_validator_that_stopped_voting() {
    let (mut world, alice, vote) = delegated();
    world.pass_epochs(9);
    let epoch = world.epoch();
    let votes: Vec<u64> = (epoch - 4..=epoch).collect();
    let reference = world.vote_account_with_credits("voting", &votes);
    let delinquent = Instruction {
        program_id: STAKE_PROGRAM,
        accounts: vec![
            AccountMeta::new(world.stake_address(0), false),
            AccountMeta::new_readonly(vote, false),
            AccountMeta::new_readonly(reference, false),
        ],
        // `DeactivateDelinquent`.
        data: vec![14, 0, 0, 0],
    };
    world.send(&[delinquent], &[]).unwrap();
    assert_eq!(world.deactivation_epoch(0), Some(epoch));
    // It is not booked yet; and it is not only the keeper who can do that.
    let reclaim = world.reclaim_ix(0);
    world.refuse(&[reclaim], &[], VaultError::NotDeactivating);
    let stranger = super::stranger(&mut world);
    let deactivate = world.deactivate_ix(&stranger.pubkey(), 0);
    world.send(&[deactivate], &[&stranger]).unwrap();
    assert_eq!(world.pool().deactivating_lamports, 60 * SOL);
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    world.withdraw(&alice, 70 * SOL).unwrap();
}

#[test]
fn refuses_a_second_time() {
    let (mut world, _, _) = delegated();
    let keeper = world.keeper.insecure_clone();
    world.deactivate(0).unwrap();
    let again = world.deactivate_ix(&keeper.pubkey(), 0);
    world.refuse(&[again], &[&keeper], VaultError::NotActive);
}

#[test]
fn refuses_roles_other_than_the_keeper_and_a_missing_signature() {
    let (mut world, alice, _) = delegated();
    let others = [
        world.authority.insecure_clone(),
        world.guardian.insecure_clone(),
        alice,
    ];
    for other in others {
        let deactivate = world.deactivate_ix(&other.pubkey(), 0);
        world.refuse(&[deactivate], &[&other], VaultError::NoTicketWaits);
    }
    let mut deactivate = world.deactivate_ix(&world.keeper.pubkey(), 0);
    deactivate.accounts[0].is_signer = false;
    world.refuse(&[deactivate], &[], super::missing_signature());
}

#[test]
fn refuses_another_pool_delegation_or_stake_account() {
    let (mut world, _, _) = delegated();
    let keeper = world.keeper.insecure_clone();
    let (_, other) = super::other_vault(&mut world);
    let foreign = foreign_delegation(&mut world);
    let real = world.delegation_address(0);
    let forged = super::forge(&mut world, real);
    for (index, account, why) in [
        (2, other, VaultError::PoolOfAnotherVault.into()),
        (3, foreign, VaultError::DelegationOfAnotherPool.into()),
        (3, forged, super::illegal_owner()),
        (
            4,
            world.stake_address(1),
            VaultError::WrongStakeAccount.into(),
        ),
    ] {
        let mut deactivate = world.deactivate_ix(&keeper.pubkey(), 0);
        deactivate.accounts[index].pubkey = account;
        world.refuse(&[deactivate], &[&keeper], why);
    }
}
