//! What `refresh_price` refuses to read of Pyth, each by its own error. Of issuers' states, and how
//! far a price may move: `refresh_price_issuers.rs`.

use primis_tests_vault::{
    World, key,
    prices::{Oracle, PYTH, PythUpdate, SOL_USD_FEED},
    tokens::Lst,
};
use primis_vault_interface::VaultError;
use solana_signer::Signer;

use super::refresh_price::priced;

/// A refresh of the pool is refused.
pub fn refused(world: &mut World, lst: &Lst, why: VaultError) {
    let refresh = world.refresh_ix(lst);
    world.refuse(&[refresh], &[], why);
}

#[test]
fn refuses_unsound_pyth_prices() {
    let (mut world, lst) = priced(Oracle::PythRate);
    world.pass(7_200);
    let now = world.now();
    let sound = world.rate_of(&lst, 1_250_000_000);
    let cases = [
        (
            PythUpdate {
                partial: Some(5),
                ..sound
            },
            VaultError::PriceUnverified,
        ),
        (
            PythUpdate {
                partial: Some(255),
                ..sound
            },
            VaultError::PriceUnverified,
        ),
        (
            PythUpdate {
                feed: [9; 32],
                ..sound
            },
            VaultError::WrongPriceFeed,
        ),
        (
            PythUpdate {
                publish_time: now + 31,
                ..sound
            },
            VaultError::PriceInFuture,
        ),
        (
            PythUpdate {
                publish_time: i64::MAX,
                ..sound
            },
            VaultError::PriceInFuture,
        ),
        (
            PythUpdate {
                publish_time: now - 3_601,
                ..sound
            },
            VaultError::PriceTooOld,
        ),
        (
            PythUpdate {
                publish_time: i64::MIN + 1,
                ..sound
            },
            VaultError::PriceTooOld,
        ),
        (
            PythUpdate {
                confidence: 12_500_001,
                ..sound
            },
            VaultError::PriceTooWide,
        ),
        (
            PythUpdate {
                confidence: u64::MAX - 7,
                ..sound
            },
            VaultError::PriceTooWide,
        ),
        (PythUpdate { price: 0, ..sound }, VaultError::NoPrice),
        (PythUpdate { price: -1, ..sound }, VaultError::NoPrice),
        (
            PythUpdate {
                exponent: 30,
                ..sound
            },
            VaultError::NoPrice,
        ),
        (
            PythUpdate {
                exponent: i32::MAX,
                ..sound
            },
            VaultError::NoPrice,
        ),
        (
            PythUpdate {
                exponent: i32::MIN,
                ..sound
            },
            VaultError::NoPrice,
        ),
    ];
    for (update, why) in cases {
        world.put_pyth(lst.source, &update);
        refused(&mut world, &lst, why);
    }
    world.put_pyth(lst.source, &sound);
    world.refresh(&lst).unwrap();
}

#[test]
fn refuses_an_older_price_than_the_pool_has() {
    let (mut world, lst) = priced(Oracle::PythRate);
    let before = world.rate_of(&lst, 1_260_000_000);
    world.pass(1);
    world.set_price(&lst, 1_240_000_000);
    world.refresh(&lst).unwrap();
    world.put_pyth(lst.source, &before);
    refused(&mut world, &lst, VaultError::PriceTooOld);
}

#[test]
fn refuses_pyth_accounts_that_are_none() {
    let (mut world, lst) = priced(Oracle::PythRate);
    let good = world.rate_of(&lst, 1_250_000_000).to_bytes();
    let mut other_type = good.clone();
    other_type[0] ^= 1;
    let mut no_level = good.clone();
    no_level[40] = 2;
    for data in [
        other_type,
        no_level,
        good[..100].to_vec(),
        good[..40].to_vec(),
        Vec::new(),
    ] {
        world.put_account(lst.source, PYTH, data);
        refused(&mut world, &lst, VaultError::WrongPriceAccount);
    }
    world.put_account(lst.source, key("not pyth").pubkey(), good);
    refused(&mut world, &lst, VaultError::WrongPriceAccount);
}

#[test]
fn refuses_dollars_whose_accounts_are_swapped_or_of_another_feed() {
    let (mut world, lst) = priced(Oracle::PythUsd);
    let (source, quote) = (lst.source, lst.quote);
    let swap = |source, quote| Lst {
        source,
        quote,
        ..lst
    };
    for wrong in [
        swap(quote, source),
        swap(source, source),
        swap(quote, quote),
    ] {
        refused(&mut world, &wrong, VaultError::WrongPriceFeed);
    }
    // The checks of a price hold for SOL's too.
    let sound = world.rate_of(&lst, 15_000_000_000);
    let sol = PythUpdate {
        feed: SOL_USD_FEED,
        exponent: -8,
        ..sound
    };
    for (update, why) in [
        (
            PythUpdate {
                confidence: 150_000_001,
                ..sol
            },
            VaultError::PriceTooWide,
        ),
        (
            PythUpdate {
                partial: Some(12),
                ..sol
            },
            VaultError::PriceUnverified,
        ),
        (PythUpdate { price: 0, ..sol }, VaultError::NoPrice),
        (
            PythUpdate {
                publish_time: world.now() + 31,
                ..sol
            },
            VaultError::PriceInFuture,
        ),
        (
            PythUpdate {
                publish_time: world.now() - 3_601,
                ..sol
            },
            VaultError::PriceTooOld,
        ),
    ] {
        world.put_pyth(quote, &update);
        refused(&mut world, &lst, why);
    }
}
