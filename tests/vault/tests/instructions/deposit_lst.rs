//! `deposit_lst`. Wrong accounts: `deposit_lst_accounts.rs`.

use primis_tests_vault::{
    SOL, World,
    prices::Oracle,
    tokens::{Mint, TOKEN_2022},
};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

use super::lst;

/// Sets the pool's limits: units, SOL, minimum.
fn limit(world: &mut World, pool: solana_address::Address, units: u64, sol: u64, min: u64) {
    let authority = world.authority.insecure_clone();
    let (by, vault) = (authority.pubkey(), world.vault);
    let update = ix::UpdatePool {
        authority: by,
        vault,
        pool,
    };
    let limits = ix::SetPoolLimits {
        authority: by,
        vault,
        pool,
    };
    let both = [
        update.instruction(units, min, 0),
        limits.instruction(sol, 100),
    ];
    world.send(&both, &[&authority]).unwrap();
}

#[test]
fn opens_the_position_and_takes_the_tokens() {
    let (mut world, lst, alice) = lst::world();
    let outcome = world.deposit_lst(&lst, &alice, 10 * SOL).unwrap();
    let position = world.position_in(&lst.pool, &alice.pubkey()).unwrap();
    assert_eq!((position.units, position.owed_lamports), (10 * SOL, 0));
    assert_eq!(world.pool_at(&lst.pool).total_units, 10 * SOL);
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(
        (world.units(&lst.tokens), world.units(&wallet)),
        (10 * SOL, 90 * SOL)
    );
    assert!(
        matches!(outcome.events[..], [Event::PositionOpened(_), Event::Deposited(e)]
            if e.amount_units == 10 * SOL && e.total_units == 10 * SOL && e.pool == lst.pool)
    );
    let outcome = world.deposit_lst(&lst, &alice, 5 * SOL).unwrap();
    assert!(matches!(outcome.events[..], [Event::Deposited(e)] if e.position_units == 15 * SOL));
}

#[test]
fn takes_tokens_of_token_2022_and_of_other_decimals() {
    let mut world = World::new();
    let mint = Mint {
        decimals: 6,
        ..Mint::of(TOKEN_2022)
    };
    let six = world.add_lst("six decimals", &mint, Oracle::PythRate);
    let alice = lst::holder(&mut world, &six, "alice");
    world.deposit_lst(&six, &alice, 3_000_000).unwrap();
    assert_eq!(world.units(&six.tokens), 3_000_000);
}

#[test]
fn earns_nothing_of_the_past() {
    let (mut world, lst, alice) = lst::earning();
    let bob = lst::holder(&mut world, &lst, "bob");
    let owed = world.lst_owed(&lst, &alice.pubkey());
    world.deposit_lst(&lst, &bob, 99 * SOL).unwrap();
    assert_eq!(world.lst_owed(&lst, &bob.pubkey()), 0);
    assert_eq!(world.lst_owed(&lst, &alice.pubkey()), owed);
    assert!((SOL / 2 - 1..=SOL / 2).contains(&owed));
}

#[test]
fn refuses_zero_and_less_than_the_minimum() {
    let (mut world, lst, alice) = lst::world();
    for (units, why) in [
        (0, VaultError::ZeroAmount),
        (1, VaultError::BelowMinimumDeposit),
        (SOL / 1_000 - 1, VaultError::BelowMinimumDeposit),
    ] {
        let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), units);
        world.refuse(&[deposit], &[&alice], why);
    }
    world.deposit_lst(&lst, &alice, SOL / 1_000).unwrap();
}

#[test]
fn refuses_more_than_the_cap_in_units() {
    let (mut world, lst, alice) = lst::world();
    limit(&mut world, lst.pool, 10 * SOL, u64::MAX, 1);
    world.deposit_lst(&lst, &alice, 4 * SOL).unwrap();
    for (units, why) in [
        (6 * SOL + 1, VaultError::OverPoolCap),
        (u64::MAX - 4 * SOL, VaultError::OverPoolCap),
        (u64::MAX, VaultError::Overflow),
    ] {
        let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), units);
        world.refuse(&[deposit], &[&alice], why);
    }
    world.deposit_lst(&lst, &alice, 6 * SOL).unwrap();
}

#[test]
fn refuses_more_than_the_cap_in_sol() {
    let (mut world, lst, alice) = lst::world();
    // 10 tokens at 1.25 SOL are worth 12.5 SOL.
    limit(&mut world, lst.pool, 1_000 * SOL, 12 * SOL + SOL / 2, 1);
    let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), 10 * SOL + 1);
    world.refuse(&[deposit], &[&alice], VaultError::OverPoolCap);
    world.deposit_lst(&lst, &alice, 10 * SOL).unwrap();
    // A cap below what is there refuses more and locks nothing in.
    limit(&mut world, lst.pool, 1_000 * SOL, 0, 1);
    let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), 1);
    world.refuse(&[deposit], &[&alice], VaultError::OverPoolCap);
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 10 * SOL);
    world.send(&[withdraw], &[&alice]).unwrap();
}

#[test]
fn refuses_to_go_by_a_price_that_was_never_read() {
    let (mut world, lst, alice) = lst::world();
    limit(&mut world, lst.pool, 1_000 * SOL, SOL, 1);
    super::apply_price_source::change(&mut world, &lst, lst.rules());
    let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), 1);
    world.refuse(&[deposit], &[&alice], VaultError::StalePrice);
    world.refresh(&lst).unwrap();
    world.deposit_lst(&lst, &alice, 1).unwrap();
}

#[test]
fn refuses_while_deposits_are_paused_and_when_closed_or_retired() {
    let (mut world, lst, alice) = lst::world();
    super::set_pause::pause(&mut world, 1);
    let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
    world.refuse(
        std::slice::from_ref(&deposit),
        &[&alice],
        VaultError::DepositsPaused,
    );
    let authority = world.authority.insecure_clone();
    let unpause = ix::SetPause {
        signer: authority.pubkey(),
        vault: world.vault,
    };
    world
        .send(&[unpause.instruction(0)], &[&authority])
        .unwrap();
    for status in [1, 2] {
        super::update_pool_lst::set_status(&mut world, &lst, status);
        world.refuse(
            std::slice::from_ref(&deposit),
            &[&alice],
            VaultError::PoolClosedToDeposits,
        );
    }
}

#[test]
fn refuses_before_the_pool_opens() {
    let (mut world, first, alice) = lst::staked();
    // Somebody's yield would be shared anew: the time lock comes first.
    let second = lst::other_pool(&mut world);
    world.give(&alice.pubkey(), &second.mint, SOL);
    world.pass(86_399);
    let deposit = world.deposit_lst_ix(&second, &alice.pubkey(), SOL);
    world.refuse(&[deposit], &[&alice], VaultError::PoolNotOpen);
    world.deposit_lst(&first, &alice, SOL).unwrap();
    world.pass(1);
    world.deposit_lst(&second, &alice, SOL).unwrap();
}
