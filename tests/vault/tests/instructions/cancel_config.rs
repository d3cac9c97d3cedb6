//! `cancel_config`.

use primis_tests_vault::{World, config};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

#[test]
fn withdraws_the_proposal() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let (by, vault) = (authority.pubkey(), world.vault);
    let cancel = ix::CancelConfig {
        authority: by,
        vault,
    }
    .instruction();
    world.refuse(
        std::slice::from_ref(&cancel),
        &[&authority],
        VaultError::NoPendingConfig,
    );
    world
        .send(
            &[ix::ProposeConfig {
                authority: by,
                vault,
            }
            .instruction(config())],
            &[&authority],
        )
        .unwrap();
    let outcome = world.send(&[cancel], &[&authority]).unwrap();
    assert!(matches!(outcome.events[..], [Event::ConfigCancelled(e)] if e.vault == vault));
    world.pass(86_400);
    world.refuse(
        &[ix::ApplyConfig { vault }.instruction()],
        &[],
        VaultError::NoPendingConfig,
    );
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    let (authority, vault) = (world.authority.insecure_clone(), world.vault);
    world
        .send(
            &[ix::ProposeConfig {
                authority: authority.pubkey(),
                vault,
            }
            .instruction(config())],
            &[&authority],
        )
        .unwrap();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let cancel = ix::CancelConfig {
            authority: who.pubkey(),
            vault,
        }
        .instruction();
        world.refuse(&[cancel], &[&who], VaultError::NotAuthority);
    }
    let mut cancel = ix::CancelConfig {
        authority: authority.pubkey(),
        vault,
    }
    .instruction();
    cancel.accounts[0].is_signer = false;
    world.refuse(&[cancel], &[], super::missing_signature());
}
