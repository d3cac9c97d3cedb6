//! `withdraw_lst`.

use primis_tests_vault::{
    Refusal, SOL, World, key,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use primis_vault_interface::{VaultError, events::Event, position_address};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::lst;

/// A wallet's token account that is not usable: its state is another than initialized.
fn frozen(world: &mut World, like: Address) -> Address {
    let mut account = world.svm.get_account(&like).unwrap();
    account.data[108] = 2;
    let address = key("frozen").pubkey();
    world.svm.set_account(address, account).unwrap();
    address
}

#[test]
fn pays_to_the_owner_and_keeps_what_is_owed() {
    let (mut world, lst, alice) = lst::earning();
    let owed = world.lst_owed(&lst, &alice.pubkey());
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 4 * SOL);
    let outcome = world.send(&[withdraw], &[&alice]).unwrap();
    let wallet = world.wallet(&lst, &alice.pubkey());
    assert_eq!(
        (world.units(&wallet), world.units(&lst.tokens)),
        (94 * SOL, 6 * SOL)
    );
    let position = world.position_in(&lst.pool, &alice.pubkey()).unwrap();
    assert_eq!((position.units, position.owed_lamports), (6 * SOL, owed));
    assert!(matches!(outcome.events[..], [Event::Withdrawn(e)]
        if e.amount_units == 4 * SOL && e.emergency == 0 && e.owed_lamports == owed));
    let rest = world.withdraw_lst_ix(&lst, &alice.pubkey(), 6 * SOL);
    world.send(&[rest], &[&alice]).unwrap();
    assert_eq!(world.units(&wallet), 100 * SOL);
}

#[test]
fn pays_to_any_token_account_of_the_owner() {
    let (mut world, lst, alice) = lst::staked();
    let wallet = world.wallet(&lst, &alice.pubkey());
    let second = key("second wallet").pubkey();
    let account = world.svm.get_account(&wallet).unwrap();
    world.svm.set_account(second, account).unwrap();
    let mut withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), SOL);
    withdraw.accounts[5].pubkey = second;
    world.send(&[withdraw], &[&alice]).unwrap();
    assert_eq!(world.units(&second), 91 * SOL);
}

#[test]
fn is_open_whatever_is_paused_retired_or_stale() {
    let (mut world, lst, alice) = lst::earning();
    super::set_pause::pause(&mut world, 3);
    super::update_pool_lst::set_status(&mut world, &lst, 2);
    // No price can be read any more, and a week has passed.
    world.put_account(lst.source, key("nobody").pubkey(), vec![0; 8]);
    world.pass(7 * 86_400);
    let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), 10 * SOL);
    world.send(&[withdraw], &[&alice]).unwrap();
}

#[test]
fn refuses_zero_and_more_than_the_position() {
    let (mut world, lst, alice) = lst::staked();
    let bob = lst::holder(&mut world, &lst, "bob");
    world.deposit_lst(&lst, &bob, 50 * SOL).unwrap();
    for (units, why) in [
        (0, VaultError::ZeroAmount),
        (10 * SOL + 1, VaultError::InsufficientUnits),
        (u64::MAX, VaultError::InsufficientUnits),
    ] {
        let withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), units);
        world.refuse(&[withdraw], &[&alice], why);
    }
}

/// The refusals that `withdraw_lst` and `emergency_withdraw_lst` share; `make` makes either.
pub fn refuses_wrong_accounts(make: fn(&World, &Lst, &Address) -> Instruction) {
    let (mut world, lst, alice) = lst::staked();
    let bob = lst::holder(&mut world, &lst, "bob");
    world.deposit_lst(&lst, &bob, SOL).unwrap();
    let (good, owner) = (make(&world, &lst, &alice.pubkey()), alice.pubkey());
    let refuse = |world: &mut World, slot: usize, with: Address, why: Refusal| {
        let mut bad = good.clone();
        bad.accounts[slot].pubkey = with;
        world.refuse(&[bad], &[&alice], why);
    };
    // Another owner's account, an account of another mint, one that is frozen, one that is none.
    let fake = world.put_mint("fake", &Mint::of(TOKEN));
    let wallet = world.wallet(&lst, &owner);
    for destination in [
        world.wallet(&lst, &bob.pubkey()),
        world.give(&owner, &fake, 0),
        frozen(&mut world, wallet),
        fake,
        bob.pubkey(),
    ] {
        refuse(
            &mut world,
            5,
            destination,
            VaultError::NotOwnersTokenAccount.into(),
        );
    }
    refuse(&mut world, 3, fake, VaultError::WrongMint.into());
    let foreign = lst::foreign_pool(&mut world, &lst);
    refuse(
        &mut world,
        4,
        foreign.tokens,
        VaultError::WrongTokenAccount.into(),
    );
    refuse(
        &mut world,
        6,
        TOKEN_2022,
        VaultError::WrongTokenProgram.into(),
    );
    refuse(
        &mut world,
        1,
        foreign.pool,
        VaultError::WrongTokenAccount.into(),
    );
    let theirs = position_address(&lst.pool, &bob.pubkey());
    refuse(&mut world, 2, theirs, VaultError::NotPositionOwner.into());
    let forged = super::forge(&mut world, lst.pool);
    refuse(&mut world, 1, forged, super::illegal_owner());
    for (slot, twice) in [(2, lst.pool), (5, lst.tokens), (5, lst.pool)] {
        refuse(
            &mut world,
            slot,
            twice,
            Refusal::duplicate_mutable_account(),
        );
    }
    let mut read_only = good.clone();
    read_only.accounts[4].is_writable = false;
    world.refuse(
        &[read_only],
        &[&alice],
        InstructionError::Custom(2000), // Anchor: the account must be writable
    );
    refuses_thieves(&mut world, &good);
}

/// Neither a stranger nor a role can take a position's tokens, also with the owner's signature left
/// out.
fn refuses_thieves(world: &mut World, good: &Instruction) {
    let thieves: [Keypair; 4] = [
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(world),
    ];
    for thief in thieves {
        let mut bad = good.clone();
        bad.accounts[0].pubkey = thief.pubkey();
        world.refuse(&[bad], &[&thief], VaultError::NotPositionOwner);
    }
    let mut unsigned = good.clone();
    unsigned.accounts[0].is_signer = false;
    world.refuse(&[unsigned], &[], super::missing_signature());
}

#[test]
fn refuses_swapped_accounts_and_thieves() {
    refuses_wrong_accounts(|world, lst, owner| world.withdraw_lst_ix(lst, owner, SOL));
}

#[test]
fn refuses_the_sol_pool() {
    let (mut world, lst, alice) = lst::staked();
    world.deposit(&alice, SOL).unwrap();
    let mut withdraw = world.withdraw_lst_ix(&lst, &alice.pubkey(), SOL);
    withdraw.accounts[1].pubkey = world.pool;
    withdraw.accounts[2].pubkey = world.position_address(&alice.pubkey());
    // The SOL pool names no token account; one that it would name, the zero address, is no signer.
    world.refuse(&[withdraw], &[&alice], VaultError::WrongMint);
}
