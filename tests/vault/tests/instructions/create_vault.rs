//! `create_vault`.

use primis_tests_vault::{SOL, World, config, key};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

#[test]
fn creates_a_vault_with_its_roles_and_rules() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let create = world.create_vault_ix(config());
    let outcome = world.send(&[create], &[&authority]).unwrap();
    let vault = world.vault();
    assert_eq!(
        (vault.version, vault.id, vault.pool_count, vault.paused),
        (1, 1, 0, 0)
    );
    assert_eq!(vault.config, config());
    assert_eq!(
        (vault.authority, vault.keeper, vault.guardian),
        (
            authority.pubkey(),
            world.keeper.pubkey(),
            world.guardian.pubkey()
        )
    );
    assert_eq!(vault.compute.last_interval_id, world.now());
    assert_eq!(vault.rent_lamports, world.lamports(&world.vault));
    assert!(
        matches!(outcome.events[..], [Event::VaultCreated(e)] if e.vault == world.vault && e.id == 1)
    );
}

#[test]
fn anyone_may_create_another() {
    let mut world = World::new();
    super::other_vault(&mut world);
}

#[test]
fn a_prefunded_address_still_works() {
    for lamports in [890_880, 10 * SOL] {
        let mut world = World::bare();
        let vault = world.vault;
        world.svm.airdrop(&vault, lamports).unwrap();
        let authority = world.authority.insecure_clone();
        let create = world.create_vault_ix(config());
        world.send(&[create], &[&authority]).unwrap();
        // What was sent before is nobody's: it lies above the rent and is owed to no one.
        assert_eq!(super::liabilities(&world.vault()), 0);
        assert!(world.lamports(&vault) >= world.vault().rent_lamports);
    }
}

#[test]
fn refuses_a_second_time() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let create = world.create_vault_ix(config());
    let why = InstructionError::Custom(0); // the System program: account already in use
    world.refuse(&[create], &[&authority], why);
}

#[test]
fn refuses_another_address() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let create = ix::CreateVault {
        authority: authority.pubkey(),
        vault: key("elsewhere").pubkey(),
    };
    let create = create.instruction(1, authority.pubkey(), authority.pubkey(), 86_400, config());
    world.refuse(&[create], &[&authority], InstructionError::InvalidSeeds);
}

#[test]
fn refuses_another_system_program() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let mut create = world.create_vault_ix(config());
    create.accounts[2].pubkey = key("system").pubkey();
    assert!(world.send(&[create], &[&authority]).is_err());
}

#[test]
fn refuses_without_the_signature() {
    let mut world = World::bare();
    let mut create = world.create_vault_ix(config());
    create.accounts[0].is_signer = false;
    world.refuse(&[create], &[], super::missing_signature());
}

#[test]
fn refuses_a_time_lock_out_of_bounds() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    for seconds in [0, 3_599, 30 * 86_400 + 1, u64::MAX] {
        let by = authority.pubkey();
        let create = ix::CreateVault {
            authority: by,
            vault: world.vault,
        }
        .instruction(1, by, by, seconds, config());
        world.refuse(&[create], &[&authority], VaultError::TimelockOutOfBounds);
    }
}

#[test]
fn refuses_each_unsound_config() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    for (config, why) in super::propose_config::unsound() {
        let create = world.create_vault_ix(config);
        world.refuse(&[create], &[&authority], why);
    }
}
