//! `serve_ticket`.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::{
    VaultError,
    events::{Event, TicketServed, Withdrawn},
};
use solana_signer::Signer;

use super::open_ticket::{bring_back, queue};

#[test]
fn pays_the_owner_and_returns_the_rent() {
    let (mut world, alice, _) = queue();
    world.open_ticket(&alice, 8 * SOL).unwrap();
    let (before, rent) = (
        world.lamports(&alice.pubkey()),
        world.lamports(&world.ticket_address(0)),
    );
    let outcome = world.serve_ticket(0).unwrap();
    let (at, pool, owner) = (world.now(), world.pool, alice.pubkey());
    let withdrawn = Withdrawn {
        amount_units: 8 * SOL,
        position_units: 32 * SOL,
        total_units: 92 * SOL,
        owed_lamports: 0,
        at,
        emergency: 0,
        pool,
        owner,
    };
    let served = TicketServed {
        number: 0,
        amount_lamports: 8 * SOL,
        left_units: 0,
        waiting_units: 0,
        at,
        pool,
        owner,
    };
    assert_eq!(
        outcome.events,
        [Event::Withdrawn(withdrawn), Event::TicketServed(served)]
    );
    assert_eq!(world.lamports(&alice.pubkey()), before + 8 * SOL + rent);
    assert_eq!(world.free_lamports(), 2 * SOL);
    assert!(world.ticket(0).is_none());
    let (pool, position) = (world.pool(), world.position(&owner).unwrap());
    assert_eq!(
        (pool.ticket_served, pool.ticket_units, pool.total_units),
        (1, 0, 92 * SOL)
    );
    assert_eq!((position.units, position.ticket_units), (32 * SOL, 0));
}

#[test]
fn serves_as_far_as_free_sol_goes_and_the_rest_later() {
    let (mut world, alice, _) = queue();
    world.open_ticket(&alice, 25 * SOL).unwrap();
    let before = world.lamports(&alice.pubkey());
    let outcome = world.serve_ticket(0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn(w), Event::TicketServed(s)]
            if w.amount_units == 10 * SOL && s.amount_lamports == 10 * SOL
                && s.left_units == 15 * SOL && s.waiting_units == 15 * SOL)
    );
    assert_eq!(world.lamports(&alice.pubkey()), before + 10 * SOL);
    assert_eq!(world.pool().ticket_served, 0);
    let serve = world.serve_ticket_ix(0);
    world.refuse(&[serve], &[], VaultError::InsufficientLiquidity);
    let rent = world.lamports(&world.ticket_address(0));
    bring_back(&mut world);
    world.serve_ticket(0).unwrap();
    assert_eq!(world.lamports(&alice.pubkey()), before + 25 * SOL + rent);
}

#[test]
fn serves_in_order_however_small_the_later_ones() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    world.open_ticket(&bob, SOL).unwrap();
    let jump = world.serve_ticket_ix(1);
    let jump = std::slice::from_ref(&jump);
    world.refuse(jump, &[], VaultError::NotFirstTicket);
    world.serve_ticket(0).unwrap();
    world.refuse(jump, &[], VaultError::NotFirstTicket);
    bring_back(&mut world);
    world.refuse(jump, &[], VaultError::NotFirstTicket);
    world.serve_ticket(0).unwrap();
    world.send(jump, &[]).unwrap();
    assert_eq!(world.position(&bob.pubkey()).unwrap().units, 59 * SOL);
}

#[test]
fn yield_is_earned_until_it_is_served() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 40 * SOL).unwrap();
    world.distribute(20 * SOL).unwrap();
    world.pass(3_600);
    bring_back(&mut world);
    let outcome = world.serve_ticket(0).unwrap();
    // Half of the revenue is the stakers', and Alice had 40 of 100 SOL.
    let owed = world.position(&alice.pubkey()).unwrap().owed_lamports;
    assert!((4 * SOL - 1..=4 * SOL).contains(&owed), "{owed}");
    assert!(matches!(outcome.events[..], [Event::Withdrawn(w), _] if w.owed_lamports == owed));
    // Then no more.
    world.distribute(20 * SOL).unwrap();
    world.pass(3_600);
    assert_eq!(world.owed(&alice.pubkey()), owed);
    assert!(world.owed(&bob.pubkey()) >= 16 * SOL - 2);
    world.claim(&alice).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
}

