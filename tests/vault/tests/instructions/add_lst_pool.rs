//! `add_lst_pool`. Which mints are refused: `add_lst_pool_mints.rs`.

use primis_tests_vault::{
    SOL, World, key,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{
    NATIVE_MINT, VaultError, accounts::Pool, events::Event, instructions as ix, pool_address,
    tokens_address,
};
use solana_instruction::AccountMeta;
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

use super::{lst, propose_price_source::unsound};

/// A plain mint in a fresh world, and the pool it will have.
pub fn prospect(mint: &Mint) -> (World, Lst) {
    let mut world = World::new();
    let address = world.put_mint("token", mint);
    let (pool, source) = (
        pool_address(&world.vault, &address),
        key("token price").pubkey(),
    );
    let lst = Lst {
        mint: address,
        program: mint.program,
        pool,
        tokens: tokens_address(&pool),
        oracle: Oracle::StakePool,
        source,
        quote: source,
    };
    (world, lst)
}

/// `add_lst_pool` with caps and minimum of choice, and no pools passed.
fn with_limits(world: &World, lst: &Lst, cap: u64, min: u64) -> solana_instruction::Instruction {
    ix::AddLstPool {
        authority: world.authority.pubkey(),
        vault: world.vault,
        mint: lst.mint,
        pool: lst.pool,
        token_account: lst.tokens,
        token_program: lst.program,
    }
    .instruction(cap, 7, min, lst.rules())
}

#[test]
fn adds_a_pool_with_a_token_account_of_its_own() {
    for program in [TOKEN, TOKEN_2022] {
        let mint = Mint {
            decimals: 6,
            ..Mint::of(program)
        };
        let (mut world, lst) = prospect(&mint);
        let authority = world.authority.insecure_clone();
        let add = with_limits(&world, &lst, 1_000 * SOL, SOL);
        let outcome = world.send(&[add], &[&authority]).unwrap();
        let pool: Pool = world.pool_at(&lst.pool);
        assert_eq!(
            (
                pool.version,
                pool.index,
                pool.kind,
                pool.status,
                pool.decimals
            ),
            (1, 1, 1, 0, 6)
        );
        assert_eq!(
            (pool.mint, pool.token_program, pool.token_account),
            (lst.mint, program, lst.tokens)
        );
        assert_eq!(
            (pool.cap_units, pool.cap_lamports, pool.min_deposit_units),
            (1_000 * SOL, 7, SOL)
        );
        assert_eq!((pool.price, pool.price_updated_at), (0, 0));
        assert_eq!(pool.price_source, lst.rules());
        assert_eq!(world.vault().pool_count, 2);
        let account = world.svm.get_account(&lst.tokens).unwrap();
        assert_eq!(account.owner, program);
        assert_eq!(account.data[..32], lst.mint.to_bytes());
        assert_eq!(account.data[32..64], lst.pool.to_bytes());
        assert!(matches!(outcome.events[..], [Event::PoolAdded(e)]
            if e.pool == lst.pool && e.mint == lst.mint && e.index == 1));
    }
}

#[test]
fn opens_at_once_only_where_every_pool_is_seen_to_be_empty() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let (authority, now) = (world.authority.insecure_clone(), world.now());
    let seen = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.send(&[seen], &[&authority]).unwrap();
    assert_eq!(world.pool_at(&lst.pool).opens_at, now);
    // Not seen: the pools were left out.
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let unseen = with_limits(&world, &lst, SOL, 1);
    world.send(&[unseen], &[&authority]).unwrap();
    assert_eq!(world.pool_at(&lst.pool).opens_at, now + 86_400);
    // Seen, and not empty: somebody's yield would be shared anew.
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let alice = world.staker("alice", 2 * SOL);
    world.deposit(&alice, SOL).unwrap();
    let seen = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.send(&[seen], &[&authority]).unwrap();
    assert_eq!(world.pool_at(&lst.pool).opens_at, now + 86_400);
}

#[test]
fn refuses_to_see_the_wrong_pools() {
    let (mut world, first, _) = lst::world();
    let authority = world.authority.insecure_clone();
    let foreign = lst::foreign_pool(&mut world, &first);
    let mint = world.put_mint("token", &Mint::of(TOKEN));
    let good = world.add_lst_ix(mint, TOKEN, first.rules());
    let (sol, slots) = (world.pool, good.accounts.len());
    let cases = [
        ([first.pool, sol], VaultError::WrongPools),
        ([sol, sol], VaultError::WrongPools),
        ([sol, foreign.pool], VaultError::PoolOfAnotherVault),
    ];
    for (pools, why) in cases {
        let mut bad = good.clone();
        bad.accounts.truncate(slots - 2);
        let pools = pools.map(|pool| AccountMeta::new_readonly(pool, false));
        bad.accounts.extend(pools);
        world.refuse(&[bad], &[&authority], why);
    }
    let mut forged = good;
    forged.accounts[slots - 1].pubkey = super::forge(&mut world, first.pool);
    world.refuse(&[forged], &[&authority], super::illegal_owner());
}

