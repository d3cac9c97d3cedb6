//! Compute units: within the project's limits, and independent of the number of stakers.

use primis_tests_vault::{SOL, World, cu};
use primis_vault_interface::{Layout, Source, accounts::Position, position_address};
use solana_account::Account;
use solana_signer::Signer;

#[test]
fn the_limits_hold() {
    let table = cu::measure();
    for (name, limit) in cu::LIMITS {
        assert!(
            table[name] <= limit,
            "{name} costs {}, the limit is {limit}",
            table[name]
        );
    }
}

#[test]
fn nothing_rose_above_the_committed_table() {
    let text = std::fs::read_to_string(cu::committed_path()).unwrap();
    let committed: cu::Table = serde_json::from_str(&text).unwrap();
    assert_eq!(cu::rises(&cu::measure(), &committed), Vec::<String>::new());
    let lower = committed
        .iter()
        .map(|(name, units)| (name.clone(), units - 1));
    assert_eq!(
        cu::rises(&committed, &lower.collect()).len(),
        committed.len(),
        "one unit more is a rise"
    );
}

#[test]
fn a_distribution_costs_the_same_with_one_and_with_ten_thousand_positions() {
    let cost = |positions: u32| {
        let mut world = World::new();
        let alice = world.staker("alice", 100 * SOL);
        world.deposit(&alice, SOL).unwrap();
        for n in 1..positions {
            add_position(&mut world, n);
        }
        world.pass(600);
        let keeper = world.keeper.insecure_clone();
        let both = [
            world.fund_ix(Source::Compute, SOL),
            world.distribute_ix(Source::Compute, SOL),
        ];
        world
            .send_unchecked(&both, &[&keeper])
            .unwrap()
            .compute_units
    };
    assert_eq!(cost(1), cost(10_000));
}

/// Writes the n-th further position of a SOL as `deposit_sol` leaves it.
fn add_position(world: &mut World, n: u32) {
    let mut seed = [0u8; 32];
    seed[..4].copy_from_slice(&n.to_le_bytes());
    let owner = solana_keypair::Keypair::new_from_array(seed).pubkey();
    let mut position = world
        .position(&primis_tests_vault::key("alice").pubkey())
        .unwrap();
    position.owner = owner;
    let address = position_address(&world.pool, &owner);
    let template = world
        .svm
        .get_account(&world.position_address(&primis_tests_vault::key("alice").pubkey()))
        .unwrap();
    world
        .svm
        .set_account(
            address,
            Account {
                data: position.to_bytes(),
                ..template
            },
        )
        .unwrap();
    let mut pool = world.pool();
    pool.total_units += position.units;
    pool.position_count += 1;
    let mut account = world.svm.get_account(&world.pool).unwrap();
    account.lamports += position.units;
    account.data = pool.to_bytes();
    let at = world.pool;
    world.svm.set_account(at, account).unwrap();
    assert_eq!(Position::SPACE, position.to_bytes().len());
}
