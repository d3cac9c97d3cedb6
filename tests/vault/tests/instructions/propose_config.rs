//! `propose_config`.

use primis_tests_vault::{Refusal, World, config};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

use primis_vault_interface::types::Config;

/// Configs that must be refused, each for one reason.
pub fn unsound() -> Vec<(Config, VaultError)> {
    let with = |change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        config
    };
    vec![
        (
            with(|c| c.stream_seconds = 0),
            VaultError::StreamSecondsOutOfBounds,
        ),
        (
            with(|c| c.stream_seconds = 31_557_601),
            VaultError::StreamSecondsOutOfBounds,
        ),
        (
            with(|c| c.stream_seconds = u64::MAX),
            VaultError::StreamSecondsOutOfBounds,
        ),
        (
            with(|c| c.min_spacing_seconds = 2_592_001),
            VaultError::SpacingOutOfBounds,
        ),
        (
            with(|c| c.max_distribution_lamports = 0),
            VaultError::ZeroDistributionCap,
        ),
        (
            with(|c| c.staking_split.stakers_bps = 6_999),
            VaultError::SplitsDoNotSum,
        ),
        (
            with(|c| c.compute_split.reserve_bps = 1),
            VaultError::SplitsDoNotSum,
        ),
        (
            with(|c| c.compute_split.subsidy_bps = u16::MAX),
            VaultError::SplitsDoNotSum,
        ),
        (
            with(|c| c.treasury_address = Default::default()),
            VaultError::SweepAddressMissing,
        ),
        (
            with(|c| c.subsidy_address = Default::default()),
            VaultError::SweepAddressMissing,
        ),
        (
            with(|c| c.reserve_address = Default::default()),
            VaultError::SweepAddressMissing,
        ),
    ]
}

fn propose(world: &World, config: Config) -> solana_instruction::Instruction {
    ix::ProposeConfig {
        authority: world.authority.pubkey(),
        vault: world.vault,
    }
    .instruction(config)
}

#[test]
fn waits_for_the_time_lock_and_starts_anew_with_each_proposal() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let mut changed = config();
    changed.stream_seconds = 7;
    let ix = propose(&world, changed);
    let outcome = world
        .send(std::slice::from_ref(&ix), &[&authority])
        .unwrap();
    assert!(
        matches!(outcome.events[..], [Event::ConfigProposed(e)] if e.config == changed && e.applicable_at == world.now() + 86_400)
    );
    assert_eq!(
        (world.vault().config, world.vault().pending_config),
        (config(), changed)
    );
    world.pass(86_399);
    world.send(&[ix], &[&authority]).unwrap();
    assert_eq!(world.vault().pending_config_at, world.now() + 86_400);
}

#[test]
fn refuses_each_unsound_config() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    for (config, why) in unsound() {
        let ix = propose(&world, config);
        world.refuse(&[ix], &[&authority], why);
    }
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let mut ix = propose(&world, config());
        ix.accounts[0].pubkey = who.pubkey();
        world.refuse(&[ix], &[&who], VaultError::NotAuthority);
    }
    let mut ix = propose(&world, config());
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}

#[test]
fn refuses_truncated_arguments() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let mut ix = propose(&world, config());
    ix.data.truncate(40);
    world.refuse(
        &[ix],
        &[&authority],
        InstructionError::InvalidInstructionData,
    );
    let refusal: Refusal = InstructionError::InvalidInstructionData.into();
    let mut ix = propose(&world, config());
    ix.data = vec![0; 8];
    world.refuse(&[ix], &[&authority], refusal);
}