/// Half of the pool's value lost: a unit is worth half a lamport.
fn halved() -> (World, solana_keypair::Keypair, solana_keypair::Keypair) {
    let (mut world, alice, bob) = queue();
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.slash(0, 50 * SOL + rent);
    (world, alice, bob)
}

#[test]
fn pays_what_units_are_worth_when_it_serves_them() {
    let (mut world, alice, _) = halved();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    world.harvest(0).unwrap();
    let before = world.lamports(&alice.pubkey());
    let outcome = world.serve_ticket(0).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn(w), Event::TicketServed(s)]
            if w.amount_units == 20 * SOL && s.amount_lamports == 10 * SOL && s.left_units == 10 * SOL)
    );
    assert_eq!(world.lamports(&alice.pubkey()), before + 10 * SOL);
}

#[test]
fn a_ticket_worth_less_than_a_lamport_does_not_hold_up_the_queue() {
    let (mut world, alice, bob) = halved();
    // A single unit: all that Alice has outside another ticket.
    world.open_ticket(&alice, 40 * SOL - 1).unwrap();
    world.open_ticket(&alice, 1).unwrap();
    world.open_ticket(&bob, SOL).unwrap();
    world.cancel_ticket(&alice, 0).unwrap();
    world.harvest(0).unwrap();
    bring_back(&mut world);
    let outcome = world.serve_ticket(1).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn(w), Event::TicketServed(s)]
            if w.amount_units == 1 && s.amount_lamports == 0 && s.left_units == 0)
    );
    let (before, rent) = (
        world.lamports(&bob.pubkey()),
        world.lamports(&world.ticket_address(2)),
    );
    world.serve_ticket(2).unwrap();
    assert_eq!(world.lamports(&bob.pubkey()), before + SOL / 2 + rent);
}

#[test]
fn refuses_other_accounts_than_the_tickets() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 8 * SOL).unwrap();
    let (_, other) = super::other_vault(&mut world);
    let (bobs, alices) = (
        world.position_address(&bob.pubkey()),
        world.position_address(&alice.pubkey()),
    );
    let (forged_position, ticket) = (super::forge(&mut world, alices), world.ticket_address(0));
    for (index, account, why) in [
        (0, other, VaultError::WrongTicket.into()),
        (2, bobs, VaultError::NotPositionOwner.into()),
        (2, forged_position, super::illegal_owner()),
        (3, bob.pubkey(), VaultError::WrongTicket.into()),
        (3, world.keeper.pubkey(), VaultError::WrongTicket.into()),
    ] {
        let mut serve = world.serve_ticket_ix(0);
        serve.accounts[index].pubkey = account;
        world.refuse(&[serve], &[], why);
    }
    let forged = super::forge(&mut world, ticket);
    let mut serve = world.serve_ticket_ix(0);
    serve.accounts[1].pubkey = forged;
    world.refuse(&[serve], &[], super::illegal_owner());
}

#[test]
fn refuses_a_served_ticket_even_if_revived_with_lamports() {
    let (mut world, alice, _) = queue();
    world.open_ticket(&alice, 4 * SOL).unwrap();
    let (serve, ticket) = (world.serve_ticket_ix(0), world.ticket_address(0));
    let revive = solana_system_interface::instruction::transfer(&alice.pubkey(), &ticket, SOL);
    world.send(&[serve.clone(), revive], &[&alice]).unwrap();
    world.refuse(&[serve], &[], super::no_data());
}
