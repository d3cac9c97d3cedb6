//! `sweep_bucket`.

use primis_tests_vault::{SOL, World, config, key};
use primis_vault_interface::{Source, VaultError, events::Event, instructions as ix};
use solana_signer::Signer;

/// 200 lamports in the subsidy bucket, 100 in the reserve, SOL in the treasury.
fn filled() -> World {
    let mut world = World::new();
    let keeper = world.keeper.insecure_clone();
    world.pass(600);
    let all = [
        world.fund_ix(Source::Staking, 1_000),
        world.fund_ix(Source::Compute, 2 * SOL),
        world.distribute_ix(Source::Staking, 1_000),
        world.distribute_ix(Source::Compute, 2 * SOL),
    ];
    world.send(&all, &[&keeper]).unwrap();
    for address in [
        config().subsidy_address,
        config().reserve_address,
        config().treasury_address,
    ] {
        world.svm.airdrop(&address, SOL).unwrap();
    }
    world
}

fn sweep(
    world: &World,
    by: &impl Signer,
    to: &str,
    bucket: u8,
    lamports: u64,
) -> solana_instruction::Instruction {
    ix::SweepBucket {
        signer: by.pubkey(),
        vault: world.vault,
        destination: key(to).pubkey(),
    }
    .instruction(bucket, lamports)
}

#[test]
fn keeper_and_authority_sweep_to_the_fixed_address() {
    let mut world = filled();
    let (keeper, authority) = (
        world.keeper.insecure_clone(),
        world.authority.insecure_clone(),
    );
    let ix = sweep(&world, &keeper, "subsidy", 1, 150);
    let outcome = world.send(&[ix], &[&keeper]).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::BucketSwept(e)] if e.amount_lamports == 150 && e.left_lamports == 50 && e.bucket == 1)
    );
    let ix = sweep(&world, &authority, "reserve", 2, 100);
    world.send(&[ix], &[&authority]).unwrap();
    let ix = sweep(&world, &keeper, "treasury", 3, SOL);
    world.send(&[ix], &[&keeper]).unwrap();
    let vault = world.vault();
    assert_eq!(
        (
            vault.subsidy_lamports,
            vault.reserve_lamports,
            vault.treasury_lamports
        ),
        (50, 0, 0)
    );
    assert_eq!(vault.swept_total_lamports, [150, 100, SOL]);
    assert_eq!(world.lamports(&config().treasury_address), 2 * SOL);
}

#[test]
fn refuses_any_other_address() {
    let mut world = filled();
    let authority = world.authority.insecure_clone();
    for (to, bucket) in [
        ("elsewhere", 3),
        ("subsidy", 3),
        ("treasury", 1),
        ("treasury", 2),
    ] {
        let ix = sweep(&world, &authority, to, bucket, 1);
        world.refuse(&[ix], &[&authority], VaultError::WrongSweepAddress);
    }
}

#[test]
fn the_reserve_is_left_alone_by_everyone_but_the_authority() {
    let mut world = filled();
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let ix = sweep(&world, &who, "reserve", 2, 1);
        world.refuse(&[ix], &[&who], VaultError::NotAuthority);
    }
}

#[test]
fn refuses_more_than_the_bucket_zero_and_unknown_buckets() {
    let mut world = filled();
    let authority = world.authority.insecure_clone();
    for (bucket, lamports, why) in [
        (1, 201, VaultError::InsufficientBucket),
        (2, u64::MAX, VaultError::InsufficientBucket),
        (3, 0, VaultError::ZeroAmount),
        (0, 1, VaultError::UnknownBucket),
        (4, 1, VaultError::UnknownBucket),
    ] {
        let to = ["subsidy", "subsidy", "reserve", "treasury", "treasury"][usize::from(bucket)];
        let ix = sweep(&world, &authority, to, bucket, lamports);
        world.refuse(&[ix], &[&authority], why);
    }
}

#[test]
fn refuses_anyone_but_keeper_and_authority() {
    let mut world = filled();
    for who in [world.guardian.insecure_clone(), super::stranger(&mut world)] {
        let ix = sweep(&world, &who, "treasury", 3, 1);
        world.refuse(&[ix], &[&who], VaultError::NotKeeperOrAuthority);
    }
    let keeper = world.keeper.insecure_clone();
    let mut ix = sweep(&world, &keeper, "treasury", 3, 1);
    ix.accounts[0].is_signer = false;
    world.refuse(&[ix], &[], super::missing_signature());
}

#[test]
fn refuses_a_bucket_without_an_address() {
    let mut world = World::bare();
    let (authority, keeper) = (
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
    );
    let mut config = config();
    config.staking_split = config.compute_split;
    config.subsidy_address = solana_address::Address::default();
    let create = world.create_vault_ix(config);
    world.send(&[create], &[&authority]).unwrap();
    let ix = ix::SweepBucket {
        signer: keeper.pubkey(),
        vault: world.vault,
        destination: key("x").pubkey(),
    }
    .instruction(1, 1);
    world.refuse(&[ix], &[&keeper], VaultError::SweepAddressUnset);
}
