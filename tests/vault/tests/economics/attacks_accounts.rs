//! Attacks by accounts on token pools: each account of each instruction exchanged for every other
//! one there is, and each writable one passed twice.

use std::collections::BTreeSet;

use primis_tests_vault::{Refusal, SOL, World, tokens::Lst};
use primis_vault_interface::position_address;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::attacks_prices::two_pools;

/// Every instruction of a token pool, as mallory would send it rightly. Mallory has a position in
/// both pools, and yield in both.
fn world() -> (World, [Lst; 2], [Keypair; 2]) {
    let (mut world, lsts, people) = two_pools();
    world.deposit_lst(&lsts[0], &people[1], SOL).unwrap();
    for lst in &lsts {
        world.set_price(lst, 1_250_000_000);
        world.refresh(lst).unwrap();
    }
    world.distribute(2 * SOL).unwrap();
    world.pass(600);
    (world, lsts, people)
}

/// What mallory may do with a pool.
fn honest(world: &World, lst: &Lst, owner: &Address) -> Vec<Instruction> {
    vec![
        world.deposit_lst_ix(lst, owner, SOL),
        world.withdraw_lst_ix(lst, owner, SOL / 2),
        world.emergency_lst_ix(lst, owner),
        world.claim_lst_ix(lst, owner),
        world.refresh_ix(lst),
    ]
}

/// Every account there is to exchange for another.
fn everything(world: &World, lsts: &[Lst; 2], people: &[Keypair; 2]) -> BTreeSet<Address> {
    let mut all: BTreeSet<Address> = [world.vault, world.pool].into();
    for lst in lsts {
        all.extend([lst.mint, lst.program, lst.pool, lst.tokens, lst.source]);
        for person in people {
            let owner = person.pubkey();
            all.extend([
                owner,
                position_address(&lst.pool, &owner),
                world.wallet(lst, &owner),
            ]);
        }
    }
    all
}

/// All that mallory has, in tokens and lamports: units in wallets and positions, and SOL.
fn wealth(world: &World, lsts: &[Lst; 2], owner: &Address) -> [u128; 3] {
    let tokens = |lst: &Lst| {
        let position = world.position_in(&lst.pool, owner);
        let staked = position.map_or(0, |position| position.units);
        u128::from(world.units(&world.wallet(lst, owner))) + u128::from(staked)
    };
    let sol: u64 = lsts.iter().map(|lst| world.lst_owed(lst, owner)).sum();
    let lamports = u128::from(world.lamports(owner)) + u128::from(sol);
    [tokens(&lsts[0]), tokens(&lsts[1]), lamports]
}

/// No exchange of one account for another makes mallory richer or alice poorer. Most are refused;
/// the world checks the invariants of those that land (paying to another account of one's own).
#[test]
fn swapped_pools_positions_mints_price_accounts_and_token_programs_gain_nothing() {
    let (world, lsts, people) = world();
    let all = everything(&world, &lsts, &people);
    let kinds = honest(&world, &lsts[0], &people[1].pubkey()).len();
    let (mut refused, mut landed) = (0, BTreeSet::new());
    for kind in 0..kinds {
        let (mut world, lsts, people) = self::world();
        let [alice, mallory] = &people;
        let good = honest(&world, &lsts[0], &mallory.pubkey()).remove(kind);
        let (rich, poor) = (
            wealth(&world, &lsts, &mallory.pubkey()),
            wealth(&world, &lsts, &alice.pubkey()),
        );
        for slot in 0..good.accounts.len() {
            for other in &all {
                let mut bad = good.clone();
                if bad.accounts[slot].pubkey == *other || bad.accounts[slot].is_signer {
                    continue;
                }
                bad.accounts[slot].pubkey = *other;
                let signs = bad.accounts[0].is_signer;
                let signers: &[&Keypair] = if signs { &[mallory] } else { &[] };
                match world.send(&[bad], signers) {
                    Ok(_) => _ = landed.insert((kind, slot, *other)),
                    Err(_) => refused += 1,
                }
                let now = wealth(&world, &lsts, &mallory.pubkey());
                assert!(now.iter().zip(rich).all(|(now, then)| *now <= then));
                assert_eq!(wealth(&world, &lsts, &alice.pubkey()), poor);
            }
        }
    }
    assert_eq!(landed, BTreeSet::new(), "every exchange is refused");
    assert!(refused > 400, "{refused}");
}

#[test]
fn the_same_writable_account_twice_is_refused() {
    let (mut world, lsts, people) = world();
    let mallory = &people[1];
    for good in honest(&world, &lsts[0], &mallory.pubkey()) {
        let writable: Vec<usize> = (0..good.accounts.len())
            .filter(|slot| good.accounts[*slot].is_writable)
            .collect();
        for a in &writable {
            for b in &writable {
                if a == b || good.accounts[*b].is_signer {
                    continue;
                }
                let mut bad = good.clone();
                bad.accounts[*b].pubkey = bad.accounts[*a].pubkey;
                world.refuse(&[bad], &[mallory], Refusal::duplicate_mutable_account());
            }
        }
    }
}
