//! `propose_authority`.

use primis_tests_vault::{World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

#[test]
fn changes_nothing_until_accepted_and_can_be_withdrawn() {
    let mut world = World::new();
    let (authority, next) = (
        world.authority.insecure_clone(),
        super::stranger(&mut world),
    );
    let (by, vault) = (authority.pubkey(), world.vault);
    let propose = |to| {
        ix::ProposeAuthority {
            authority: by,
            vault,
        }
        .instruction(to)
    };
    let outcome = world
        .send(&[propose(next.pubkey())], &[&authority])
        .unwrap();
    assert!(
        matches!(outcome.events[..], [Event::RoleChanged(e)] if e.role == 0 && e.after == next.pubkey())
    );
    assert_eq!(
        (world.vault().authority, world.vault().pending_authority),
        (by, next.pubkey())
    );
    world
        .send(&[propose(Default::default())], &[&authority])
        .unwrap();
    let accept = ix::AcceptAuthority {
        new_authority: next.pubkey(),
        vault,
    }
    .instruction();
    world.refuse(&[accept], &[&next], VaultError::NotPendingAuthority);
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let ix = ix::ProposeAuthority {
            authority: who.pubkey(),
            vault: world.vault,
        }
        .instruction(who.pubkey());
        world.refuse(&[ix], &[&who], VaultError::NotAuthority);
    }
    let mut ix = ix::ProposeAuthority {
        authority: world.authority.pubkey(),
        vault: world.vault,
    }
    .instruction(key("x").pubkey());
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}
