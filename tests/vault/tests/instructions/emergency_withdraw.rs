//! `emergency_withdraw`.

use primis_tests_vault::{SOL, World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

fn earned() -> (World, solana_keypair::Keypair) {
    let mut world = World::new();
    let (alice, bob) = (
        world.staker("alice", 100 * SOL),
        world.staker("bob", 100 * SOL),
    );
    world.deposit(&alice, 10 * SOL).unwrap();
    world.deposit(&bob, 10 * SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    (world, alice)
}

#[test]
fn returns_all_principal_and_touches_no_reward_state() {
    let (mut world, alice) = earned();
    let (pool, position, wallet) = (
        world.pool(),
        world.position(&alice.pubkey()).unwrap(),
        world.lamports(&alice.pubkey()),
    );
    let emergency = world.emergency_ix(&alice.pubkey());
    let outcome = world.send(&[emergency], &[&alice]).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), wallet + 10 * SOL);
    let (pool_after, position_after) = (world.pool(), world.position(&alice.pubkey()).unwrap());
    assert_eq!(
        (
            pool_after.acc,
            pool_after.rate,
            pool_after.last_update,
            pool_after.stream_end
        ),
        (pool.acc, pool.rate, pool.last_update, pool.stream_end)
    );
    assert_eq!(
        (position_after.acc, position_after.owed_lamports),
        (position.acc, position.owed_lamports)
    );
    assert_eq!(
        (position_after.units, pool_after.total_units),
        (0, 10 * SOL)
    );
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn(e)] if e.emergency == 1 && e.amount_units == 10 * SOL)
    );
}

#[test]
fn what_was_owed_before_stays_claimable_and_the_rest_pays_nobody_twice() {
    let (mut world, alice) = earned();
    world.deposit(&alice, SOL).unwrap();
    let owed = world.position(&alice.pubkey()).unwrap().owed_lamports;
    assert!(owed > 0);
    world.pass(600);
    let emergency = world.emergency_ix(&alice.pubkey());
    world.send(&[emergency], &[&alice]).unwrap();
    assert_eq!(world.owed(&alice.pubkey()), owed);
    world.claim(&alice).unwrap();
}

#[test]
fn works_even_if_settling_does_not() {
    let (mut world, alice) = earned();
    // A reward state that overflows on settling: nothing the program can produce, but the way out
    // must not depend on that.
    let mut account = world.svm.get_account(&world.pool).unwrap();
    let mut pool = world.pool();
    pool.acc = u128::MAX.into();
    account.data = primis_vault_interface::Layout::to_bytes(&pool);
    let address = world.pool;
    let withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    let emergency = world.emergency_ix(&alice.pubkey());
    let real = world.svm.get_account(&address).unwrap();
    world.svm.set_account(address, account).unwrap();
    world.refuse(&[withdraw], &[&alice], VaultError::Overflow);
    let before = world.lamports(&alice.pubkey());
    let payer = key("payer");
    world.svm.expire_blockhash();
    let message = solana_message::Message::new(&[emergency], Some(&payer.pubkey()));
    let transaction = solana_transaction::Transaction::new(
        &[&payer, &alice],
        message,
        world.svm.latest_blockhash(),
    );
    world.svm.send_transaction(transaction).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + 10 * SOL);
    assert_eq!(real.owner, primis_vault_interface::ID);
}

#[test]
fn is_open_while_everything_is_paused() {
    let (mut world, alice) = earned();
    super::set_pause::pause(&mut world, 3);
    let emergency = world.emergency_ix(&alice.pubkey());
    world.send(&[emergency], &[&alice]).unwrap();
}

#[test]
fn refuses_an_empty_position() {
    let (mut world, alice) = earned();
    let emergency = world.emergency_ix(&alice.pubkey());
    world
        .send(std::slice::from_ref(&emergency), &[&alice])
        .unwrap();
    world.refuse(&[emergency], &[&alice], VaultError::InsufficientUnits);
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
        let emergency = ix::EmergencyWithdraw {
            owner: thief.pubkey(),
            pool: world.pool,
            position,
        }
        .instruction();
        world.refuse(&[emergency], &[&thief], VaultError::NotPositionOwner);
    }
    let mut emergency = world.emergency_ix(&alice.pubkey());
    emergency.accounts[0].is_signer = false;
    world.refuse(&[emergency], &[], super::missing_signature());
}

#[test]
fn refuses_another_pool() {
    let (mut world, alice) = earned();
    let (_, other) = super::other_vault(&mut world);
    let mut emergency = world.emergency_ix(&alice.pubkey());
    emergency.accounts[1].pubkey = other;
    world.refuse(&[emergency], &[&alice], VaultError::PositionOfAnotherPool);
}
