//! `delegate`.

use primis_tests_vault::{Refusal, SOL, World, key};
use primis_vault_interface::{
    Layout as _, VaultError,
    accounts::Validator,
    events::{Delegated, Event},
    instructions as ix,
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// The stake program's code for less than it lets be delegated: a SOL.
const INSUFFICIENT_DELEGATION: u32 = 12;
/// Anchor's code for an account that is not at the address it must be.
const ADDRESS: u32 = 2012;

/// A validator that may hold 500 SOL, and Alice with 100 SOL in the pool, of which 10 are buffer.
pub fn staked() -> (World, Keypair, Address) {
    let mut world = World::new();
    let vote = world.add_validator("validator", 500 * SOL);
    let alice = world.staker("alice", 1_000 * SOL);
    world.deposit(&alice, 100 * SOL).unwrap();
    (world, alice, vote)
}

/// Turns the SOL pool into one of tokens: nothing the program can do.
pub fn make_token_pool(world: &mut World) {
    let mut account = world.svm.get_account(&world.pool).unwrap();
    let mut pool = world.pool();
    pool.kind = 1;
    account.data = pool.to_bytes();
    world.svm.set_account(world.pool, account).unwrap();
}

/// The entry of a validator on the list of another pool.
pub fn foreign_validator(world: &mut World) -> Address {
    let real = world
        .svm
        .get_account(&world.validator_address(&key("validator").pubkey()))
        .unwrap();
    let mut validator = Validator::parse(&real.data).unwrap();
    validator.pool = key("another pool").pubkey();
    let address = key("foreign validator").pubkey();
    let account = Account {
        data: validator.to_bytes(),
        ..real
    };
    world.svm.set_account(address, account).unwrap();
    address
}

#[test]
fn moves_principal_into_a_stake_account_of_the_pool() {
    let (mut world, _, vote) = staked();
    let keeper = world.keeper.pubkey();
    let (free, paid) = (world.free_lamports(), world.lamports(&keeper));
    let outcome = world.delegate(&vote, 40 * SOL).unwrap();
    let (stake, now) = (world.stake_address(0), world.now());
    let expected = Delegated {
        number: 0,
        amount_lamports: 40 * SOL,
        staked_lamports: 40 * SOL,
        at: now,
        pool: world.pool,
        vote,
        stake,
    };
    assert_eq!(outcome.events, [Event::Delegated(expected)]);
    let delegation = world.delegation(0).unwrap();
    assert_eq!(
        (delegation.principal_lamports, delegation.delegated_lamports),
        (40 * SOL, 40 * SOL)
    );
    assert_eq!((delegation.delegated_at, delegation.status), (now, 0));
    assert_eq!((delegation.payer, delegation.stake), (keeper, stake));
    assert_eq!(
        world.stake_lamports(0),
        40 * SOL + delegation.rent_lamports,
        "the stake account holds principal and rent, and nothing else"
    );
    assert_eq!(world.free_lamports(), free - 40 * SOL);
    let rents = delegation.rent_lamports + world.lamports(&world.delegation_address(0));
    assert_eq!(world.lamports(&keeper), paid - rents);
    assert_eq!(world.validator(&vote).unwrap().staked_lamports, 40 * SOL);
    // The next one goes on from there.
    let outcome = world.delegate(&vote, 5 * SOL).unwrap();
    assert!(
        matches!(outcome.events[..], [Event::Delegated(e)] if e.number == 1 && e.staked_lamports == 45 * SOL)
    );
}

#[test]
fn leaves_the_buffer() {
    let (mut world, alice, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    for lamports in [90 * SOL + 1, 100 * SOL, u64::MAX - 500 * SOL] {
        let delegate = world.delegate_ix(&vote, lamports);
        let why = if lamports > 500 * SOL {
            VaultError::OverValidatorCap
        } else {
            VaultError::BufferShort
        };
        world.refuse(&[delegate], &[&keeper], why);
    }
    // The buffer is a part of all principal, staked or not.
    world.delegate(&vote, 90 * SOL).unwrap();
    world.deposit(&alice, 100 * SOL).unwrap();
    let delegate = world.delegate_ix(&vote, 90 * SOL + 1);
    world.refuse(&[delegate], &[&keeper], VaultError::BufferShort);
    world.delegate(&vote, 90 * SOL).unwrap();
    assert_eq!(world.free_lamports(), 20 * SOL);
}

#[test]
fn a_buffer_of_everything_stops_it() {
    let (mut world, _, vote) = staked();
    let (authority, keeper) = (
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
    );
    let limits = ix::SetPoolLimits {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    };
    world
        .send(&[limits.instruction(u64::MAX, 10_000)], &[&authority])
        .unwrap();
    let delegate = world.delegate_ix(&vote, 1);
    world.refuse(&[delegate], &[&keeper], VaultError::BufferShort);
}

#[test]
fn leaves_what_tickets_wait_for() {
    let (mut world, alice, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    world.open_ticket(&alice, 30 * SOL).unwrap();
    let delegate = world.delegate_ix(&vote, 60 * SOL + 1);
    world.refuse(&[delegate], &[&keeper], VaultError::BufferShort);
    world.delegate(&vote, 60 * SOL).unwrap();
    // What is left is the buffer and the ticket's.
    assert_eq!(world.free_lamports(), 40 * SOL);
    world.serve_ticket(0).unwrap();
}

#[test]
fn holds_the_validator_to_its_cap_over_all_delegations() {
    let (mut world, alice, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    world.deposit(&alice, 600 * SOL).unwrap();
    world.delegate(&vote, 300 * SOL).unwrap();
    let delegate = world.delegate_ix(&vote, 200 * SOL + 1);
    world.refuse(&[delegate], &[&keeper], VaultError::OverValidatorCap);
    world.delegate(&vote, 200 * SOL).unwrap();
}

#[test]
fn works_at_prefunded_addresses() {
    let (mut world, _, vote) = staked();
    for address in [world.delegation_address(0), world.stake_address(0)] {
        world.svm.airdrop(&address, 3 * SOL).unwrap();
    }
    world.delegate(&vote, 40 * SOL).unwrap();
    assert_eq!(world.delegation(0).unwrap().principal_lamports, 40 * SOL);
    assert_eq!(world.stake_lamports(0), 43 * SOL);
    // What was there beyond the rent is nobody's principal: it is yield.
    let rent = world.delegation(0).unwrap().rent_lamports;
    world.harvest(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, 3 * SOL - rent);
}

#[test]
fn refuses_anyone_but_the_keeper() {
    let (mut world, alice, vote) = staked();
    let others = [
        world.authority.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
        alice,
    ];
    for other in others {
        let mut delegate = world.delegate_ix(&vote, SOL);
        delegate.accounts[0].pubkey = other.pubkey();
        world.refuse(&[delegate], &[&other], VaultError::NotKeeper);
    }
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[0].is_signer = false;
    world.refuse(&[delegate], &[], super::missing_signature());
}

#[test]
fn refuses_a_validator_that_is_not_on_the_list() {
    let (mut world, _, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    // Of nobody's list, and of another pool's.
    let unlisted = world.vote_account("unlisted");
    let delegate = world.delegate_ix(&unlisted, SOL);
    world.refuse(&[delegate], &[&keeper], super::no_data());
    let foreign = foreign_validator(&mut world);
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[3].pubkey = foreign;
    world.refuse(&[delegate], &[&keeper], VaultError::WrongValidator);
    // An entry nobody but the program can write, and an account of another kind.
    let real = world.validator_address(&vote);
    let forged = super::forge(&mut world, real);
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[3].pubkey = forged;
    world.refuse(&[delegate], &[&keeper], super::illegal_owner());
    // A listed validator's entry with another one's vote account.
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[4].pubkey = unlisted;
    world.refuse(&[delegate], &[&keeper], VaultError::WrongValidator);
}

#[test]
fn refuses_zero_and_pools_it_is_not_for() {
    let (mut world, _, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    let delegate = world.delegate_ix(&vote, 0);
    world.refuse(&[delegate], &[&keeper], VaultError::ZeroAmount);
    let (_, other) = super::other_vault(&mut world);
    let listed = world.validator_address(&vote);
    let real = std::mem::replace(&mut world.pool, other);
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[3].pubkey = listed;
    world.refuse(&[delegate], &[&keeper], VaultError::PoolOfAnotherVault);
    world.pool = real;
    make_token_pool(&mut world);
    let delegate = world.delegate_ix(&vote, SOL);
    world.refuse(&[delegate], &[&keeper], VaultError::NotTheNativePool);
}

#[test]
fn refuses_less_than_the_stake_program_takes() {
    let (mut world, _, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    let delegate = world.delegate_ix(&vote, SOL - 1);
    let why = InstructionError::Custom(INSUFFICIENT_DELEGATION);
    world.refuse(&[delegate], &[&keeper], why);
    world.delegate(&vote, SOL).unwrap();
}

#[test]
fn refuses_other_addresses_than_its_own() {
    let (mut world, _, vote) = staked();
    let keeper = world.keeper.insecure_clone();
    let elsewhere = key("elsewhere").pubkey();
    let address: Refusal = InstructionError::Custom(ADDRESS).into();
    // Delegation, stake account, then clock, stake history, rent, stake config, stake program.
    for (index, why) in [
        (5, InstructionError::InvalidSeeds.into()),
        (6, VaultError::WrongStakeAccount.into()),
        (7, address.clone()),
        (8, address.clone()),
        (9, address.clone()),
        (10, address.clone()),
        (11, address),
    ] {
        let mut delegate = world.delegate_ix(&vote, SOL);
        delegate.accounts[index].pubkey = elsewhere;
        world.refuse(&[delegate], &[&keeper], why);
    }
}
