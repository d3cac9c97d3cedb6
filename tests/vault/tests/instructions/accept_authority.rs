//! `accept_authority`.

use primis_tests_vault::{World, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

#[test]
fn hands_over_once() {
    let mut world = World::new();
    let (authority, next) = (
        world.authority.insecure_clone(),
        super::stranger(&mut world),
    );
    let vault = world.vault;
    world
        .send(
            &[ix::ProposeAuthority {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(next.pubkey())],
            &[&authority],
        )
        .unwrap();
    let accept = ix::AcceptAuthority {
        new_authority: next.pubkey(),
        vault,
    }
    .instruction();
    let outcome = world.send(std::slice::from_ref(&accept), &[&next]).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::RoleChanged(e)] if e.role == 1 && e.before == authority.pubkey())
    );
    assert_eq!(world.vault().authority, next.pubkey());
    world.refuse(&[accept], &[&next], VaultError::NotPendingAuthority);
    let set = ix::SetKeeper {
        authority: authority.pubkey(),
        vault,
    }
    .instruction(authority.pubkey());
    world.refuse(&[set], &[&authority], VaultError::NotAuthority);
}

#[test]
fn refuses_anyone_but_the_proposed_one() {
    let mut world = World::new();
    let (authority, vault) = (world.authority.insecure_clone(), world.vault);
    let next = key("next").pubkey();
    world
        .send(
            &[ix::ProposeAuthority {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(next)],
            &[&authority],
        )
        .unwrap();
    for who in [
        authority,
        world.keeper.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let accept = ix::AcceptAuthority {
            new_authority: who.pubkey(),
            vault,
        }
        .instruction();
        world.refuse(&[accept], &[&who], VaultError::NotPendingAuthority);
    }
    let mut accept = ix::AcceptAuthority {
        new_authority: next,
        vault,
    }
    .instruction();
    accept.accounts[0].is_signer = false;
    world.refuse(&[accept], &[], super::missing_signature());
}
