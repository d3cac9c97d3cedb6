//! `fund`.

use primis_tests_vault::{Refusal, SOL, World};
use primis_vault_interface::{Source, VaultError, events::Event, instructions as ix};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

#[test]
fn anyone_may_fund_either_source() {
    let mut world = World::new();
    let stranger = super::stranger(&mut world);
    let before = world.lamports(&world.vault);
    for (source, amount) in [(0u8, 5), (1, 7), (1, 11)] {
        let fund = ix::Fund {
            funder: stranger.pubkey(),
            vault: world.vault,
        }
        .instruction(source, amount);
        let outcome = world.send(&[fund], &[&stranger]).unwrap();
        assert!(
            matches!(outcome.events[..], [Event::Funded(e)] if e.amount_lamports == amount && e.source == u64::from(source))
        );
    }
    let vault = world.vault();
    assert_eq!(
        (vault.staking.funded_lamports, vault.compute.funded_lamports),
        (5, 18)
    );
    assert_eq!(
        (
            vault.staking.funded_total_lamports,
            vault.compute.funded_total_lamports
        ),
        (5, 18)
    );
    assert_eq!(world.lamports(&world.vault), before + 23);
}

#[test]
fn refuses_zero_and_unknown_sources() {
    let mut world = World::new();
    let keeper = world.keeper.insecure_clone();
    let fund = world.fund_ix(Source::Compute, 0);
    world.refuse(&[fund], &[&keeper], VaultError::ZeroAmount);
    for source in [2, 255] {
        let fund = ix::Fund {
            funder: keeper.pubkey(),
            vault: world.vault,
        }
        .instruction(source, 1);
        world.refuse(&[fund], &[&keeper], VaultError::UnknownSource);
    }
}

#[test]
fn refuses_more_than_the_wallet_holds_and_overflow() {
    let mut world = World::new();
    let stranger = super::stranger(&mut world);
    let fund = |amount| {
        ix::Fund {
            funder: stranger.pubkey(),
            vault: primis_vault_interface::vault_address(1),
        }
        .instruction(1, amount)
    };
    world.refuse(
        &[fund(101 * SOL)],
        &[&stranger],
        InstructionError::Custom(1),
    );
    world.send(&[fund(SOL)], &[&stranger]).unwrap();
    world.refuse(&[fund(u64::MAX)], &[&stranger], VaultError::Overflow);
}

#[test]
fn refuses_the_vault_as_the_source() {
    let mut world = World::new();
    let mut fund = world.fund_ix(Source::Compute, 1);
    fund.accounts[0].pubkey = world.vault;
    fund.accounts[0].is_signer = false;
    let refusal = world.send(&[fund], &[]).unwrap_err();
    assert!(
        refusal == super::missing_signature() || refusal == Refusal::duplicate_mutable_account(),
        "{refusal:?}"
    );
}

#[test]
fn refuses_a_forged_vault_and_another_program() {
    let mut world = World::new();
    let keeper = world.keeper.insecure_clone();
    let real = world.vault;
    let forged = super::forge(&mut world, real);
    let fund = ix::Fund {
        funder: keeper.pubkey(),
        vault: forged,
    }
    .instruction(1, 1);
    world.refuse(&[fund], &[&keeper], super::illegal_owner());
    let mut fund = world.fund_ix(Source::Compute, 1);
    fund.accounts[2].pubkey = primis_vault_interface::ID;
    world.refuse(&[fund], &[&keeper], InstructionError::IncorrectProgramId);
    let fund = ix::Fund {
        funder: keeper.pubkey(),
        vault: world.pool,
    }
    .instruction(1, 1);
    world.refuse(&[fund], &[&keeper], super::no_data());
}
