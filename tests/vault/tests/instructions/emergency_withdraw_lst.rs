//! `emergency_withdraw_lst`.

use primis_tests_vault::{SOL, key};
use primis_vault_interface::{Layout as _, U128Le, VaultError, events::Event};
use solana_signer::Signer;

use super::lst;

#[test]
fn returns_all_units_and_touches_no_reward_state() {
    let (mut world, lst, alice) = lst::earning();
    let (pool, before) = (
        world.pool_at(&lst.pool),
        world.position_in(&lst.pool, &alice.pubkey()).unwrap(),
    );
    let emergency = world.emergency_lst_ix(&lst, &alice.pubkey());
    let outcome = world.send(&[emergency], &[&alice]).unwrap();
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(
        (world.units(&wallet), world.units(&lst.tokens)),
        (100 * SOL, 0)
    );
    let (after, position) = (
        world.pool_at(&lst.pool),
        world.position_in(&lst.pool, &alice.pubkey()).unwrap(),
    );
    assert_eq!((after.acc, after.last_update), (pool.acc, pool.last_update));
    assert_eq!(
        (position.units, position.acc, position.owed_lamports),
        (0, before.acc, before.owed_lamports)
    );
    assert!(matches!(outcome.events[..], [Event::Withdrawn(e)]
        if e.amount_units == 10 * SOL && e.emergency == 1 && e.total_units == 0));
}

#[test]
fn works_where_settling_cannot() {
    let (mut world, lst, alice) = lst::earning();
    // A stream that no arithmetic can settle any more.
    let mut pool = world.pool_at(&lst.pool);
    pool.acc = U128Le::from(u128::MAX);
    let mut account = world.svm.get_account(&lst.pool).unwrap();
    account.data = pool.to_bytes();
    world.svm.set_account(lst.pool, account).unwrap();
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), SOL);
    assert_eq!(
        world.send_unchecked(&[withdraw], &[&alice]).unwrap_err(),
        VaultError::Overflow.into()
    );
    let emergency = world.emergency_lst_ix(&lst, &alice.pubkey());
    world.send_unchecked(&[emergency], &[&alice]).unwrap();
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(world.units(&wallet), 100 * SOL);
}

#[test]
fn is_open_whatever_is_paused_retired_or_stale() {
    let (mut world, lst, alice) = lst::earning();
    super::set_pause::pause(&mut world, 3);
    super::update_pool_lst::set_status(&mut world, &lst, 2);
    world.put_account(lst.source, key("nobody").pubkey(), vec![0; 8]);
    world.pass(7 * 86_400);
    let emergency = world.emergency_lst_ix(&lst, &alice.pubkey());
    world.send(&[emergency], &[&alice]).unwrap();
}

#[test]
fn refuses_an_empty_position() {
    let (mut world, lst, alice) = lst::staked();
    let emergency = world.emergency_lst_ix(&lst, &alice.pubkey());
    world
        .send(std::slice::from_ref(&emergency), &[&alice])
        .unwrap();
    world.refuse(&[emergency], &[&alice], VaultError::InsufficientUnits);
}

#[test]
fn refuses_swapped_accounts_and_thieves() {
    super::withdraw_lst::refuses_wrong_accounts(|world, lst, owner| {
        world.emergency_lst_ix(lst, owner)
    });
}
