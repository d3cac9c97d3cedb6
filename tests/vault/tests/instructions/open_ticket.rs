//! `open_ticket`.

use primis_tests_vault::{SOL, World, key};
use primis_vault_interface::{
    VaultError,
    events::{Event, TicketOpened},
};
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::delegate::staked;

/// Alice with 40 and Bob with 60 SOL in the pool, of which 90 are delegated and 10 are free.
pub fn queue() -> (World, Keypair, Keypair) {
    let (mut world, alice, vote) = staked();
    let bob = world.staker("bob", 1_000 * SOL);
    world.withdraw(&alice, 60 * SOL).unwrap();
    world.deposit(&bob, 60 * SOL).unwrap();
    world.delegate(&vote, 90 * SOL).unwrap();
    world.pass_epochs(1);
    (world, alice, bob)
}

/// Brings the delegated SOL back.
pub fn bring_back(world: &mut World) {
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
}

#[test]
fn takes_a_number_and_leaves_the_units_where_they_earn() {
    let (mut world, alice, bob) = queue();
    let before = world.lamports(&alice.pubkey());
    let outcome = world.open_ticket(&alice, 25 * SOL).unwrap();
    let expected = TicketOpened {
        number: 0,
        units: 25 * SOL,
        waiting_units: 25 * SOL,
        at: world.now(),
        pool: world.pool,
        owner: alice.pubkey(),
    };
    assert_eq!(outcome.events, [Event::TicketOpened(expected)]);
    let rent = world.lamports(&world.ticket_address(0));
    assert_eq!(world.lamports(&alice.pubkey()), before - rent);
    let ticket = world.ticket(0).unwrap();
    assert_eq!((ticket.units, ticket.opened_at), (25 * SOL, world.now()));
    assert_eq!((ticket.owner, ticket.pool), (alice.pubkey(), world.pool));
    let position = world.position(&alice.pubkey()).unwrap();
    assert_eq!(
        (position.units, position.ticket_units),
        (40 * SOL, 25 * SOL)
    );
    let outcome = world.open_ticket(&bob, SOL).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::TicketOpened(e)] if e.number == 1 && e.waiting_units == 26 * SOL)
    );
    let pool = world.pool();
    assert_eq!(
        (pool.ticket_next, pool.ticket_served, pool.ticket_units),
        (2, 0, 26 * SOL)
    );
    assert_eq!(pool.total_units, 100 * SOL);
}

#[test]
fn works_at_a_prefunded_address() {
    let (mut world, alice, _) = queue();
    let address = world.ticket_address(0);
    world.svm.airdrop(&address, 3 * SOL).unwrap();
    world.open_ticket(&alice, SOL).unwrap();
    let before = world.lamports(&alice.pubkey());
    world.serve_ticket(0).unwrap();
    // What somebody sent there is the owner's with the rest.
    assert_eq!(world.lamports(&alice.pubkey()), before + 4 * SOL);
}

#[test]
fn is_open_while_everything_is_paused() {
    let (mut world, alice, _) = queue();
    super::set_pause::pause(&mut world, 3);
    world.open_ticket(&alice, 20 * SOL).unwrap();
    world.open_ticket(&alice, SOL).unwrap();
    world.cancel_ticket(&alice, 1).unwrap();
    bring_back(&mut world);
    world.serve_ticket(0).unwrap();
    world.serve_ticket(1).unwrap();
    assert_eq!(world.position(&alice.pubkey()).unwrap().units, 20 * SOL);
}

#[test]
fn refuses_zero_too_little_and_more_than_there_is() {
    let (mut world, alice, _) = queue();
    let minimum = world.pool().min_deposit_units;
    for (units, why) in [
        (0, VaultError::ZeroAmount),
        (minimum - 1, VaultError::BelowMinimumTicket),
        (40 * SOL + 1, VaultError::InsufficientUnits),
        (u64::MAX, VaultError::InsufficientUnits),
    ] {
        let open = world.open_ticket_ix(&alice.pubkey(), units);
        world.refuse(&[open], &[&alice], why);
    }
    // Units can be in one ticket only; the rest may be less than the minimum.
    world.open_ticket(&alice, 40 * SOL - 5).unwrap();
    let open = world.open_ticket_ix(&alice.pubkey(), 6);
    world.refuse(&[open], &[&alice], VaultError::InsufficientUnits);
    world.open_ticket(&alice, 5).unwrap();
}

