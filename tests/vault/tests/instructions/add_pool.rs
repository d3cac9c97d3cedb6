//! `add_pool`.

use primis_tests_vault::{SOL, World, config, key};
use primis_vault_interface::{NATIVE_MINT, VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

/// A vault without a pool.
fn world() -> World {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let create = world.create_vault_ix(config());
    world.send(&[create], &[&authority]).unwrap();
    world
}

#[test]
fn adds_the_sol_pool() {
    let mut world = world();
    let authority = world.authority.insecure_clone();
    let add = world.add_pool_ix();
    let outcome = world.send(&[add], &[&authority]).unwrap();
    let pool = world.pool();
    assert_eq!(
        (
            pool.version,
            pool.index,
            pool.kind,
            pool.status,
            pool.decimals
        ),
        (1, 0, 0, 0, 9)
    );
    assert_eq!(
        (pool.vault, pool.mint, pool.price),
        (world.vault, NATIVE_MINT, 1_000_000_000)
    );
    assert_eq!(
        (pool.cap_units, pool.min_deposit_units),
        (1_000_000 * SOL, SOL / 100)
    );
    assert_eq!(world.vault().pool_count, 1);
    assert!(
        matches!(outcome.events[..], [Event::PoolAdded(e)] if e.pool == world.pool && e.index == 0)
    );
}

#[test]
fn a_prefunded_address_still_works() {
    let mut world = world();
    let (authority, pool) = (world.authority.insecure_clone(), world.pool);
    world.svm.airdrop(&pool, 5 * SOL).unwrap();
    let add = world.add_pool_ix();
    world.send(&[add], &[&authority]).unwrap();
    assert_eq!(world.pool().total_units, 0);
}

#[test]
fn refuses_a_second_time() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let add = world.add_pool_ix();
    world.refuse(&[add], &[&authority], InstructionError::Custom(0));
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = world();
    let stranger = super::stranger(&mut world);
    let (vault, pool) = (world.vault, world.pool);
    let add = ix::AddPool {
        authority: stranger.pubkey(),
        vault,
        pool,
    }
    .instruction(SOL, 1);
    world.refuse(&[add], &[&stranger], VaultError::NotAuthority);
}

#[test]
fn refuses_without_the_signature() {
    let mut world = world();
    let mut add = world.add_pool_ix();
    add.accounts[0].is_signer = false;
    world.refuse(&[add], &[], super::missing_signature());
}

#[test]
fn refuses_another_mint() {
    let mut world = world();
    let (authority, vault) = (world.authority.insecure_clone(), world.vault);
    let mint = key("mint").pubkey();
    let pool = primis_vault_interface::pool_address(&vault, &mint);
    let mut add = ix::AddPool {
        authority: authority.pubkey(),
        vault,
        pool,
    }
    .instruction(SOL, 1);
    add.accounts[2].pubkey = mint;
    world.refuse(&[add], &[&authority], VaultError::WrongMint);
}

#[test]
fn refuses_another_address() {
    let mut world = world();
    let authority = world.authority.insecure_clone();
    let mut add = world.add_pool_ix();
    add.accounts[3].pubkey = key("elsewhere").pubkey();
    world.refuse(&[add], &[&authority], InstructionError::InvalidSeeds);
}

#[test]
fn refuses_a_vault_that_is_not_the_programs() {
    let mut world = world();
    let authority = world.authority.insecure_clone();
    let real = world.vault;
    let forged = super::forge(&mut world, real);
    let pool = primis_vault_interface::pool_address(&forged, &NATIVE_MINT);
    let add = ix::AddPool {
        authority: authority.pubkey(),
        vault: forged,
        pool,
    }
    .instruction(SOL, 1);
    world.refuse(&[add], &[&authority], super::illegal_owner());
}

#[test]
fn refuses_a_minimum_out_of_bounds() {
    let mut world = world();
    let authority = world.authority.insecure_clone();
    for (cap, min) in [(SOL, 0), (SOL, SOL + 1), (0, 0), (0, 1)] {
        let (vault, pool) = (world.vault, world.pool);
        let add = ix::AddPool {
            authority: authority.pubkey(),
            vault,
            pool,
        }
        .instruction(cap, min);
        world.refuse(&[add], &[&authority], VaultError::MinimumDepositOutOfBounds);
    }
}
