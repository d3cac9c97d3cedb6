//! `cancel_ticket`.

use primis_tests_vault::SOL;
use primis_vault_interface::{
    VaultError,
    events::{Event, TicketCancelled},
};
use solana_signer::Signer;

use super::open_ticket::{bring_back, queue};

#[test]
fn frees_the_units_and_closes_the_first_of_the_queue() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 25 * SOL).unwrap();
    world.open_ticket(&bob, 10 * SOL).unwrap();
    let (before, rent) = (
        world.lamports(&alice.pubkey()),
        world.lamports(&world.ticket_address(0)),
    );
    let outcome = world.cancel_ticket(&alice, 0).unwrap();
    let expected = TicketCancelled {
        number: 0,
        units: 25 * SOL,
        waiting_units: 10 * SOL,
        at: world.now(),
        pool: world.pool,
        owner: alice.pubkey(),
    };
    assert_eq!(outcome.events, [Event::TicketCancelled(expected)]);
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!((position.units, position.ticket_units), (40 * SOL, 0));
    assert_eq!(world.ticket(0), None);
    assert_eq!(world.lamports(&alice.pubkey()), before + rent);
    // The one behind it is the first.
    assert_eq!(world.pool().ticket_served, 1);
    world.serve_ticket(1).unwrap();
}

#[test]
fn the_only_one_leaves_an_empty_queue_and_its_number_is_not_given_again() {
    let (mut world, alice, _) = queue();
    for number in 0..3 {
        world.open_ticket(&alice, 25 * SOL).unwrap();
        world.cancel_ticket(&alice, number).unwrap();
        let pool = world.pool();
        assert_eq!(
            (pool.ticket_served, pool.ticket_next, pool.ticket_units),
            (number + 1, number + 1, 0)
        );
    }
}

#[test]
fn the_last_one_keeps_its_place_and_its_number() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&bob, 5 * SOL).unwrap();
    world.open_ticket(&alice, 25 * SOL).unwrap();
    world.cancel_ticket(&alice, 1).unwrap();
    assert_eq!(world.ticket(1).unwrap().units, 0);
    assert_eq!(world.pool().ticket_next, 2);
    // Passed first, it cannot be: it is not its turn.
    let serve = world.serve_ticket_ix(1);
    world.refuse(&[serve], &[], VaultError::NotFirstTicket);
    world.serve_ticket(0).unwrap();
    let (before, rent) = (
        world.lamports(&alice.pubkey()),
        world.lamports(&world.ticket_address(1)),
    );
    let outcome = world.serve_ticket(1).unwrap();
    assert!(outcome.events.is_empty(), "nothing was paid");
    assert_eq!(world.lamports(&alice.pubkey()), before + rent);
}

#[test]
fn one_in_the_middle_is_passed_when_its_turn_comes() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&bob, 20 * SOL).unwrap();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    world.open_ticket(&bob, 5 * SOL).unwrap();
    world.cancel_ticket(&alice, 1).unwrap();
    bring_back(&mut world);
    for number in 0..3 {
        world.serve_ticket(number).unwrap();
    }
    let (alice, bob) = (
        world.position(&alice.pubkey()).unwrap(),
        world.position(&bob.pubkey()).unwrap(),
    );
    assert_eq!((alice.units, bob.units), (40 * SOL, 35 * SOL));
    assert_eq!(world.pool().ticket_served, 3);
}

#[test]
fn frees_what_is_left_of_a_ticket_served_in_part() {
    let (mut world, alice, _) = queue();
    world.open_ticket(&alice, 25 * SOL).unwrap();
    world.serve_ticket(0).unwrap();
    let outcome = world.cancel_ticket(&alice, 0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::TicketCancelled(e)] if e.units == 15 * SOL && e.waiting_units == 0)
    );
    assert_eq!(world.position(&alice.pubkey()).unwrap().units, 30 * SOL);
    world.open_ticket(&alice, 30 * SOL).unwrap();
}

#[test]
fn the_freed_sol_can_be_withdrawn_at_once() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    let withdraw = world.withdraw_ix(&bob.pubkey(), 1);
    world.refuse(&[withdraw], &[&bob], VaultError::InsufficientLiquidity);
    world.cancel_ticket(&alice, 0).unwrap();
    world.withdraw(&bob, 10 * SOL).unwrap();
}

#[test]
fn the_rent_comes_back_even_when_the_position_is_closed() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&bob, SOL).unwrap();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    world.cancel_ticket(&alice, 1).unwrap();
    bring_back(&mut world);
    world.withdraw(&alice, 40 * SOL).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    let (before, rent) = (
        world.lamports(&alice.pubkey()),
        world.lamports(&world.ticket_address(1)),
    );
    world.serve_ticket(0).unwrap();
    world.serve_ticket(1).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + rent);
}

#[test]
fn refuses_a_second_time() {
    let (mut world, alice, _) = queue();
    for units in [30 * SOL, 5 * SOL] {
        world.open_ticket(&alice, units).unwrap();
    }
    world.cancel_ticket(&alice, 1).unwrap();
    let again = world.cancel_ticket_ix(&alice.pubkey(), 1);
    world.refuse(&[again], &[&alice], VaultError::TicketCancelled);
    // Nor is one left to cancel that was closed.
    world.cancel_ticket(&alice, 0).unwrap();
    let closed = world.cancel_ticket_ix(&alice.pubkey(), 0);
    world.refuse(&[closed], &[&alice], super::no_data());
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    // Bob signs for himself with his own position, and with Alice's.
    for position in [bob.pubkey(), alice.pubkey()] {
        let mut cancel = world.cancel_ticket_ix(&bob.pubkey(), 0);
        cancel.accounts[2].pubkey = world.position_address(&position);
        world.refuse(&[cancel], &[&bob], VaultError::WrongTicket);
    }
    for other in [
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
    ] {
        let mut cancel = world.cancel_ticket_ix(&alice.pubkey(), 0);
        cancel.accounts[0].pubkey = other.pubkey();
        world.refuse(&[cancel], &[&other], VaultError::WrongTicket);
    }
    let mut cancel = world.cancel_ticket_ix(&alice.pubkey(), 0);
    cancel.accounts[0].is_signer = false;
    world.refuse(&[cancel], &[], super::missing_signature());
}

#[test]
fn refuses_another_pool_and_another_position() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    let (_, other) = super::other_vault(&mut world);
    let position = world.position_address(&bob.pubkey());
    let real = world.ticket_address(0);
    let forged = super::forge(&mut world, real);
    for (index, account, why) in [
        (1, other, VaultError::WrongTicket.into()),
        (2, position, VaultError::NotPositionOwner.into()),
        (3, forged, super::illegal_owner()),
    ] {
        let mut cancel = world.cancel_ticket_ix(&alice.pubkey(), 0);
        cancel.accounts[index].pubkey = account;
        world.refuse(&[cancel], &[&alice], why);
    }
}