#[test]
fn what_a_ticket_holds_cannot_be_withdrawn_beside_it() {
    let (mut world, alice, _) = queue();
    world.open_ticket(&alice, 35 * SOL).unwrap();
    let withdraw = world.withdraw_ix(&alice.pubkey(), 5 * SOL + 1);
    world.refuse(&[withdraw], &[&alice], VaultError::InsufficientUnits);
    let close = world.close_ix(&alice.pubkey());
    world.refuse(&[close], &[&alice], VaultError::PositionNotEmpty);
}

#[test]
fn withdrawals_take_only_what_no_ticket_waits_for() {
    let (mut world, alice, bob) = queue();
    world.open_ticket(&alice, 7 * SOL).unwrap();
    let withdraw = world.withdraw_ix(&bob.pubkey(), 3 * SOL + 1);
    world.refuse(&[withdraw], &[&bob], VaultError::InsufficientLiquidity);
    world.withdraw(&bob, SOL).unwrap();
    // In an emergency as many as can leave beside the ticket do.
    let emergency = world.emergency_ix(&bob.pubkey());
    world.send(&[emergency], &[&bob]).unwrap();
    assert_eq!(world.position(&bob.pubkey()).unwrap().units, 57 * SOL);
    assert_eq!(world.free_lamports(), 7 * SOL);
    let emergency = world.emergency_ix(&bob.pubkey());
    world.refuse(&[emergency], &[&bob], VaultError::InsufficientLiquidity);
    world.serve_ticket(0).unwrap();
}

#[test]
fn refuses_anyone_but_the_owner() {
    let (mut world, alice, bob) = queue();
    let position = world.position_address(&alice.pubkey());
    let others = [
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        bob,
    ];
    for other in others {
        let mut open = world.open_ticket_ix(&other.pubkey(), SOL);
        open.accounts[2].pubkey = position;
        world.refuse(&[open], &[&other], VaultError::NotPositionOwner);
    }
    let mut open = world.open_ticket_ix(&alice.pubkey(), SOL);
    open.accounts[0].is_signer = false;
    world.refuse(&[open], &[], super::missing_signature());
}

#[test]
fn refuses_another_pool_position_and_address() {
    let (mut world, alice, _) = queue();
    let (_, other) = super::other_vault(&mut world);
    let real = std::mem::replace(&mut world.pool, other);
    let mut open = world.open_ticket_ix(&alice.pubkey(), SOL);
    world.pool = real;
    let position = world.position_address(&alice.pubkey());
    open.accounts[2].pubkey = position;
    world.refuse(&[open], &[&alice], VaultError::PositionOfAnotherPool);
    let forged = super::forge(&mut world, position);
    let mut open = world.open_ticket_ix(&alice.pubkey(), SOL);
    open.accounts[2].pubkey = forged;
    world.refuse(&[open], &[&alice], super::illegal_owner());
    let mut open = world.open_ticket_ix(&alice.pubkey(), SOL);
    open.accounts[3].pubkey = key("elsewhere").pubkey();
    world.refuse(&[open], &[&alice], InstructionError::InvalidSeeds);
    // A later number would jump no queue either, but it is not the next.
    let mut open = world.open_ticket_ix(&alice.pubkey(), SOL);
    open.accounts[3].pubkey = world.ticket_address(1);
    world.refuse(&[open], &[&alice], InstructionError::InvalidSeeds);
    super::delegate::make_token_pool(&mut world);
    let open = world.open_ticket_ix(&alice.pubkey(), SOL);
    world.refuse(&[open], &[&alice], VaultError::NotTheNativePool);
}
