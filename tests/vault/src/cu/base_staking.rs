//! Base staking and tickets: the stake program's own units are part of what a transaction costs.

use solana_signer::Signer;

use super::{Table, earning, put};
use crate::SOL;

/// Measures the way of a delegation and of three tickets: one paid, one cancelled behind it and one cancelled first.
pub(super) fn base_staking(table: &mut Table) {
    let (mut world, alice) = earning();
    let (authority, keeper) = (
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
    );
    let vote = world.vote_account("validator");
    let add = world.add_validator_ix(&vote, SOL);
    put(table, "add_validator", &mut world, &[add], &[&authority]);
    let set = world.set_validator_cap_ix(&vote, 100 * SOL);
    put(
        table,
        "set_validator_cap",
        &mut world,
        &[set],
        &[&authority],
    );
    world.pass(86_400);
    let delegate = world.delegate_ix(&vote, 15 * SOL);
    put(table, "delegate", &mut world, &[delegate], &[&keeper]);
    world.pass_epochs(1);
    world.reward(0, SOL / 100);
    let harvest = world.harvest_ix(0);
    put(table, "harvest", &mut world, &[harvest], &[]);
    let open = world.open_ticket_ix(&alice.pubkey(), 8 * SOL);
    put(table, "open_ticket", &mut world, &[open], &[&alice]);
    world.open_ticket(&alice, SOL).expect("open_ticket");
    let cancel = world.cancel_ticket_ix(&alice.pubkey(), 1);
    put(table, "cancel_ticket", &mut world, &[cancel], &[&alice]);
    let deactivate = world.deactivate_ix(&keeper.pubkey(), 0);
    put(table, "deactivate", &mut world, &[deactivate], &[&keeper]);
    world.pass_epochs(1);
    world.reward(0, SOL / 100);
    let reclaim = world.reclaim_ix(0);
    put(table, "reclaim", &mut world, &[reclaim], &[]);
    world.distribute(126_801_117).expect("distribute");
    world.pass(901);
    let serve = world.serve_ticket_ix(0);
    put(table, "serve_ticket", &mut world, &[serve], &[]);
    // The cancelled one is passed; the next is alone in the queue.
    world.serve_ticket(1).expect("serve_ticket");
    world.open_ticket(&alice, SOL).expect("open_ticket");
    let cancel = world.cancel_ticket_ix(&alice.pubkey(), 2);
    put(
        table,
        "cancel_ticket_of_the_first",
        &mut world,
        &[cancel],
        &[&alice],
    );
}
