//! `set_pool_limits`.

use primis_tests_vault::World;
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

use super::lst;

fn limits(world: &World, pool: solana_address::Address) -> ix::SetPoolLimits {
    ix::SetPoolLimits {
        authority: world.authority.pubkey(),
        vault: world.vault,
        pool,
    }
}

#[test]
fn sets_the_cap_in_sol_and_the_buffer() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    for pool in [lst.pool, world.pool] {
        for (cap, buffer) in [(0, 100), (7, 10_000), (u64::MAX, 2_500)] {
            let set = limits(&world, pool).instruction(cap, buffer);
            let outcome = world.send(&[set], &[&authority]).unwrap();
            let after = world.pool_at(&pool);
            assert_eq!((after.cap_lamports, after.buffer_bps), (cap, buffer));
            assert!(matches!(outcome.events[..], [Event::PoolLimitsSet(e)]
                if e.pool == pool && e.cap_lamports == cap && e.buffer_bps == buffer));
        }
    }
}

#[test]
fn refuses_a_buffer_out_of_bounds() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    for pool in [lst.pool, world.pool] {
        for buffer in [0, 99, 10_001, u64::MAX] {
            let set = limits(&world, pool).instruction(1, buffer);
            world.refuse(&[set], &[&authority], VaultError::BufferOutOfBounds);
        }
    }
}

#[test]
fn refuses_anyone_but_the_authority_and_other_vaults_pools() {
    let (mut world, lst, _) = lst::staked();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let set = ix::SetPoolLimits {
            authority: who.pubkey(),
            ..limits(&world, lst.pool)
        };
        world.refuse(
            &[set.instruction(1, 100)],
            &[&who],
            VaultError::NotAuthority,
        );
    }
    let authority = world.authority.insecure_clone();
    let (_, other) = super::other_vault(&mut world);
    let set = limits(&world, other).instruction(1, 100);
    world.refuse(&[set], &[&authority], VaultError::PoolOfAnotherVault);
    let forged = super::forge(&mut world, lst.pool);
    let set = limits(&world, forged).instruction(1, 100);
    world.refuse(&[set], &[&authority], super::illegal_owner());
    let mut unsigned = limits(&world, lst.pool).instruction(1, 100);
    unsigned.accounts[0].is_signer = false;
    world.refuse(&[unsigned], &[], super::missing_signature());
}
