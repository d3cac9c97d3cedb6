//! Each instruction: what it does, and everything it refuses with nothing changed.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a broken expectation is a failed test"
)]

mod accept_authority;
mod add_lst_pool;
mod add_lst_pool_mints;
mod add_pool;
mod add_validator;
mod apply_config;
mod apply_price_source;
mod cancel_config;
mod cancel_ticket;
mod claim;
mod claim_lst;
mod close_position;
mod compound;
mod create_vault;
mod deactivate;
mod delegate;
mod deposit_lst;
mod deposit_lst_accounts;
mod deposit_sol;
mod distribute_yield;
mod distribute_yield_pools;
mod emergency_withdraw;
mod emergency_withdraw_lst;
mod fund;
mod harvest;
mod lst;
mod open_position;
mod open_ticket;
mod propose_authority;
mod propose_config;
mod propose_price_source;
mod reclaim;
mod refresh_price;
mod refresh_price_issuers;
mod refresh_price_pyth;
mod refresh_price_refusals;
mod serve_ticket;
mod set_guardian;
mod set_keeper;
mod set_pause;
mod set_pool_limits;
mod set_validator_cap;
mod sweep_bucket;
mod update_pool;
mod update_pool_lst;
mod withdraw_lst;
mod withdraw_sol;

use primis_tests_vault::{Refusal, SOL, World, key};
use primis_vault_interface::accounts::Vault;
use solana_account::Account;
use solana_address::Address;
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;

/// A second vault with a pool of its own, in the same world: for passing what belongs elsewhere.
fn other_vault(world: &mut World) -> (Address, Address) {
    use primis_vault_interface::{NATIVE_MINT, instructions as ix, pool_address, vault_address};
    use solana_signer::Signer as _;
    let mallory = key("mallory");
    world.svm.airdrop(&mallory.pubkey(), 100 * SOL).unwrap();
    let vault = vault_address(2);
    let pool = pool_address(&vault, &NATIVE_MINT);
    let by = mallory.pubkey();
    let create = ix::CreateVault {
        authority: by,
        vault,
    }
    .instruction(2, by, by, 86_400, primis_tests_vault::config());
    let add = ix::AddPool {
        authority: by,
        vault,
        pool,
    }
    .instruction(1_000 * SOL, 1);
    world.send(&[create, add], &[&mallory]).unwrap();
    (vault, pool)
}

/// A funded stranger with no role.
fn stranger(world: &mut World) -> Keypair {
    use solana_signer::Signer as _;
    let stranger = key("stranger");
    world.svm.airdrop(&stranger.pubkey(), 100 * SOL).unwrap();
    stranger
}

/// Copies an account of the program to another address under another owner: same bytes, but not
/// the program's.
fn forge(world: &mut World, like: Address) -> Address {
    use solana_signer::Signer as _;
    let address = key("forged").pubkey();
    let real = world.svm.get_account(&like).unwrap();
    world
        .svm
        .set_account(
            address,
            Account {
                owner: Address::from([7; 32]),
                ..real
            },
        )
        .unwrap();
    address
}

/// What the runtime and Anchor say of accounts that are not what they are passed as.
fn illegal_owner() -> Refusal {
    InstructionError::IllegalOwner.into()
}

fn missing_signature() -> Refusal {
    InstructionError::MissingRequiredSignature.into()
}

/// An account too small to be what it is passed as: closed, or of another type.
fn no_data() -> Refusal {
    InstructionError::AccountDataTooSmall.into()
}

/// What a vault owes, its rent aside.
fn liabilities(vault: &Vault) -> u64 {
    vault.stakers_lamports
        + vault.carried_lamports
        + vault.subsidy_lamports
        + vault.reserve_lamports
        + vault.treasury_lamports
}
