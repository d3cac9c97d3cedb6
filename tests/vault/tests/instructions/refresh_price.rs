//! `refresh_price`: what it takes. What it refuses: `refresh_price_refusals.rs`.

use primis_tests_vault::{
    SOL, World, key,
    prices::{Oracle, PythUpdate},
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{VaultError, events::Event};
use solana_signer::Signer;

use super::lst;

/// A world with one pool of this kind, its price 1.25 SOL.
pub fn priced(oracle: Oracle) -> (World, Lst) {
    let mut world = World::new();
    let lst = world.add_lst("token", &Mint::of(TOKEN), oracle);
    (world, lst)
}

/// Every kind.
pub const ORACLES: [Oracle; 4] = [
    Oracle::PythRate,
    Oracle::PythUsd,
    Oracle::StakePool,
    Oracle::Marinade,
];

#[test]
fn reads_each_kind() {
    for oracle in ORACLES {
        let (mut world, lst) = priced(oracle);
        world.pass(60);
        world.set_price(&lst, 1_260_000_000);
        let published = world.now();
        world.pass(5);
        let outcome = world.refresh(&lst).unwrap();
        // An issuer's state is of now, a published price of when it was published.
        let as_of = match oracle {
            Oracle::PythRate | Oracle::PythUsd => published,
            Oracle::StakePool | Oracle::Marinade => world.now(),
        };
        let pool = world.pool_at(&lst.pool);
        assert_eq!((pool.price, pool.price_updated_at), (1_260_000_000, as_of));
        assert_eq!(pool.price_reference, 1_250_000_000);
        let [Event::PriceRefreshed(e)] = outcome.events[..] else {
            panic!("{:?}", outcome.events)
        };
        assert_eq!((e.price_before, e.price), (1_250_000_000, 1_260_000_000));
        assert_eq!((e.as_of, e.at, e.pool), (as_of, world.now(), lst.pool));
    }
}

#[test]
fn reads_tokens_of_six_decimals() {
    let mut world = World::new();
    let mint = Mint {
        decimals: 6,
        ..Mint::of(TOKEN_2022)
    };
    let lst = world.add_lst("six", &mint, Oracle::PythRate);
    // A rate of 1.25 SOL a token: 1.25 million lamports for a thousand base units.
    assert_eq!(world.pool_at(&lst.pool).price, 1_250_000_000_000);
}

#[test]
fn reads_any_power_of_ten() {
    let (mut world, lst) = priced(Oracle::PythRate);
    for (price, exponent) in [(125, -2), (1_250_000_000_000, -12), (12_500, -4)] {
        let update = PythUpdate {
            price,
            exponent,
            confidence: 0,
            ..world.rate_of(&lst, 1)
        };
        world.put_pyth(lst.source, &update);
        world.refresh(&lst).unwrap();
        assert_eq!(world.pool_at(&lst.pool).price, 1_250_000_000);
    }
}

#[test]
fn reads_pyth_from_whichever_account_holds_the_feed() {
    let (mut world, lst) = priced(Oracle::PythRate);
    let elsewhere = Lst {
        source: key("posted by anyone").pubkey(),
        quote: key("posted by anyone").pubkey(),
        ..lst
    };
    world.pass(10);
    world.set_price(&elsewhere, 1_251_000_000);
    world.refresh(&elsewhere).unwrap();
    assert_eq!(world.pool_at(&lst.pool).price, 1_251_000_000);
}

#[test]
fn takes_the_bounds_themselves() {
    let (mut world, lst) = priced(Oracle::PythRate);
    world.pass(600);
    let now = world.now();
    let sound = world.rate_of(&lst, 1_250_000_000);
    let edges = [
        // An hour old is not taken below; here the youngest refused would be 30 seconds ahead.
        PythUpdate {
            publish_time: now,
            confidence: 12_500_000,
            ..sound
        },
        PythUpdate {
            publish_time: now,
            ..world.rate_of(&lst, 1_312_500_000)
        },
        PythUpdate {
            publish_time: now,
            ..world.rate_of(&lst, 1_187_500_000)
        },
        PythUpdate {
            publish_time: now + 30,
            ..sound
        },
    ];
    for update in edges {
        world.put_pyth(lst.source, &update);
        world.refresh(&lst).unwrap();
    }
    world.pass(3_630);
    world.refresh(&lst).unwrap();
    world.pass(1);
    let refresh = world.refresh_ix(&lst);
    world.refuse(&[refresh], &[], VaultError::PriceTooOld);
}

#[test]
fn the_price_of_dollars_is_as_old_as_the_older_of_both() {
    let (mut world, lst) = priced(Oracle::PythUsd);
    let sol = world.svm.get_account(&lst.quote).unwrap();
    let then = world.now();
    world.pass(100);
    world.set_price(&lst, 1_250_000_000);
    world.svm.set_account(lst.quote, sol).unwrap();
    world.refresh(&lst).unwrap();
    assert_eq!(world.pool_at(&lst.pool).price_updated_at, then);
}

#[test]
fn touches_neither_principal_nor_what_streams() {
    let (mut world, lst, alice) = lst::earning();
    let (before, owed) = (
        world.pool_at(&lst.pool),
        world.lst_owed(&lst, &alice.pubkey()),
    );
    world.set_price(&lst, 1_200_000_000);
    world.refresh(&lst).unwrap();
    let after = world.pool_at(&lst.pool);
    assert_eq!(
        (after.acc, after.rate, after.stream_end, after.total_units),
        (
            before.acc,
            before.rate,
            before.stream_end,
            before.total_units
        )
    );
    assert_eq!(world.lst_owed(&lst, &alice.pubkey()), owed);
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 10 * SOL);
    world.send(&[withdraw], &[&alice]).unwrap();
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(world.units(&wallet), 100 * SOL);
}
