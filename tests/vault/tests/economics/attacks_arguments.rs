//! Attacks by arguments, by name: the edges of their range in every place, and addresses with another
//! bump than the canonical one.

use primis_tests_vault::{
    Refusal, SOL, World, config,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN},
};
use primis_vault_interface::{ID, Source, instructions as ix, vault_address};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Where sums, products and casts break.
const EDGES: [u64; 8] = [
    0,
    1,
    u32::MAX as u64,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX / 2 + 2,
    u64::MAX - 1,
    u64::MAX,
];

/// A world with a running stream, a delegation, a ticket and a token pool; alice is in both pools.
fn world() -> (World, Lst, Keypair, Address) {
    let mut world = World::new();
    let vote = world.add_validator("validator", u64::MAX);
    let lst = world.add_lst("token", &Mint::of(TOKEN), Oracle::StakePool);
    let alice = world.staker("alice", 1_000 * SOL);
    world.give(&alice.pubkey(), &lst.mint, 100 * SOL);
    world.deposit_lst(&lst, &alice, 10 * SOL).unwrap();
    world.deposit(&alice, 100 * SOL).unwrap();
    world.delegate(&vote, 50 * SOL).unwrap();
    world.open_ticket(&alice, SOL).unwrap();
    world.svm.airdrop(&config().treasury_address, SOL).unwrap();
    world.pass(600);
    world.refresh(&lst).unwrap();
    world.distribute(SOL).unwrap();
    world.pass(600);
    (world, lst, alice, vote)
}

/// Every instruction with a number in it, with `edge` in each place, and who signs.
fn calls(
    world: &World,
    lst: &Lst,
    alice: &Keypair,
    vote: &Address,
    edge: u64,
) -> Vec<(Instruction, Keypair)> {
    let owner = alice.pubkey();
    let (keeper, authority) = (
        world.keeper.insecure_clone(),
        world.authority.insecure_clone(),
    );
    let (by, vault) = (authority.pubkey(), world.vault);
    let of = |who: &Keypair, all: Vec<Instruction>| -> Vec<(Instruction, Keypair)> {
        all.into_iter().map(|i| (i, who.insecure_clone())).collect()
    };
    let last = world.vault().compute.last_interval_id;
    let interval = edge.cast_signed();
    let mut rules = vec![config(); 3];
    rules[0].stream_seconds = edge;
    rules[1].min_spacing_seconds = edge;
    rules[2].max_distribution_lamports = edge;
    let byte = u8::try_from(edge & 0xff).unwrap();
    let mut all = of(
        alice,
        vec![
            world.deposit_ix(&owner, edge),
            world.withdraw_ix(&owner, edge),
            world.open_ticket_ix(&owner, edge),
            world.deposit_lst_ix(lst, &owner, edge),
            world.withdraw_lst_ix(lst, &owner, edge),
        ],
    );
    all.extend(of(
        &keeper,
        vec![
            world.fund_ix(Source::Compute, edge),
            world.fund_ix(Source::Staking, edge),
            world.distribute_ix(Source::Compute, edge),
            world.distribute_interval_ix(Source::Compute, last, interval, 1),
            world.distribute_interval_ix(Source::Compute, interval, world.now(), 1),
            world.distribute_interval_ix(Source::Compute, interval, interval, edge),
            world.delegate_ix(vote, edge),
            ix::SweepBucket {
                signer: keeper.pubkey(),
                vault,
                destination: config().treasury_address,
            }
            .instruction(3, edge),
            ix::SweepBucket {
                signer: keeper.pubkey(),
                vault,
                destination: config().treasury_address,
            }
            .instruction(byte, 1),
        ],
    ));
    let pool = ix::UpdatePool {
        authority: by,
        vault,
        pool: world.pool,
    };
    let tokens = ix::UpdatePool {
        authority: by,
        vault,
        pool: lst.pool,
    };
    let limits = ix::SetPoolLimits {
        authority: by,
        vault,
        pool: world.pool,
    };
    let own = World::create_vault_ix(world, config());
    let mut odd = own.clone();
    odd.data[8..16].copy_from_slice(&edge.to_le_bytes());
    let mut governed = vec![
        pool.instruction(edge, 1, 0),
        pool.instruction(u64::MAX, edge, 0),
        tokens.instruction(edge, 1, 0),
        tokens.instruction(u64::MAX, edge, 0),
        pool.instruction(1, 1, byte),
        limits.instruction(edge, 1_000),
        limits.instruction(u64::MAX, edge),
        world.set_validator_cap_ix(vote, edge),
        world.add_validator_ix(vote, edge),
        ix::SetPause { signer: by, vault }.instruction(byte & 0xfc),
        odd,
    ];
    governed.extend(rules.into_iter().map(|c| {
        ix::ProposeConfig {
            authority: by,
            vault,
        }
        .instruction(c)
    }));
    all.extend(of(&authority, governed));
    all
}

