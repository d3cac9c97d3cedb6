//! `set_pause`.

use primis_tests_vault::{World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

/// Pauses as the authority.
pub fn pause(world: &mut World, flags: u8) {
    let authority = world.authority.insecure_clone();
    let ix = ix::SetPause {
        signer: authority.pubkey(),
        vault: world.vault,
    }
    .instruction(flags);
    world.send(&[ix], &[&authority]).unwrap();
}

#[test]
fn the_authority_sets_and_clears() {
    let mut world = World::new();
    for flags in [1, 3, 2, 0] {
        pause(&mut world, flags);
        assert_eq!(world.vault().paused, flags);
    }
}

#[test]
fn the_guardian_can_only_add() {
    let mut world = World::new();
    let guardian = world.guardian.insecure_clone();
    let set = |flags| {
        ix::SetPause {
            signer: key("guardian").pubkey(),
            vault: primis_vault_interface::vault_address(1),
        }
        .instruction(flags)
    };
    let outcome = world.send(&[set(1)], &[&guardian]).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::PauseSet(e)] if e.flags == 1 && e.by == guardian.pubkey())
    );
    world.send(&[set(2)], &[&guardian]).unwrap();
    assert_eq!(world.vault().paused, 3);
    world.send(&[set(0)], &[&guardian]).unwrap();
    assert_eq!(world.vault().paused, 3);
}

#[test]
fn refuses_unknown_flags_and_everyone_else() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    for flags in [4, 128, 255] {
        let ix = ix::SetPause {
            signer: authority.pubkey(),
            vault: world.vault,
        }
        .instruction(flags);
        world.refuse(&[ix], &[&authority], VaultError::UnknownPauseFlags);
    }
    for who in [world.keeper.insecure_clone(), super::stranger(&mut world)] {
        let ix = ix::SetPause {
            signer: who.pubkey(),
            vault: world.vault,
        }
        .instruction(1);
        world.refuse(&[ix], &[&who], VaultError::NotGuardian);
    }
    let mut ix = ix::SetPause {
        signer: authority.pubkey(),
        vault: world.vault,
    }
    .instruction(1);
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}
