//! `update_pool` of token pools: closing and retiring.

use primis_tests_vault::{SOL, World, tokens::Lst};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

use super::lst;

/// Sets the pool's status, its limits being as they were.
pub fn set_status(world: &mut World, lst: &Lst, status: u8) {
    let authority = world.authority.insecure_clone();
    let pool = world.pool_at(&lst.pool);
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: lst.pool,
    }
    .instruction(pool.cap_units, pool.min_deposit_units, status);
    let outcome = world.send(&[update], &[&authority]).unwrap();
    assert!(matches!(outcome.events[..], [Event::PoolUpdated(e)] if e.status == u64::from(status)));
}

#[test]
fn a_closed_pool_still_earns_pays_and_returns() {
    let (mut world, lst, alice) = lst::earning();
    set_status(&mut world, &lst, 1);
    let before = world.pool_at(&lst.pool).streamed_total_lamports;
    world.refresh(&lst).unwrap();
    world.distribute(SOL).unwrap();
    assert!(world.pool_at(&lst.pool).streamed_total_lamports > before);
    world.pass(60);
    let claim = world.claim_lst_ix(&lst, &alice.pubkey());
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 10 * SOL);
    world.send(&[claim, withdraw], &[&alice]).unwrap();
}

#[test]
fn a_retired_pool_streams_to_the_end_and_no_more() {
    let (mut world, lst, alice) = lst::earning();
    world.deposit(&alice, SOL).unwrap();
    set_status(&mut world, &lst, 2);
    let before = world.pool_at(&lst.pool).streamed_total_lamports;
    // Its price is stale by now, and nobody asks for it.
    world.pass(7_200);
    world.distribute(2 * SOL).unwrap();
    let pool = world.pool_at(&lst.pool);
    assert_eq!(pool.streamed_total_lamports, before);
    assert_eq!(world.pool().streamed_total_lamports, SOL);
    let owed = world.lst_owed(&lst, &alice.pubkey());
    assert!((SOL - 2..=SOL).contains(&owed), "{owed}");
    let claim = world.claim_lst_ix(&lst, &alice.pubkey());
    world.send(&[claim], &[&alice]).unwrap();
}

#[test]
fn a_retired_pool_can_come_back() {
    let (mut world, lst, alice) = lst::staked();
    set_status(&mut world, &lst, 2);
    set_status(&mut world, &lst, 0);
    world.deposit_lst(&lst, &alice, SOL).unwrap();
    world.pass(600);
    world.distribute(SOL).unwrap();
    assert_eq!(world.pool_at(&lst.pool).streamed_total_lamports, SOL / 2);
}

#[test]
fn refuses_bounds_and_strangers() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: lst.pool,
    };
    for (instruction, why) in [
        (
            update.instruction(SOL, 0, 0),
            VaultError::MinimumDepositOutOfBounds,
        ),
        (
            update.instruction(SOL, SOL + 1, 0),
            VaultError::MinimumDepositOutOfBounds,
        ),
        (update.instruction(SOL, 1, 3), VaultError::UnknownPoolStatus),
    ] {
        world.refuse(&[instruction], &[&authority], why);
    }
    let stranger = super::stranger(&mut world);
    let by_stranger = ix::UpdatePool {
        authority: stranger.pubkey(),
        ..update
    };
    world.refuse(
        &[by_stranger.instruction(SOL, 1, 2)],
        &[&stranger],
        VaultError::NotAuthority,
    );
}