/// What lands leaves the invariants whole (the world sees to it); what does not is refused by name.
#[test]
fn the_edges_of_u64_and_i64_in_every_argument_break_nothing() {
    let (mut refused, mut landed) = (0, 0);
    for edge in EDGES {
        let (reference, lst, alice, vote) = world();
        for at in 0..calls(&reference, &lst, &alice, &vote, edge).len() {
            let (mut world, lst, alice, vote) = world();
            let (instruction, signer) = calls(&world, &lst, &alice, &vote, edge).remove(at);
            match world.send(&[instruction], &[&signer]) {
                Ok(_) => landed += 1,
                Err(Refusal::Vault(_)) => refused += 1,
                // The System, token and stake programs' own words, and Anchor's for an address.
                Err(Refusal::Instruction(InstructionError::Custom(code))) => {
                    assert!([0, 1, 12, 2006].contains(&code), "{edge}, {at}: {code}");
                    refused += 1;
                }
                Err(other) => {
                    let why = [
                        InstructionError::InvalidSeeds,
                        InstructionError::AccountAlreadyInitialized,
                    ];
                    assert!(
                        why.map(Refusal::from).contains(&other),
                        "{edge}, {at}: {other:?}"
                    );
                    refused += 1;
                }
            }
        }
    }
    assert!(
        refused > 100 && landed > 10,
        "{refused} refused, {landed} landed"
    );
}

/// The second address there is for these seeds.
fn not_canonical(seeds: &[&[u8]]) -> Address {
    let mut found = (0..=255u8).rev().filter_map(|bump| {
        let bump = [bump];
        let all: Vec<&[u8]> = seeds.iter().copied().chain([&bump[..]]).collect();
        Address::create_program_address(&all, &ID).ok()
    });
    found.nth(1).unwrap()
}

#[test]
fn no_account_can_be_created_at_a_bump_that_is_not_canonical() {
    let (mut world, _, alice, vote) = world();
    let (pool, owner) = (world.pool, alice.pubkey());
    let (keeper, authority) = (
        world.keeper.insecure_clone(),
        world.authority.insecure_clone(),
    );
    let next = world.pool().delegation_next.to_le_bytes();
    let ticket = world.pool().ticket_next.to_le_bytes();
    let other = world.vote_account("other");
    let bob = world.staker("bob", 100 * SOL);
    let at = |seed: &str, last: &[u8]| not_canonical(&[seed.as_bytes(), pool.as_ref(), last]);
    let mut vault = world.create_vault_ix(config());
    vault.data[8..16].copy_from_slice(&2u64.to_le_bytes());
    vault.accounts[1].pubkey = vault_address(2);
    let cases = [
        (
            vault,
            1,
            not_canonical(&[b"vault", &2u64.to_le_bytes()]),
            &authority,
        ),
        (
            world.deposit_ix(&bob.pubkey(), SOL),
            3,
            at("position", bob.pubkey().as_ref()),
            &bob,
        ),
        (
            world.open_ticket_ix(&owner, SOL),
            3,
            at("ticket", &ticket),
            &alice,
        ),
        (
            world.delegate_ix(&vote, SOL),
            5,
            at("delegation", &next),
            &keeper,
        ),
        (
            world.delegate_ix(&vote, SOL),
            6,
            at("stake", &next),
            &keeper,
        ),
        (
            world.add_validator_ix(&other, SOL),
            4,
            at("validator", other.as_ref()),
            &authority,
        ),
    ];
    for (good, slot, address, signer) in cases {
        let mut bad = good.clone();
        bad.accounts[slot].pubkey = address;
        assert!(world.send(&[bad], &[signer]).is_err(), "slot {slot}");
        assert!(
            world
                .svm
                .get_account(&address)
                .is_none_or(|a| a.lamports == 0)
        );
        world
            .send(&[good], &[signer])
            .map(|_| ())
            .unwrap_or_else(|why| {
                // The first delegation took the next number.
                assert_eq!(slot, 6, "{why:?}");
            });
    }
}
