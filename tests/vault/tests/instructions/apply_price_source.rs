//! `apply_price_source`.

use primis_tests_vault::{World, key, tokens::Lst};
use primis_vault_interface::{VaultError, events::Event, instructions as ix, types::PriceSource};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::{lst, propose_price_source::propose};

fn apply(lst: &Lst) -> Instruction {
    ix::ApplyPriceSource { pool: lst.pool }.instruction()
}

/// Changes a pool's price source as the authority does: proposes, waits, applies.
pub fn change(world: &mut World, lst: &Lst, source: PriceSource) {
    let authority = world.authority.insecure_clone();
    let ix = propose(world, lst, source);
    world.send(&[ix], &[&authority]).unwrap();
    world.pass(86_400);
    world.send(&[apply(lst)], &[]).unwrap();
}

#[test]
fn anyone_applies_it_and_the_pool_has_no_price_until_it_is_read() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let account = key("another stake pool").pubkey();
    let next = PriceSource {
        account,
        ..lst.rules()
    };
    let ix = propose(&world, &lst, next);
    world.send(&[ix], &[&authority]).unwrap();
    world.pass(86_400);
    let outcome = world.send(&[apply(&lst)], &[]).unwrap();
    let pool = world.pool_at(&lst.pool);
    assert_eq!(pool.price_source, next);
    assert_eq!(
        (pool.pending_price_source_at, pool.pending_price_source.kind),
        (0, 0)
    );
    assert_eq!(
        (pool.price, pool.price_updated_at, pool.price_reference),
        (0, 0, 0)
    );
    assert!(matches!(outcome.events[..], [Event::PriceSourceApplied(e)]
        if e.price_source == next && e.pool == lst.pool));
    // The old account no longer gives a price, the new one gives any: here twice the old one.
    let old = world.refresh_ix(&lst);
    world.refuse(&[old], &[], VaultError::WrongPriceAccount);
    let moved = Lst {
        source: account,
        quote: account,
        ..lst
    };
    world.set_price(&moved, 2_500_000_000);
    world.refresh(&moved).unwrap();
    assert_eq!(world.pool_at(&lst.pool).price, 2_500_000_000);
}

#[test]
fn a_pool_without_a_price_stops_distributions_and_no_withdrawal() {
    let (mut world, lst, alice) = lst::staked();
    change(&mut world, &lst, lst.rules());
    let keeper = world.keeper.insecure_clone();
    let fund = world.fund_ix(primis_vault_interface::Source::Compute, 1_000);
    world.send(&[fund], &[&keeper]).unwrap();
    let distribute = world.distribute_ix(primis_vault_interface::Source::Compute, 1_000);
    world.refuse(&[distribute], &[&keeper], VaultError::StalePrice);
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 1);
    world.send(&[withdraw], &[&alice]).unwrap();
}

#[test]
fn refuses_before_the_time_lock_has_passed_and_twice() {
    let (mut world, lst, _) = lst::staked();
    world.refuse(&[apply(&lst)], &[], VaultError::NoPendingPriceSource);
    let authority = world.authority.insecure_clone();
    let ix = propose(&world, &lst, lst.rules());
    world.send(&[ix], &[&authority]).unwrap();
    world.refuse(&[apply(&lst)], &[], VaultError::TimelockNotElapsed);
    world.pass(86_399);
    world.refuse(&[apply(&lst)], &[], VaultError::TimelockNotElapsed);
    world.pass(1);
    world.send(&[apply(&lst)], &[]).unwrap();
    world.refuse(&[apply(&lst)], &[], VaultError::NoPendingPriceSource);
}

#[test]
fn refuses_what_is_no_pool_of_the_program() {
    let (mut world, lst, _) = lst::staked();
    let forged = super::forge(&mut world, lst.pool);
    let apply_to = |pool: Address| ix::ApplyPriceSource { pool }.instruction();
    world.refuse(&[apply_to(forged)], &[], super::illegal_owner());
    let vault = world.vault;
    assert!(world.send(&[apply_to(vault)], &[]).is_err());
    let sol = world.pool;
    world.refuse(&[apply_to(sol)], &[], VaultError::NoPendingPriceSource);
}
