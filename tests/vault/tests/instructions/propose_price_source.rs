//! `propose_price_source`.

use primis_tests_vault::{World, key, tokens::Lst};
use primis_vault_interface::{VaultError, events::Event, instructions as ix, types::PriceSource};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::lst;

/// `propose_price_source` by the authority.
pub fn propose(world: &World, lst: &Lst, source: PriceSource) -> Instruction {
    ix::ProposePriceSource {
        authority: world.authority.pubkey(),
        vault: world.vault,
        pool: lst.pool,
    }
    .instruction(source)
}

/// Every source that no pool may have, made from a sound one of a stake pool, and why.
pub fn unsound(sound: PriceSource) -> Vec<(PriceSource, VaultError)> {
    let (feed, quote_feed, none) = ([1; 32], [2; 32], Address::default());
    let pyth = PriceSource {
        kind: 1,
        feed,
        account: none,
        ..sound
    };
    let usd = PriceSource {
        kind: 2,
        quote_feed,
        ..pyth
    };
    let misfits = [
        // A stake pool with a feed, without an account; Marinade without an account.
        PriceSource { feed, ..sound },
        PriceSource {
            quote_feed,
            ..sound
        },
        PriceSource {
            account: none,
            ..sound
        },
        PriceSource {
            kind: 4,
            account: none,
            ..sound
        },
        // A rate without a feed, with a second one, with a fixed account.
        PriceSource {
            feed: [0; 32],
            ..pyth
        },
        PriceSource { quote_feed, ..pyth },
        PriceSource {
            account: sound.account,
            ..pyth
        },
        // Dollars without either feed, with the same feed twice, with a fixed account.
        PriceSource {
            feed: [0; 32],
            ..usd
        },
        PriceSource {
            quote_feed: [0; 32],
            ..usd
        },
        PriceSource {
            quote_feed: feed,
            ..usd
        },
        PriceSource {
            account: sound.account,
            ..usd
        },
        // Kinds there are not, SOL's among them, and bytes that mean nothing.
        PriceSource { kind: 0, ..sound },
        PriceSource { kind: 5, ..sound },
        PriceSource { kind: 255, ..sound },
        PriceSource {
            padding: [0, 0, 0, 0, 0, 0, 1],
            ..sound
        },
    ];
    let loose = [
        PriceSource {
            max_age_seconds: 0,
            ..sound
        },
        PriceSource {
            max_age_seconds: 7 * 86_400 + 1,
            ..sound
        },
        PriceSource {
            max_move_bps: 0,
            ..sound
        },
        PriceSource {
            max_move_bps: 2_001,
            ..sound
        },
        PriceSource {
            max_confidence_bps: 0,
            ..pyth
        },
        PriceSource {
            max_confidence_bps: 501,
            ..pyth
        },
        PriceSource {
            max_confidence_bps: 501,
            ..usd
        },
    ];
    let misfits = misfits.map(|source| (source, VaultError::PriceSourceInvalid));
    let loose = loose.map(|source| (source, VaultError::PriceBoundsOutOfRange));
    misfits.into_iter().chain(loose).collect()
}

#[test]
fn takes_effect_only_when_it_is_applied() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let next = PriceSource {
        account: key("another stake pool").pubkey(),
        ..lst.rules()
    };
    let ix = propose(&world, &lst, next);
    let outcome = world.send(&[ix], &[&authority]).unwrap();
    let pool = world.pool_at(&lst.pool);
    assert_eq!(
        (pool.price_source, pool.price),
        (lst.rules(), 1_250_000_000)
    );
    assert_eq!(
        (pool.pending_price_source, pool.pending_price_source_at),
        (next, world.now() + 86_400)
    );
    assert!(matches!(outcome.events[..], [Event::PriceSourceProposed(e)]
        if e.price_source == next && e.applicable_at == world.now() + 86_400 && e.pool == lst.pool));
}

#[test]
fn proposing_again_starts_the_time_lock_anew() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let ix = propose(&world, &lst, lst.rules());
    world
        .send(std::slice::from_ref(&ix), &[&authority])
        .unwrap();
    world.pass(86_399);
    world.send(&[ix], &[&authority]).unwrap();
    assert_eq!(
        world.pool_at(&lst.pool).pending_price_source_at,
        world.now() + 86_400
    );
}

#[test]
fn refuses_sources_that_do_not_fit_their_kind_or_bounds() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    for (source, why) in unsound(lst.rules()) {
        let ix = propose(&world, &lst, source);
        world.refuse(&[ix], &[&authority], why);
    }
}

#[test]
fn refuses_the_sol_pool_strangers_and_other_vaults() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let good = propose(&world, &lst, lst.rules());
    let mut sol = good.clone();
    sol.accounts[2].pubkey = world.pool;
    world.refuse(&[sol], &[&authority], VaultError::NotATokenPool);
    let foreign = lst::foreign_pool(&mut world, &lst);
    let mut other = good.clone();
    other.accounts[2].pubkey = foreign.pool;
    world.refuse(&[other], &[&authority], VaultError::PoolOfAnotherVault);
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let mut by = good.clone();
        by.accounts[0].pubkey = who.pubkey();
        world.refuse(&[by], &[&who], VaultError::NotAuthority);
    }
    let mut unsigned = good;
    unsigned.accounts[0].is_signer = false;
    world.refuse(&[unsigned], &[], super::missing_signature());
}
