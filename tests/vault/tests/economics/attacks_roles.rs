//! Attacks by those who have a role, by name: what keeper, guardian and authority cannot do. Beside
//! the program, and with validators: `attacks_staking.rs`.

use primis_tests_vault::{Refusal, SOL, World, config, key};
use primis_vault_interface::{Source, VaultError, instructions as ix};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::losses::delegated;

/// Keeper, guardian and authority.
fn roles(world: &World) -> [Keypair; 3] {
    [&world.keeper, &world.guardian, &world.authority].map(Keypair::insecure_clone)
}

#[test]
fn keeper_guardian_and_authority_reach_no_principal_and_no_yield_of_a_position() {
    let (mut world, alice, _, _) = delegated();
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    world.open_ticket(&alice, SOL).unwrap();
    let owner = alice.pubkey();
    let position = world.position_address(&owner);
    for thief in roles(&world) {
        let by = thief.pubkey();
        // As theirs, with her position; and in her name, signed by them.
        let thefts = [
            (world.withdraw_ix(&by, SOL), 2),
            (world.emergency_ix(&by), 2),
            (world.claim_ix(&by), 3),
            (world.compound_ix(&by), 3),
            (world.close_ix(&by), 3),
            (world.open_ticket_ix(&by, SOL), 2),
        ];
        for (mut theft, slot) in thefts {
            theft.accounts[slot].pubkey = position;
            world.refuse(&[theft.clone()], &[&thief], VaultError::NotPositionOwner);
            theft.accounts[0].pubkey = owner;
            theft.accounts[0].is_signer = false;
            let unsigned = solana_instruction_error::InstructionError::MissingRequiredSignature;
            world.refuse(&[theft], &[], unsigned);
        }
        // Her ticket pays her, whoever serves it.
        let mut serve = world.serve_ticket_ix(0);
        serve.accounts[3].pubkey = by;
        world.refuse(&[serve], &[], VaultError::WrongTicket);
    }
}

#[test]
fn a_malicious_keeper_cannot_empty_the_reserve_before_a_loss_is_recognised() {
    let (mut world, alice, bob, _) = delegated();
    let keeper = world.keeper.insecure_clone();
    // A hundredth of the pool lies in the reserve.
    let both = [
        world.fund_ix(Source::Staking, 10 * SOL),
        world.distribute_ix(Source::Staking, 10 * SOL),
    ];
    world.send(&both, &[&keeper]).unwrap();
    assert_eq!(world.vault().reserve_lamports, SOL);
    let spare = world.stake_lamports(0) - 90 * SOL;
    world.slash(0, spare + SOL);
    let reserve = config().reserve_address;
    world.svm.airdrop(&reserve, SOL).unwrap();
    let sweep = ix::SweepBucket {
        signer: keeper.pubkey(),
        vault: world.vault,
        destination: reserve,
    };
    let sweep = sweep.instruction(2, SOL);
    world.refuse(&[sweep], &[&keeper], VaultError::NotAuthority);
    world.harvest(0).unwrap();
    assert_eq!(
        (world.pool().price, world.vault().reserve_lamports),
        (SOL, 0)
    );
    world.withdraw(&bob, 11 * SOL).unwrap();
    world.open_ticket(&alice, 40 * SOL).unwrap();
}

#[test]
fn a_malicious_keeper_cannot_sweep_to_itself_or_distribute_what_nobody_funded() {
    let (mut world, _, _, _) = delegated();
    let keeper = world.keeper.insecure_clone();
    world.distribute(2 * SOL).unwrap();
    for bucket in 1..=3 {
        let sweep = ix::SweepBucket {
            signer: keeper.pubkey(),
            vault: world.vault,
            destination: keeper.pubkey(),
        };
        let sweep = sweep.instruction(bucket, 1);
        assert!(world.send(&[sweep], &[&keeper]).is_err(), "{bucket}");
    }
    world.pass(600);
    let unfunded = world.distribute_ix(Source::Compute, 1);
    world.refuse(&[unfunded], &[&keeper], VaultError::Unfunded);
}

#[test]
fn a_malicious_guardian_can_pause_and_nothing_else() {
    let (mut world, alice, _, _) = delegated();
    let guardian = world.guardian.insecure_clone();
    let (by, vault, pool) = (guardian.pubkey(), world.vault, world.pool);
    let pause = |flags| ix::SetPause { signer: by, vault }.instruction(flags);
    world.send(&[pause(3)], &[&guardian]).unwrap();
    // It can only add.
    world.send(&[pause(0)], &[&guardian]).unwrap();
    assert_eq!(world.vault().paused, 3);
    let as_authority: Vec<Instruction> = vec![
        ix::SetKeeper {
            authority: by,
            vault,
        }
        .instruction(by),
        ix::SetGuardian {
            authority: by,
            vault,
        }
        .instruction(by),
        ix::ProposeAuthority {
            authority: by,
            vault,
        }
        .instruction(by),
        ix::ProposeConfig {
            authority: by,
            vault,
        }
        .instruction(config()),
        ix::UpdatePool {
            authority: by,
            vault,
            pool,
        }
        .instruction(1, 1, 2),
        ix::SetPoolLimits {
            authority: by,
            vault,
            pool,
        }
        .instruction(1, 100),
    ];
    for instruction in as_authority {
        world.refuse(&[instruction], &[&guardian], VaultError::NotAuthority);
    }
    // Paused, the way out is open.
    world.withdraw(&alice, 10 * SOL).unwrap();
    world.open_ticket(&alice, 30 * SOL).unwrap();
}

#[test]
fn a_malicious_authority_cannot_shorten_the_time_lock() {
    let (mut world, alice, _, _) = delegated();
    let authority = world.authority.insecure_clone();
    let (by, vault) = (authority.pubkey(), world.vault);
    let lock = world.vault().timelock_seconds;
    // The vault anew, with the shortest there is.
    let anew = ix::CreateVault {
        authority: by,
        vault,
    }
    .instruction(1, by, by, 3_600, config());
    assert!(world.send(&[anew], &[&authority]).is_err());
    let mut greedy = config();
    greedy.reserve_address = key("its own").pubkey();
    let propose = ix::ProposeConfig {
        authority: by,
        vault,
    }
    .instruction(greedy);
    let apply = ix::ApplyConfig { vault }.instruction();
    let early: Refusal = VaultError::TimelockNotElapsed.into();
    let both = [propose.clone(), apply.clone()];
    world.refuse(&both, &[&authority], early.clone());
    world.send(&[propose], &[&authority]).unwrap();
    world.pass(lock.cast_signed() - 1);
    world.refuse(std::slice::from_ref(&apply), &[], early);
    // Stakers saw it coming and leave.
    world.withdraw(&alice, 10 * SOL).unwrap();
    world.pass(1);
    world.send(&[apply], &[]).unwrap();
    assert_eq!(world.vault().timelock_seconds, lock);
}
