//! Attacks on staked principal, by name. What a single refusal shows is
//! with its instruction; here is what an attacker does with all of them.

use primis_tests_vault::{Refusal, SOL, STAKE_PROGRAM, World, key};
use primis_vault_interface::{VaultError, instructions as ix};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;

use super::losses::delegated;

const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const STAKE_HISTORY: Address =
    Address::from_str_const("SysvarStakeHistory1111111111111111111111111");

/// What the stake program lets a stake account's authorities do with it, asked for by `thief`:
/// new staker, new withdrawer, withdraw and deactivate.
fn by_the_stake_program(world: &World, thief: &Address) -> Vec<Instruction> {
    let stake = AccountMeta::new(world.stake_address(0), false);
    let signer = AccountMeta::new_readonly(*thief, true);
    let [clock, history] = [CLOCK, STAKE_HISTORY].map(|a| AccountMeta::new_readonly(a, false));
    let to = AccountMeta::new(*thief, false);
    let call = |data: Vec<u8>, accounts: Vec<AccountMeta>| Instruction {
        program_id: STAKE_PROGRAM,
        accounts,
        data,
    };
    let authorize = |kind: u8| {
        let mut data = vec![1, 0, 0, 0];
        data.extend_from_slice(thief.as_ref());
        data.extend_from_slice(&[kind, 0, 0, 0]);
        call(data, vec![stake.clone(), clock.clone(), signer.clone()])
    };
    let withdraw = [&[4, 0, 0, 0][..], &SOL.to_le_bytes()].concat();
    vec![
        authorize(0),
        authorize(1),
        call(
            withdraw,
            vec![stake.clone(), to, clock.clone(), history, signer.clone()],
        ),
        call(
            vec![5, 0, 0, 0],
            vec![stake.clone(), clock.clone(), signer.clone()],
        ),
    ]
}

#[test]
fn keeper_guardian_and_authority_cannot_move_a_stake_account_beside_the_program() {
    let (mut world, _, _, _) = delegated();
    let thieves = [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        world.authority.insecure_clone(),
    ];
    for thief in thieves {
        for theft in by_the_stake_program(&world, &thief.pubkey()) {
            world.refuse(
                &[theft],
                &[&thief],
                InstructionError::MissingRequiredSignature,
            );
        }
    }
}

#[test]
fn a_malicious_keeper_wastes_nothing_but_its_own_rent_and_fees() {
    let (mut world, alice, bob, vote) = delegated();
    // It splits the stake into the smallest pieces there can be, and brings them back and forth.
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    let keeper = world.keeper.pubkey();
    let (wallet, held) = (world.lamports(&keeper), world.free_lamports());
    for _ in 1..20 {
        world.delegate(&vote, SOL).unwrap();
    }
    assert!(world.lamports(&keeper) < wallet, "it pays the rents itself");
    for number in 1..20 {
        world.deactivate(number).unwrap();
    }
    world.pass_epochs(1);
    for number in 1..20 {
        world.reclaim(number).unwrap();
    }
    assert_eq!(
        (world.lamports(&keeper), world.free_lamports()),
        (wallet, held)
    );
    world.withdraw(&alice, 40 * SOL).unwrap();
    world.withdraw(&bob, 60 * SOL).unwrap();
}

#[test]
fn a_keeper_that_vanishes_or_refuses_holds_no_principal_back() {
    let (mut world, alice, bob, _) = delegated();
    let stranger = world.staker("stranger", 10 * SOL);
    for (who, units) in [(&alice, 40 * SOL), (&bob, 60 * SOL)] {
        world.open_ticket(who, units).unwrap();
    }
    let deactivate = world.deactivate_ix(&stranger.pubkey(), 0);
    world.send(&[deactivate], &[&stranger]).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    world.serve_ticket(0).unwrap();
    world.serve_ticket(1).unwrap();
    assert_eq!((world.free_lamports(), world.pool().total_units), (0, 0));
}

#[test]
fn a_keeper_cannot_delegate_what_tickets_wait_for_as_it_comes_back() {
    let (mut world, alice, bob, vote) = delegated();
    let keeper = world.keeper.insecure_clone();
    world.open_ticket(&alice, 40 * SOL).unwrap();
    world.open_ticket(&bob, 55 * SOL).unwrap();
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    // In one transaction, before anyone can serve a ticket.
    let both = [world.reclaim_ix(0), world.delegate_ix(&vote, 1)];
    world.refuse(&both, &[&keeper], VaultError::BufferShort);
    world.reclaim(0).unwrap();
    world.serve_ticket(0).unwrap();
    world.serve_ticket(1).unwrap();
}

