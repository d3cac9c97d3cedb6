//! `apply_config`.

use primis_tests_vault::{SOL, World, config};
use primis_vault_interface::{VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

use primis_vault_interface::types::Config;

/// Proposes a config, waits for the time lock and applies it.
pub fn change(world: &mut World, config: Config) {
    let authority = world.authority.insecure_clone();
    let propose = ix::ProposeConfig {
        authority: authority.pubkey(),
        vault: world.vault,
    }
    .instruction(config);
    world.send(&[propose], &[&authority]).unwrap();
    world.pass(86_400);
    let apply = ix::ApplyConfig { vault: world.vault }.instruction();
    world.send(&[apply], &[]).unwrap();
}

#[test]
fn anyone_applies_it_after_the_time_lock_and_once() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let mut changed = config();
    changed.max_distribution_lamports = 42;
    let propose = ix::ProposeConfig {
        authority: authority.pubkey(),
        vault: world.vault,
    }
    .instruction(changed);
    let apply = ix::ApplyConfig { vault: world.vault }.instruction();
    world.refuse(
        std::slice::from_ref(&apply),
        &[],
        VaultError::NoPendingConfig,
    );
    world.send(&[propose], &[&authority]).unwrap();
    world.pass(86_399);
    world.refuse(
        std::slice::from_ref(&apply),
        &[],
        VaultError::TimelockNotElapsed,
    );
    world.pass(1);
    let outcome = world.send(std::slice::from_ref(&apply), &[]).unwrap();
    assert!(matches!(outcome.events[..], [Event::ConfigApplied(e)] if e.config == changed));
    assert_eq!(world.vault().config, changed);
    world.refuse(&[apply], &[], VaultError::NoPendingConfig);
}

#[test]
fn changes_nothing_that_is_already_streaming() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, SOL).unwrap();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    let before = (world.pool().rate, world.pool().stream_end);
    let mut greedy = config();
    greedy.compute_split.stakers_bps = 0;
    greedy.compute_split.treasury_bps = 10_000;
    greedy.stream_seconds = 31_557_600;
    change(&mut world, greedy);
    assert_eq!((world.pool().rate, world.pool().stream_end), before);
    let owed = world.owed(&alice.pubkey());
    assert!((SOL - 1..=SOL).contains(&owed));
}

#[test]
fn refuses_a_forged_vault() {
    let mut world = World::new();
    let real = world.vault;
    let forged = super::forge(&mut world, real);
    let apply = ix::ApplyConfig { vault: forged }.instruction();
    world.refuse(&[apply], &[], super::illegal_owner());
}
