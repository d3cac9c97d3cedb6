//! `set_keeper`.

use primis_tests_vault::{World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

#[test]
fn replaces_the_keeper_at_once() {
    let mut world = World::new();
    let (authority, next) = (
        world.authority.insecure_clone(),
        super::stranger(&mut world),
    );
    let (vault, before) = (world.vault, world.keeper.pubkey());
    let outcome = world
        .send(
            &[ix::SetKeeper {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(next.pubkey())],
            &[&authority],
        )
        .unwrap();
    assert!(
        matches!(outcome.events[..], [Event::RoleChanged(e)] if e.role == 2 && e.before == before && e.after == next.pubkey())
    );
    assert_eq!(world.vault().keeper, next.pubkey());
    world
        .send(
            &[ix::SetKeeper {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(Default::default())],
            &[&authority],
        )
        .unwrap();
    assert_eq!(world.vault().keeper, Default::default());
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let ix = ix::SetKeeper {
            authority: who.pubkey(),
            vault: world.vault,
        }
        .instruction(who.pubkey());
        world.refuse(&[ix], &[&who], VaultError::NotAuthority);
    }
    let mut ix = ix::SetKeeper {
        authority: world.authority.pubkey(),
        vault: world.vault,
    }
    .instruction(key("x").pubkey());
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}