#[test]
fn an_authority_that_is_keeper_and_validator_too_gets_no_principal() {
    let (mut world, alice, bob, _) = delegated();
    let authority = world.authority.insecure_clone();
    let set = ix::SetKeeper {
        authority: authority.pubkey(),
        vault: world.vault,
    };
    let own = world.add_validator("its own validator", u64::MAX);
    world
        .send(&[set.instruction(authority.pubkey())], &[&authority])
        .unwrap();
    world.keeper = authority.insecure_clone();
    // Its validator waits for the time lock, in which stakers can leave; then it can earn its
    // commission on their stake, and no more.
    let early = world.delegate_ix(&own, SOL);
    world.refuse(&[early], &[&authority], VaultError::ValidatorNotOpen);
    world.pass(86_400);
    world.deposit(&bob, 100 * SOL).unwrap();
    world.delegate(&own, 80 * SOL).unwrap();
    world.deactivate(1).unwrap();
    world.reclaim(1).unwrap();
    world.withdraw(&bob, 100 * SOL).unwrap();
    world.withdraw(&alice, 10 * SOL).unwrap();
}

#[test]
fn delegating_to_a_swapped_vote_account() {
    let (mut world, _, bob, vote) = delegated();
    world.deposit(&bob, 100 * SOL).unwrap();
    let keeper = world.keeper.insecure_clone();
    // Another vote account than the listed one.
    let other = world.vote_account("other");
    let mut delegate = world.delegate_ix(&vote, SOL);
    delegate.accounts[4].pubkey = other;
    world.refuse(&[delegate], &[&keeper], VaultError::WrongValidator);
    // The listed address, closed and taken by a program that writes what it likes there.
    let real = world.svm.get_account(&vote).unwrap();
    let taken = Account {
        owner: key("another program").pubkey(),
        ..real
    };
    world.svm.set_account(vote, taken).unwrap();
    let delegate = world.delegate_ix(&vote, SOL);
    world.refuse(
        &[delegate],
        &[&keeper],
        InstructionError::IncorrectProgramId,
    );
}

#[test]
fn reclaim_to_another_payer() {
    let (mut world, _, _, _) = delegated();
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    let thief = world.staker("thief", SOL).pubkey();
    for payer in [thief, world.authority.pubkey(), world.guardian.pubkey()] {
        let mut reclaim = world.reclaim_ix(0);
        reclaim.accounts[5].pubkey = payer;
        world.refuse(&[reclaim], &[], VaultError::WrongRentPayer);
    }
}

#[test]
fn the_same_writable_account_for_two() {
    let (mut world, alice, _, _) = delegated();
    world.open_ticket(&alice, 8 * SOL).unwrap();
    let (pool, twice) = (world.pool, Refusal::duplicate_mutable_account());
    let cases = [
        (world.serve_ticket_ix(0), vec![1, 2]),
        (world.cancel_ticket_ix(&alice.pubkey(), 0), vec![2, 3]),
        (world.harvest_ix(0), vec![0, 2]),
        (world.reclaim_ix(0), vec![0, 2, 3, 4]),
    ];
    for (instruction, indices) in cases {
        for index in indices {
            let mut doubled = instruction.clone();
            doubled.accounts[index].pubkey = pool;
            world.refuse(&[doubled], &signers(&instruction, &alice), twice.clone());
        }
    }
}

/// Alice where an instruction asks for her signature.
fn signers<'a>(instruction: &Instruction, alice: &'a Keypair) -> Vec<&'a Keypair> {
    let signs = instruction.accounts.iter().any(|meta| meta.is_signer);
    signs.then_some(alice).into_iter().collect()
}

#[test]
fn a_donation_to_a_stake_account_is_everyones_yield_and_moves_no_principal() {
    let (mut world, alice, bob, _) = delegated();
    let mallory = world.staker("mallory", 100 * SOL);
    let stake = world.stake_address(0);
    let give = transfer(&mallory.pubkey(), &stake, 3 * SOL);
    let once = std::slice::from_ref(&give);
    world.send(once, &[&mallory]).unwrap();
    world.harvest(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, 3 * SOL);
    assert_eq!(world.pool().price, SOL);
    // Nor does one on the way back stop it, or make more of the pool than its units.
    world.deactivate(0).unwrap();
    world.send(once, &[&mallory]).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    assert_eq!(world.vault().staking.funded_lamports, 6 * SOL);
    world.withdraw(&alice, 40 * SOL).unwrap();
    world.withdraw(&bob, 60 * SOL).unwrap();
    assert_eq!(world.free_lamports(), 0);
}

#[test]
fn closing_with_dust_sent_in() {
    let (mut world, alice, _, _) = delegated();
    world.open_ticket(&alice, 40 * SOL).unwrap();
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    let dusty = [
        world.delegation_address(0),
        world.stake_address(0),
        world.ticket_address(0),
        world.position_address(&alice.pubkey()),
    ];
    for address in dusty {
        let dust = transfer(&alice.pubkey(), &address, 1);
        world.send(&[dust], &[&alice]).unwrap();
    }
    world.reclaim(0).unwrap();
    world.serve_ticket(0).unwrap();
    let close = world.close_ix(&alice.pubkey());
    world.send(&[close], &[&alice]).unwrap();
    for address in dusty {
        assert_eq!(world.lamports(&address), 0);
    }
    assert_eq!(world.vault().staking.funded_lamports, 1);
}
