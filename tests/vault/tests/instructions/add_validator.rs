//! `add_validator`.

use primis_tests_vault::{SOL, World, key};
use primis_vault_interface::{
    VaultError,
    events::{Event, ValidatorSet},
};
use solana_account::Account;
use solana_instruction_error::InstructionError;
use solana_signer::Signer;

/// The System program's code for an account that exists already.
const IN_USE: u32 = 0;
/// The time lock of the world's vault, seconds.
const TIMELOCK: i64 = 86_400;

#[test]
fn opens_at_once_while_nobody_staked() {
    let mut world = World::new();
    let (authority, now) = (world.authority.insecure_clone(), world.now());
    let vote = world.vote_account("validator");
    let before = world.lamports(&authority.pubkey());
    let add = world.add_validator_ix(&vote, 500 * SOL);
    let outcome = world.send(&[add], &[&authority]).unwrap();
    let expected = ValidatorSet {
        cap_lamports: 500 * SOL,
        opens_at: now,
        at: now,
        pool: world.pool,
        vote,
    };
    assert_eq!(outcome.events, [Event::ValidatorSet(expected)]);
    let validator = world.validator(&vote).unwrap();
    assert_eq!(
        (
            validator.cap_lamports,
            validator.staked_lamports,
            validator.opens_at
        ),
        (500 * SOL, 0, now)
    );
    assert_eq!((validator.pool, validator.vote), (world.pool, vote));
    let rent = world.lamports(&world.validator_address(&vote));
    assert_eq!(world.lamports(&authority.pubkey()), before - rent);
}

#[test]
fn waits_for_the_time_lock_once_somebody_staked() {
    let mut world = World::new();
    let alice = world.staker("alice", 200 * SOL);
    world.deposit(&alice, 100 * SOL).unwrap();
    let vote = world.add_validator("validator", 500 * SOL);
    assert_eq!(
        world.validator(&vote).unwrap().opens_at,
        world.now() + TIMELOCK
    );
    let keeper = world.keeper.insecure_clone();
    for wait in [0, TIMELOCK - 1] {
        world.pass(wait);
        let delegate = world.delegate_ix(&vote, SOL);
        world.refuse(&[delegate], &[&keeper], VaultError::ValidatorNotOpen);
    }
    world.pass(1);
    world.delegate(&vote, SOL).unwrap();
}

#[test]
fn works_at_a_prefunded_address() {
    let mut world = World::new();
    let vote = world.vote_account("validator");
    let address = world.validator_address(&vote);
    world.svm.airdrop(&address, 5 * SOL).unwrap();
    world.add_validator("validator", SOL);
    assert_eq!(world.validator(&vote).unwrap().cap_lamports, SOL);
}

#[test]
fn refuses_anyone_but_the_authority() {
    let mut world = World::new();
    let vote = world.vote_account("validator");
    let others = [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ];
    for other in others {
        let mut add = world.add_validator_ix(&vote, SOL);
        add.accounts[0].pubkey = other.pubkey();
        world.refuse(&[add], &[&other], VaultError::NotAuthority);
    }
    let mut add = world.add_validator_ix(&vote, SOL);
    add.accounts[0].is_signer = false;
    world.refuse(&[add], &[], super::missing_signature());
}

#[test]
fn refuses_what_is_no_vote_account() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let (wallet, impostor) = (key("wallet").pubkey(), world.vote_account("impostor"));
    let mut account: Account = world.svm.get_account(&impostor).unwrap();
    account.owner = world.vault;
    world.svm.set_account(impostor, account).unwrap();
    for vote in [wallet, impostor] {
        let add = world.add_validator_ix(&vote, SOL);
        world.refuse(&[add], &[&authority], VaultError::WrongValidator);
    }
}

#[test]
fn refuses_a_pool_of_another_vault_and_one_of_tokens() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let vote = world.vote_account("validator");
    let (_, other) = super::other_vault(&mut world);
    let real = std::mem::replace(&mut world.pool, other);
    let add = world.add_validator_ix(&vote, SOL);
    world.refuse(&[add], &[&authority], VaultError::PoolOfAnotherVault);
    world.pool = real;
    super::delegate::make_token_pool(&mut world);
    let add = world.add_validator_ix(&vote, SOL);
    world.refuse(&[add], &[&authority], VaultError::NotTheNativePool);
}

#[test]
fn refuses_a_listed_validator_and_another_address() {
    let mut world = World::new();
    let authority = world.authority.insecure_clone();
    let vote = world.add_validator("validator", SOL);
    let again = world.add_validator_ix(&vote, 2 * SOL);
    world.refuse(&[again], &[&authority], InstructionError::Custom(IN_USE));
    let next = world.vote_account("next");
    let mut add = world.add_validator_ix(&next, SOL);
    add.accounts[4].pubkey = key("elsewhere").pubkey();
    world.refuse(&[add], &[&authority], InstructionError::InvalidSeeds);
}