#[test]
fn prefunded_addresses_still_work() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN_2022));
    let authority = world.authority.insecure_clone();
    for (address, lamports) in [(lst.pool, 5 * SOL), (lst.tokens, 1_000_000)] {
        world.svm.airdrop(&address, lamports).unwrap();
    }
    let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.send(&[add], &[&authority]).unwrap();
    assert_eq!(world.pool_at(&lst.pool).token_account, lst.tokens);
}

#[test]
fn refuses_a_second_time() {
    let (mut world, lst, _) = lst::staked();
    let authority = world.authority.insecure_clone();
    let add = with_limits(&world, &lst, SOL, 1);
    world.refuse(&[add], &[&authority], InstructionError::Custom(0));
}

#[test]
fn refuses_anyone_but_the_authority() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let good = with_limits(&world, &lst, SOL, 1);
    for who in [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ] {
        let mut add = good.clone();
        add.accounts[0].pubkey = who.pubkey();
        world.refuse(&[add], &[&who], VaultError::NotAuthority);
    }
    let mut unsigned = good;
    unsigned.accounts[0].is_signer = false;
    world.refuse(&[unsigned], &[], super::missing_signature());
}

#[test]
fn refuses_other_addresses_and_programs() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let authority = world.authority.insecure_clone();
    let good = with_limits(&world, &lst, SOL, 1);
    let elsewhere = key("elsewhere").pubkey();
    let forged = {
        let real = world.vault;
        super::forge(&mut world, real)
    };
    let cases: [(usize, _, primis_tests_vault::Refusal); 5] = [
        (1, forged, super::illegal_owner()),
        (3, elsewhere, InstructionError::InvalidSeeds.into()),
        (4, elsewhere, VaultError::WrongTokenAccount.into()),
        (
            5,
            primis_vault_interface::ID,
            VaultError::WrongTokenProgram.into(),
        ),
        // A token program, but not the mint's.
        (5, TOKEN_2022, VaultError::WrongTokenProgram.into()),
    ];
    for (slot, with, why) in cases {
        let mut bad = good.clone();
        bad.accounts[slot].pubkey = with;
        world.refuse(&[bad], &[&authority], why);
    }
}

#[test]
fn refuses_the_native_mint_whose_address_is_the_sol_pools() {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let create = world.create_vault_ix(primis_tests_vault::config());
    world.send(&[create], &[&authority]).unwrap();
    world.put_account(NATIVE_MINT, TOKEN, Mint::of(TOKEN).to_bytes());
    let (_, lst) = prospect(&Mint::of(TOKEN));
    let mut add = world.add_lst_ix(NATIVE_MINT, TOKEN, lst.rules());
    add.accounts.truncate(7);
    world.refuse(&[add], &[&authority], VaultError::WrongMint);
}

#[test]
fn refuses_limits_and_price_sources_out_of_bounds() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN));
    let authority = world.authority.insecure_clone();
    for (cap, min) in [(SOL, 0), (SOL, SOL + 1), (0, 0), (0, 1)] {
        let add = with_limits(&world, &lst, cap, min);
        world.refuse(&[add], &[&authority], VaultError::MinimumDepositOutOfBounds);
    }
    for (source, why) in unsound(lst.rules()) {
        let add = world.add_lst_ix(lst.mint, lst.program, source);
        world.refuse(&[add], &[&authority], why);
    }
}

#[test]
fn refuses_more_pools_than_a_distribution_can_pass() {
    let mut world = World::new();
    for n in 1..16 {
        world.add_lst(&format!("token {n}"), &Mint::of(TOKEN), Oracle::PythRate);
    }
    assert_eq!(world.vault().pool_count, 16);
    let authority = world.authority.insecure_clone();
    let mint = world.put_mint("one too many", &Mint::of(TOKEN));
    let rules = world.lsts[0].rules();
    let mut add = world.add_lst_ix(mint, TOKEN, rules);
    add.accounts.truncate(7);
    world.refuse(&[add], &[&authority], VaultError::TooManyPools);
    // And one transaction passes them all.
    world.pass(600);
    world.distribute(SOL).unwrap();
}
