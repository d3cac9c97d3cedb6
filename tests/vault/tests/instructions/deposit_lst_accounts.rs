//! The accounts `deposit_lst` refuses, and token pools passed to the instructions for SOL.

use primis_tests_vault::{
    Refusal, SOL, key,
    tokens::{Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{VaultError, instructions as ix, position_address};
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

use super::lst::{self, INSUFFICIENT_FUNDS, MINT_MISMATCH, OWNER_MISMATCH};

#[test]
fn refuses_the_pools_own_account_as_the_source() {
    let (mut world, lst, alice) = lst::staked();
    let mut deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
    deposit.accounts[5].pubkey = lst.tokens;
    world.refuse(&[deposit], &[&alice], Refusal::duplicate_mutable_account());
}

#[test]
fn refuses_anothers_tokens_and_more_than_there_are() {
    let (mut world, lst, alice) = lst::world();
    let bob = lst::holder(&mut world, &lst, "bob");
    let mut deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
    deposit.accounts[5].pubkey = world.wallet(&lst, &bob.pubkey());
    world.refuse(
        &[deposit],
        &[&alice],
        InstructionError::Custom(OWNER_MISMATCH),
    );
    let deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), 100 * SOL + 1);
    world.refuse(
        &[deposit],
        &[&alice],
        InstructionError::Custom(INSUFFICIENT_FUNDS),
    );
}

#[test]
fn refuses_tokens_of_another_mint() {
    let (mut world, lst, alice) = lst::world();
    let fake = world.put_mint("fake", &Mint::of(TOKEN));
    let fakes = world.give(&alice.pubkey(), &fake, SOL);
    let mut deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
    deposit.accounts[5].pubkey = fakes;
    world.refuse(
        &[deposit.clone()],
        &[&alice],
        InstructionError::Custom(MINT_MISMATCH),
    );
    deposit.accounts[4].pubkey = fake;
    world.refuse(&[deposit], &[&alice], VaultError::WrongMint);
}

#[test]
fn refuses_another_token_program_and_another_pools_token_account() {
    let (mut world, lst, alice) = lst::world();
    for program in [TOKEN_2022, primis_vault_interface::ID] {
        let mut deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
        deposit.accounts[7].pubkey = program;
        world.refuse(&[deposit], &[&alice], VaultError::WrongTokenProgram);
    }
    let (foreign, bob) = (
        lst::foreign_pool(&mut world, &lst),
        lst::holder(&mut world, &lst, "bob"),
    );
    for elsewhere in [foreign.tokens, world.wallet(&lst, &bob.pubkey())] {
        let mut deposit = world.deposit_lst_ix(&lst, &alice.pubkey(), SOL);
        deposit.accounts[6].pubkey = elsewhere;
        world.refuse(&[deposit], &[&alice], VaultError::WrongTokenAccount);
    }
}

#[test]
fn refuses_the_sol_pool_and_pools_and_positions_of_others() {
    let (mut world, lst, alice) = lst::staked();
    let bob = lst::holder(&mut world, &lst, "bob");
    let good = world.deposit_lst_ix(&lst, &bob.pubkey(), SOL);
    let mut theirs = good.clone();
    theirs.accounts[3].pubkey = position_address(&lst.pool, &alice.pubkey());
    world.refuse(&[theirs], &[&bob], VaultError::NotPositionOwner);
    let mut elsewhere = good.clone();
    elsewhere.accounts[3].pubkey = key("elsewhere").pubkey();
    world.refuse(&[elsewhere], &[&bob], VaultError::WrongPositionAddress);
    let foreign = lst::foreign_pool(&mut world, &lst);
    let mut of_another = good.clone();
    of_another.accounts[2].pubkey = foreign.pool;
    world.refuse(&[of_another], &[&bob], VaultError::PoolOfAnotherVault);
    let mut forged = good.clone();
    forged.accounts[2].pubkey = super::forge(&mut world, lst.pool);
    world.refuse(&[forged], &[&bob], super::illegal_owner());
    // The SOL pool names no mint, so no mint fits.
    let mut sol = good.clone();
    sol.accounts[2].pubkey = world.pool;
    world.refuse(&[sol], &[&bob], VaultError::WrongMint);
    let mut unsigned = good;
    unsigned.accounts[0].is_signer = false;
    world.refuse(&[unsigned], &[], super::missing_signature());
}

#[test]
fn the_sol_instructions_refuse_a_token_pool() {
    let (mut world, lst, alice) = lst::earning();
    let owner = alice.pubkey();
    let (vault, pool, position) = (
        world.vault,
        lst.pool,
        position_address(&lst.pool, &alice.pubkey()),
    );
    let deposit = ix::DepositSol {
        owner,
        vault,
        pool,
        position,
    };
    let withdraw = ix::WithdrawSol {
        owner,
        pool,
        position,
    };
    let emergency = ix::EmergencyWithdraw {
        owner,
        pool,
        position,
    };
    let compound = ix::Compound {
        owner,
        vault,
        pool,
        position,
    };
    for instruction in [
        deposit.instruction(SOL),
        withdraw.instruction(SOL),
        emergency.instruction(),
        compound.instruction(),
    ] {
        world.refuse(&[instruction], &[&alice], VaultError::NotTheNativePool);
    }
}
