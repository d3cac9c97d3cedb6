//! What `refresh_price` refuses to read of issuers' states, and prices that moved too far.

use primis_tests_vault::{
    World, key,
    prices::{MARINADE, MarinadeState, Oracle, STAKE_POOL, StakePoolState},
    tokens::{Lst, Mint, TOKEN},
};
use primis_vault_interface::VaultError;
use solana_signer::Signer;

use super::{
    lst,
    refresh_price::{ORACLES, priced},
    refresh_price_refusals::refused,
};

#[test]
fn refuses_a_second_account_where_one_is_read() {
    for oracle in [Oracle::PythRate, Oracle::StakePool, Oracle::Marinade] {
        let (mut world, lst) = priced(oracle);
        let twin = key("twin").pubkey();
        let account = world.svm.get_account(&lst.source).unwrap();
        world.svm.set_account(twin, account).unwrap();
        refused(
            &mut world,
            &Lst { quote: twin, ..lst },
            VaultError::WrongPriceAccount,
        );
    }
}

#[test]
fn refuses_stake_pools_of_another_mint_epoch_kind_program_and_address() {
    let (mut world, lst) = priced(Oracle::StakePool);
    world.pass_epochs(1);
    let sound = world.stake_pool_of(&lst, 1_250_000_000);
    let mint = world.put_mint("another", &Mint::of(TOKEN));
    let epoch = sound.last_update_epoch;
    for (state, why) in [
        (
            StakePoolState { mint, ..sound },
            VaultError::WrongPriceAccount,
        ),
        (
            StakePoolState {
                account_type: 2,
                ..sound
            },
            VaultError::WrongPriceAccount,
        ),
        (
            StakePoolState {
                account_type: 0,
                ..sound
            },
            VaultError::WrongPriceAccount,
        ),
        (
            StakePoolState {
                last_update_epoch: epoch - 1,
                ..sound
            },
            VaultError::PriceTooOld,
        ),
        (
            StakePoolState {
                last_update_epoch: epoch + 1,
                ..sound
            },
            VaultError::PriceTooOld,
        ),
        (
            StakePoolState {
                token_supply: 0,
                ..sound
            },
            VaultError::NoPrice,
        ),
        (
            StakePoolState {
                total_lamports: 0,
                ..sound
            },
            VaultError::NoPrice,
        ),
    ] {
        world.put_account(lst.source, STAKE_POOL, state.to_bytes());
        refused(&mut world, &lst, why);
    }
    let short = sound.to_bytes()[..281].to_vec();
    world.put_account(lst.source, STAKE_POOL, short);
    refused(&mut world, &lst, VaultError::WrongPriceAccount);
    world.put_account(lst.source, MARINADE, sound.to_bytes());
    refused(&mut world, &lst, VaultError::WrongPriceAccount);
    refuses_another_address(&mut world, &lst);
    world.set_price(&lst, 1_250_000_000);
    world.refresh(&lst).unwrap();
}

#[test]
fn refuses_marinade_of_another_mint_kind_program_and_address() {
    let (mut world, lst) = priced(Oracle::Marinade);
    let sound = MarinadeState {
        mint: lst.mint,
        price: 5 << 30,
    };
    let mint = world.put_mint("another", &Mint::of(TOKEN));
    for (state, why) in [
        (
            MarinadeState { mint, ..sound },
            VaultError::WrongPriceAccount,
        ),
        (MarinadeState { price: 0, ..sound }, VaultError::NoPrice),
        (MarinadeState { price: 1, ..sound }, VaultError::NoPrice),
        (
            MarinadeState {
                price: u64::MAX,
                ..sound
            },
            VaultError::PriceMovedTooFar,
        ),
    ] {
        world.put_account(lst.source, MARINADE, state.to_bytes());
        refused(&mut world, &lst, why);
    }
    let good = sound.to_bytes();
    let mut other_type = good.clone();
    other_type[7] ^= 1;
    for data in [other_type, good[..519].to_vec()] {
        world.put_account(lst.source, MARINADE, data);
        refused(&mut world, &lst, VaultError::WrongPriceAccount);
    }
    world.put_account(lst.source, STAKE_POOL, good);
    refused(&mut world, &lst, VaultError::WrongPriceAccount);
    refuses_another_address(&mut world, &lst);
}

/// An issuer's state is read from the one account the pool names.
fn refuses_another_address(world: &mut World, lst: &Lst) {
    let twin = Lst {
        source: key("twin").pubkey(),
        quote: key("twin").pubkey(),
        ..*lst
    };
    world.set_price(&twin, 1_250_000_000);
    refused(world, &twin, VaultError::WrongPriceAccount);
}

#[test]
fn refuses_a_move_too_far_at_once_and_in_many_updates_within_a_day() {
    for oracle in ORACLES {
        let (mut world, lst) = priced(oracle);
        for price in [1_312_500_010, 1_187_499_990, 1, 2_500_000_000] {
            world.set_price(&lst, price);
            refused(&mut world, &lst, VaultError::PriceMovedTooFar);
        }
        // 5 % from 1.25 SOL is reached in steps of 1 % as in one.
        for price in [1_262_000_000, 1_275_000_000, 1_288_000_000, 1_312_000_000] {
            world.pass(60);
            world.set_price(&lst, price);
            world.refresh(&lst).unwrap();
        }
        world.pass(80_000);
        world.set_price(&lst, 1_313_000_000);
        refused(&mut world, &lst, VaultError::PriceMovedTooFar);
        // A day after the reference was taken, the last price is the next one.
        world.pass(6_400);
        world.set_price(&lst, 1_377_000_000);
        world.refresh(&lst).unwrap();
        assert_eq!(world.pool_at(&lst.pool).price_reference, 1_312_000_000);
    }
}

#[test]
fn refuses_the_sol_pool_and_what_is_no_pool() {
    let (mut world, lst, _) = lst::staked();
    let mut refresh = world.refresh_ix(&lst);
    refresh.accounts[0].pubkey = world.pool;
    world.refuse(&[refresh.clone()], &[], VaultError::NotATokenPool);
    refresh.accounts[0].pubkey = super::forge(&mut world, lst.pool);
    world.refuse(&[refresh], &[], super::illegal_owner());
}
