//! Which mints `add_lst_pool` takes: none that can freeze, tax, take or hide what the vault holds.
//!
//! Each extension is one that the real Token-2022 program reads out of the same mint, so that no
//! refusal is owed to a mint written wrongly.

use primis_tests_vault::{
    Refusal, SOL, World, key,
    tokens::{Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{Layout as _, VaultError};
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

use super::add_lst_pool::prospect;

/// `GetAccountDataSize` of Token-2022: it reads a mint's extensions.
const GET_ACCOUNT_DATA_SIZE: u8 = 21;
/// Type and length of each extension of a mint that is refused.
const DANGEROUS: [(&str, u16, usize); 11] = [
    ("transfer fee", 1, 108),
    ("mint close authority", 3, 32),
    ("confidential transfer", 4, 65),
    ("default account state", 6, 1),
    ("non-transferable", 9, 0),
    ("permanent delegate", 12, 32),
    ("transfer hook", 14, 64),
    ("confidential transfer fee", 16, 129),
    ("confidential mint and burn", 24, 196),
    ("pausable", 26, 33),
    ("permissioned burn", 28, 32),
];
/// Of each that is taken: interest bearing, pointers and groups, metadata, scaled amounts.
const HARMLESS: [(u16, usize); 7] = [
    (10, 52),
    (18, 64),
    (20, 64),
    (21, 80),
    (22, 64),
    (23, 72),
    (25, 56),
];

/// Whether Token-2022 reads the mint's extensions.
fn token_2022_reads(world: &mut World, mint: solana_address::Address) -> Result<(), Refusal> {
    let read = Instruction {
        program_id: TOKEN_2022,
        accounts: vec![AccountMeta::new_readonly(mint, false)],
        data: vec![GET_ACCOUNT_DATA_SIZE],
    };
    world.send(&[read], &[]).map(|_| ())
}

/// Adding a pool of this mint is refused.
fn refused(mint: &Mint, why: VaultError, what: &str) {
    let (mut world, lst) = prospect(mint);
    let authority = world.authority.insecure_clone();
    let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    println!("{what}");
    world.refuse(&[add], &[&authority], why);
}

#[test]
fn refuses_each_dangerous_extension_alone_and_behind_a_harmless_one() {
    for (name, kind, length) in DANGEROUS {
        for extensions in [
            vec![(kind, length)],
            vec![(18, 64), (kind, length)],
            vec![(kind, length), (18, 64)],
        ] {
            let mint = Mint::extended(&extensions);
            let (mut world, lst) = prospect(&mint);
            token_2022_reads(&mut world, lst.mint).expect(name);
            refused(&mint, VaultError::MintRefused, name);
        }
    }
}

#[test]
fn refuses_extensions_it_does_not_know() {
    for kind in (29..40).chain([1_000, u16::MAX]) {
        let mint = Mint::extended(&[(kind, 8)]);
        refused(&mint, VaultError::MintRefused, "unknown");
    }
    // Those of accounts have no place in a mint.
    for kind in [2, 5, 7, 8, 11, 13, 15, 17, 27] {
        let mint = Mint::extended(&[(kind, 0)]);
        refused(&mint, VaultError::MintRefused, "an account's");
    }
}

#[test]
fn refuses_extensions_that_run_past_the_end() {
    let (mut world, lst) = prospect(&Mint::extended(&[(18, 64)]));
    let mut account = world.svm.get_account(&lst.mint).unwrap();
    account.data.truncate(account.data.len() - 1);
    world.svm.set_account(lst.mint, account).unwrap();
    let authority = world.authority.insecure_clone();
    let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.refuse(&[add], &[&authority], VaultError::MintRefused);
}

#[test]
fn takes_harmless_extensions_and_gives_the_tokens_back() {
    let name = (19, [&[0; 64][..], &[0; 16]].concat());
    let mut mint = Mint::extended(&HARMLESS);
    mint.extensions.push(name);
    let (mut world, lst) = prospect(&mint);
    token_2022_reads(&mut world, lst.mint).unwrap();
    let authority = world.authority.insecure_clone();
    let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.send(&[add], &[&authority]).unwrap();
    world.lsts.push(lst);
    let alice = super::lst::holder(&mut world, &lst, "alice");
    world.deposit_lst(&lst, &alice, 10 * SOL).unwrap();
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 10 * SOL);
    world.send(&[withdraw], &[&alice]).unwrap();
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(world.units(&wallet), 100 * SOL);
}

#[test]
fn refuses_a_freeze_authority() {
    for program in [TOKEN, TOKEN_2022] {
        let mint = Mint {
            freeze_authority: Some(key("freezer").pubkey()),
            ..Mint::of(program)
        };
        refused(&mint, VaultError::MintRefused, "freeze authority");
    }
    let mint = Mint {
        freeze_authority: Some(key("freezer").pubkey()),
        ..Mint::extended(&[(18, 64)])
    };
    refused(&mint, VaultError::MintRefused, "freeze authority, extended");
}

#[test]
fn refuses_what_is_no_mint() {
    let (mut world, lst) = prospect(&Mint::of(TOKEN_2022));
    let authority = world.authority.insecure_clone();
    let mint = Mint::of(TOKEN_2022).to_bytes();
    let mut uninitialized = mint.clone();
    uninitialized[45] = 0;
    // An extended token account whose bytes would pass for a mint but for the type behind them.
    let mut account = mint.clone();
    account.resize(165, 0);
    account.push(2);
    for data in [
        uninitialized,
        account,
        mint[..81].to_vec(),
        [mint.clone(), vec![0; 83]].concat(),
        Vec::new(),
    ] {
        world.put_account(lst.mint, TOKEN_2022, data);
        let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
        world.refuse(&[add], &[&authority], VaultError::WrongMint);
    }
    let pool = world.pool();
    world.put_account(lst.mint, primis_vault_interface::ID, pool.to_bytes());
    let add = world.add_lst_ix(lst.mint, lst.program, lst.rules());
    world.refuse(&[add], &[&authority], VaultError::WrongTokenProgram);
}
