//! Attacks on the queue of withdrawal tickets, by name.

use primis_tests_vault::{Refusal, SOL};
use primis_vault_interface::VaultError;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction_error::TransactionError;

use super::losses::delegated;

#[test]
fn queue_jumping() {
    let (mut world, alice, bob, _) = delegated();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    // Bob tries to be paid out of the ten SOL that Alice waits for.
    for attempt in [
        world.withdraw_ix(&bob.pubkey(), 1),
        world.emergency_ix(&bob.pubkey()),
    ] {
        world.refuse(&[attempt], &[&bob], VaultError::InsufficientLiquidity);
    }
    world.open_ticket(&bob, SOL).unwrap();
    let serve = world.serve_ticket_ix(1);
    world.refuse(&[serve], &[], VaultError::NotFirstTicket);
    // As does a ticket opened and served in one transaction, however small.
    let mut serve = world.serve_ticket_ix(1);
    serve.accounts[1].pubkey = world.ticket_address(2);
    let both = [world.open_ticket_ix(&bob.pubkey(), SOL), serve];
    world.refuse(&both, &[&bob], VaultError::NotFirstTicket);
    // His own deposit he can have back; Alice loses nothing by it.
    world.deposit(&bob, 5 * SOL).unwrap();
    let withdraw = world.withdraw_ix(&bob.pubkey(), 1);
    world.refuse(&[withdraw], &[&bob], VaultError::InsufficientLiquidity);
    world.serve_ticket(0).unwrap();
    assert_eq!(world.ticket(0).unwrap().units, 15 * SOL);
}

#[test]
fn a_ticket_of_another_owner() {
    let (mut world, alice, bob, _) = delegated();
    world.open_ticket(&alice, 8 * SOL).unwrap();
    let mut serve = world.serve_ticket_ix(0);
    serve.accounts[2].pubkey = world.position_address(&bob.pubkey());
    serve.accounts[3].pubkey = bob.pubkey();
    world.refuse(&[serve], &[], VaultError::WrongTicket);
    let mut cancel = world.cancel_ticket_ix(&bob.pubkey(), 0);
    cancel.accounts[2].pubkey = world.position_address(&alice.pubkey());
    world.refuse(&[cancel], &[&bob], VaultError::WrongTicket);
}

#[test]
fn an_emptied_wallet_holds_up_the_queue_no_longer_than_there_is_too_little_to_pay() {
    let (mut world, alice, bob, _) = delegated();
    // All free SOL but a trifle leaves; Alice's wallet is emptied, and takes no less than keeps
    // an account alive.
    world.withdraw(&bob, 10 * SOL - 500).unwrap();
    world.open_ticket(&alice, 20 * SOL).unwrap();
    world.open_ticket(&bob, SOL).unwrap();
    let away = transfer(
        &alice.pubkey(),
        &bob.pubkey(),
        world.lamports(&alice.pubkey()),
    );
    world.send(&[away], &[&alice]).unwrap();
    let serve = world.serve_ticket_ix(0);
    let broke = TransactionError::InsufficientFundsForRent { account_index: 1 };
    world.refuse(
        std::slice::from_ref(&serve),
        &[],
        Refusal::Transaction(broke),
    );
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    world.send(&[serve], &[]).unwrap();
    world.serve_ticket(1).unwrap();
}

#[test]
fn forcing_stake_back_takes_tickets_that_free_sol_does_not_cover() {
    let (mut world, alice, _, _) = delegated();
    let mallory = world.staker("mallory", 100 * SOL);
    world.deposit(&mallory, 9 * SOL).unwrap();
    // A small staker cannot: what is free covers it.
    world.open_ticket(&mallory, 9 * SOL).unwrap();
    let deactivate = world.deactivate_ix(&mallory.pubkey(), 0);
    let deactivate = std::slice::from_ref(&deactivate);
    world.refuse(deactivate, &[&mallory], VaultError::NoTicketWaits);
    // Nor one who cancels before it counts.
    world.cancel_ticket(&mallory, 0).unwrap();
    world.open_ticket(&alice, 40 * SOL).unwrap();
    world.cancel_ticket(&alice, 1).unwrap();
    world.refuse(deactivate, &[&mallory], VaultError::NoTicketWaits);
}
