//! `set_guardian`.

use primis_tests_vault::{World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

#[test]
fn replaces_the_guardian_at_once() {
    let mut world = World::new();
    let (authority, next) = (
        world.authority.insecure_clone(),
        super::stranger(&mut world),
    );
    let (vault, before) = (world.vault, world.guardian.pubkey());
    let outcome = world
        .send(
            &[ix::SetGuardian {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(next.pubkey())],
            &[&authority],
        )
        .unwrap();
    assert!(
        matches!(outcome.events[..], [Event::RoleChanged(e)] if e.role == 3 && e.before == before && e.after == next.pubkey())
    );
    assert_eq!(world.vault().guardian, next.pubkey());
    world
        .send(
            &[ix::SetGuardian {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(Default::default())],
            &[&authority],
        )
        .unwrap();
    assert_eq!(world.vault().guardian, Default::default());
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let ix = ix::SetGuardian {
            authority: who.pubkey(),
            vault: world.vault,
        }
        .instruction(who.pubkey());
        world.refuse(&[ix], &[&who], VaultError::NotAuthority);
    }
    let mut ix = ix::SetGuardian {
        authority: world.authority.pubkey(),
        vault: world.vault,
    }
    .instruction(key("x").pubkey());
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}
