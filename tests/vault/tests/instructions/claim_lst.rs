//! `claim` and `close_position` of token pools: the yield is SOL, whatever was staked.

use primis_tests_vault::{Refusal, SOL, World, tokens::Lst};
use primis_vault_interface::{VaultError, events::Event, instructions as ix, position_address};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::lst;

/// `close_position` of a token pool.
pub fn close_ix(world: &World, lst: &Lst, owner: &Address) -> Instruction {
    ix::ClosePosition {
        owner: *owner,
        vault: world.vault,
        pool: lst.pool,
        position: position_address(&lst.pool, owner),
    }
    .instruction()
}

#[test]
fn pays_what_is_owed_in_sol_once() {
    let (mut world, lst, alice) = lst::earning();
    let owner = alice.pubkey();
    let (owed, before) = (world.lst_owed(&lst, &owner), world.lamports(&owner));
    assert!((SOL / 2 - 1..=SOL / 2).contains(&owed), "{owed}");
    let claim = world.claim_lst_ix(&lst, &owner);
    let outcome = world.send(std::slice::from_ref(&claim), &[&alice]).unwrap();
    assert_eq!(world.lamports(&owner), before + owed);
    assert_eq!(
        (
            world.vault().claimed_total_lamports,
            world.pool_at(&lst.pool).claimed_total_lamports,
            world.pool().claimed_total_lamports
        ),
        (owed, owed, 0)
    );
    assert!(matches!(outcome.events[..], [Event::Claimed(e)]
        if e.amount_lamports == owed && e.pool == lst.pool));
    world.refuse(&[claim], &[&alice], VaultError::NothingOwed);
}

#[test]
fn needs_no_price_and_is_open_in_every_status() {
    let (mut world, lst, alice) = lst::earning();
    super::set_pause::pause(&mut world, 3);
    super::update_pool_lst::set_status(&mut world, &lst, 2);
    world.pass(7 * 86_400);
    let claim = world.claim_lst_ix(&lst, &alice.pubkey());
    world.send(&[claim], &[&alice]).unwrap();
}

#[test]
fn each_pool_pays_its_own() {
    let (mut world, lst, alice) = lst::staked();
    // The same wallet in the SOL pool, with as much value: 12.5 SOL.
    world.deposit(&alice, 12 * SOL + SOL / 2).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(3_600);
    let (sol, token) = (
        world.owed(&alice.pubkey()),
        world.lst_owed(&lst, &alice.pubkey()),
    );
    assert!(
        sol.abs_diff(token) <= 1 && sol >= SOL / 2 - 2,
        "{sol} {token}"
    );
    let both = [
        world.claim_ix(&alice.pubkey()),
        world.claim_lst_ix(&lst, &alice.pubkey()),
    ];
    let before = world.lamports(&alice.pubkey());
    world.send(&both, &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + sol + token);
}

#[test]
fn refuses_positions_and_pools_that_do_not_belong_together() {
    let (mut world, lst, alice) = lst::earning();
    world.deposit(&alice, SOL).unwrap();
    let owner = alice.pubkey();
    let mut sols = world.claim_lst_ix(&lst, &owner);
    sols.accounts[3].pubkey = world.position_address(&owner);
    world.refuse(&[sols], &[&alice], VaultError::PositionOfAnotherPool);
    let mut of_sol = world.claim_ix(&owner);
    of_sol.accounts[3].pubkey = position_address(&lst.pool, &owner);
    world.refuse(&[of_sol], &[&alice], VaultError::PositionOfAnotherPool);
    let foreign = lst::foreign_pool(&mut world, &lst);
    let mut other = world.claim_lst_ix(&lst, &owner);
    other.accounts[2].pubkey = foreign.pool;
    world.refuse(&[other], &[&alice], VaultError::PoolOfAnotherVault);
    let mut twice = world.claim_lst_ix(&lst, &owner);
    twice.accounts[3].pubkey = lst.pool;
    world.refuse(&[twice], &[&alice], Refusal::duplicate_mutable_account());
    let stranger = super::stranger(&mut world);
    let mut theft = world.claim_lst_ix(&lst, &owner);
    theft.accounts[0].pubkey = stranger.pubkey();
    world.refuse(&[theft], &[&stranger], VaultError::NotPositionOwner);
}

#[test]
fn closing_pays_what_is_owed_and_returns_the_rent() {
    let (mut world, lst, alice) = lst::earning();
    let owner = alice.pubkey();
    let position = position_address(&lst.pool, &owner);
    let close = close_ix(&world, &lst, &owner);
    world.refuse(
        std::slice::from_ref(&close),
        &[&alice],
        VaultError::PositionNotEmpty,
    );
    let withdraw = world.withdraw_lst_ix(&lst, &owner, 10 * SOL);
    world.send(&[withdraw], &[&alice]).unwrap();
    let (before, rent) = (world.lamports(&owner), world.lamports(&position));
    let owed = world.lst_owed(&lst, &owner);
    let outcome = world.send(std::slice::from_ref(&close), &[&alice]).unwrap();
    assert_eq!(world.lamports(&owner), before + rent + owed);
    assert!(owed > 0 && world.position_in(&lst.pool, &owner).is_none());
    assert_eq!(world.pool_at(&lst.pool).position_count, 0);
    assert!(matches!(outcome.events[..],
        [Event::Claimed(c), Event::PositionClosed(e)] if c.amount_lamports == owed && e.pool == lst.pool));
    world.refuse(&[close], &[&alice], super::no_data());
}

#[test]
fn a_reopened_position_starts_from_nothing() {
    let (mut world, lst, alice) = lst::earning();
    let owner = alice.pubkey();
    let all = [
        world.withdraw_lst_ix(&lst, &owner, 10 * SOL),
        close_ix(&world, &lst, &owner),
        world.deposit_lst_ix(&lst, &owner, 10 * SOL),
    ];
    let owed = world.lst_owed(&lst, &owner);
    let before = world.lamports(&owner);
    world.send(&all, &[&alice]).unwrap();
    assert_eq!(world.lamports(&owner), before + owed);
    assert_eq!(world.lst_owed(&lst, &owner), 0);
    let again = world.claim_lst_ix(&lst, &owner);
    world.refuse(&[again], &[&alice], VaultError::NothingOwed);
}
