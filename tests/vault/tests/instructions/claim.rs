//! `claim`.

use primis_tests_vault::{Refusal, SOL, World};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn earned() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    (world, alice)
}

#[test]
fn pays_what_is_owed_once() {
    let (mut world, alice) = earned();
    let (owed, before) = (world.owed(&alice.pubkey()), world.lamports(&alice.pubkey()));
    assert!((SOL / 2 - 1..=SOL / 2).contains(&owed));
    let outcome = world.claim(&alice).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + owed);
    assert_eq!(
        (
            world.vault().claimed_total_lamports,
            world.pool().claimed_total_lamports
        ),
        (owed, owed)
    );
    assert_eq!(
        world
            .position(&alice.pubkey())
            .unwrap()
            .claimed_total_lamports,
        owed
    );
    assert!(matches!(outcome.events[..], [Event::Claimed(e)] if e.amount_lamports == owed));
    let again = world.claim_ix(&alice.pubkey());
    world.refuse(&[again], &[&alice], VaultError::NothingOwed);
}

#[test]
fn is_open_while_everything_is_paused() {
    let (mut world, alice) = earned();
    super::set_pause::pause(&mut world, 3);
    world.claim(&alice).unwrap();
}

#[test]
fn cannot_be_doubled_by_withdrawing_closing_and_coming_back() {
    let (mut world, alice) = earned();
    let before = world.lamports(&alice.pubkey());
    let owed = world.owed(&alice.pubkey());
    let all = [
        world.claim_ix(&alice.pubkey()),
        world.withdraw_ix(&alice.pubkey(), 10 * SOL),
        world.close_ix(&alice.pubkey()),
        world.deposit_ix(&alice.pubkey(), 10 * SOL),
    ];
    world.send(&all, &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + owed);
    assert_eq!(world.owed(&alice.pubkey()), 0);
}

#[test]
fn a_donation_to_the_vault_is_not_paid_out() {
    let (mut world, alice) = earned();
    let owed = world.owed(&alice.pubkey());
    let vault = world.vault;
    world.svm.airdrop(&vault, 50 * SOL).unwrap();
    assert_eq!(world.owed(&alice.pubkey()), owed);
    let before = world.lamports(&alice.pubkey());
    world.claim(&alice).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + owed);
}

#[test]
fn refuses_with_nothing_earned() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    let claim = world.claim_ix(&alice.pubkey());
    world.refuse(&[claim], &[&alice], VaultError::NothingOwed);
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice) = earned();
    let position = world.position_address(&alice.pubkey());
    let thieves = [
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ];
    for thief in thieves {
        let claim = ix::Claim {
            owner: thief.pubkey(),
            vault: world.vault,
            pool: world.pool,
            position,
        }
        .instruction();
        world.refuse(&[claim], &[&thief], VaultError::NotPositionOwner);
    }
    let mut claim = world.claim_ix(&alice.pubkey());
    claim.accounts[0].is_signer = false;
    world.refuse(&[claim], &[], super::missing_signature());
}

#[test]
fn refuses_what_belongs_to_another_vault() {
    let (mut world, alice) = earned();
    let (other_vault, other_pool) = super::other_vault(&mut world);
    let mut claim = world.claim_ix(&alice.pubkey());
    claim.accounts[1].pubkey = other_vault;
    world.refuse(&[claim.clone()], &[&alice], VaultError::PoolOfAnotherVault);
    claim.accounts[2].pubkey = other_pool;
    world.refuse(&[claim], &[&alice], VaultError::PositionOfAnotherPool);
}

#[test]
fn refuses_forged_and_swapped_accounts() {
    let (mut world, alice) = earned();
    for slot in 1..=3 {
        let mut claim = world.claim_ix(&alice.pubkey());
        let real = claim.accounts[slot].pubkey;
        claim.accounts[slot].pubkey = super::forge(&mut world, real);
        world.refuse(&[claim], &[&alice], super::illegal_owner());
    }
    let mut claim = world.claim_ix(&alice.pubkey());
    claim.accounts.swap(1, 2);
    world.refuse(&[claim], &[&alice], super::no_data());
}

#[test]
fn refuses_the_same_writable_account_twice() {
    let (mut world, alice) = earned();
    for slots in [(1, 2), (2, 3), (1, 3), (0, 1)] {
        let mut claim = world.claim_ix(&alice.pubkey());
        claim.accounts[slots.1].pubkey = claim.accounts[slots.0].pubkey;
        world.refuse(&[claim], &[&alice], Refusal::duplicate_mutable_account());
    }
}
