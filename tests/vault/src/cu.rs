//! Compute units of each instruction, as LiteSVM meters them, in the state an instruction
//! usually meets: a stream running, time passed since the last settlement, yield earned.

mod base_staking;
mod tokens;

use std::path::PathBuf;

use primis_vault_interface::{Source, instructions as ix};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{SOL, World, config};

/// A committed table: instruction to compute units.
pub type Table = std::collections::BTreeMap<String, u64>;

/// Most compute units the project allows itself for the instructions people pay for most.
pub const LIMITS: [(&str, u64); 8] = [
    ("deposit_sol", 3_000),
    ("withdraw_sol", 2_000),
    ("claim", 1_500),
    ("fund_and_distribute", 6_000),
    // With the token program's part.
    ("deposit_lst", 5_000),
    ("withdraw_lst", 5_000),
    ("claim_lst", 1_500),
    // Over the SOL pool and four token pools.
    ("distribute_yield_with_4_prices", 15_000),
];

/// A world where two stakers earn, a quarter of an hour into a stream.
fn earning() -> (World, Keypair) {
    let mut world = World::new();
    let alice = world.staker("alice", 1_000 * SOL);
    let bob = world.staker("bob", 1_000 * SOL);
    world.deposit(&alice, 10 * SOL).expect("deposit");
    world.deposit(&bob, 7 * SOL + 1).expect("deposit");
    world.pass(600);
    world.distribute(126_801_117).expect("distribute");
    world.pass(901);
    (world, alice)
}

/// Where the committed table lies.
pub fn committed_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("compute-units.json")
}

/// What got worse: each instruction that costs more than committed, or that one side lacks.
pub fn rises(measured: &Table, committed: &Table) -> Vec<String> {
    let risen = measured
        .iter()
        .filter(|(name, units)| committed.get(*name).is_none_or(|before| *units > before))
        .map(|(name, units)| match committed.get(name) {
            Some(before) => format!("{name}: {units}, committed {before}"),
            None => format!("{name}: {units}, not in the committed table"),
        });
    let gone = committed
        .keys()
        .filter(|name| !measured.contains_key(*name));
    risen
        .chain(gone.map(|name| format!("{name}: committed, not measured")))
        .collect()
}

/// Measures every instruction.
pub fn measure() -> Table {
    let mut table = Table::new();
    lifecycle(&mut table);
    staking(&mut table);
    base_staking::base_staking(&mut table);
    tokens::tokens(&mut table);
    yields(&mut table);
    governance(&mut table);
    table
}

fn put(
    table: &mut Table,
    name: &str,
    world: &mut World,
    instructions: &[Instruction],
    signers: &[&Keypair],
) {
    let outcome = world
        .send(instructions, signers)
        .unwrap_or_else(|why| panic!("{name}: {why:?}"));
    table.insert(name.to_owned(), outcome.compute_units);
}

fn lifecycle(table: &mut Table) {
    let mut world = World::bare();
    let authority = world.authority.insecure_clone();
    let create = world.create_vault_ix(config());
    put(table, "create_vault", &mut world, &[create], &[&authority]);
    let add = world.add_pool_ix();
    put(table, "add_pool", &mut world, &[add], &[&authority]);
    let update = ix::UpdatePool {
        authority: authority.pubkey(),
        vault: world.vault,
        pool: world.pool,
    }
    .instruction(2 * SOL, SOL, 0);
    put(table, "update_pool", &mut world, &[update], &[&authority]);
    let carol = world.staker("carol", 100 * SOL);
    let open = ix::OpenPosition {
        payer: carol.pubkey(),
        pool: world.pool,
        position: world.position_address(&carol.pubkey()),
    };
    put(
        table,
        "open_position",
        &mut world,
        &[open.instruction(carol.pubkey())],
        &[&carol],
    );
    let close = world.close_ix(&carol.pubkey());
    put(table, "close_position", &mut world, &[close], &[&carol]);
}

fn staking(table: &mut Table) {
    type Make = fn(&World, &Address) -> Instruction;
    let cases: [(&str, Make); 5] = [
        ("deposit_sol", |w, o| w.deposit_ix(o, 3 * SOL)),
        ("withdraw_sol", |w, o| w.withdraw_ix(o, 2 * SOL)),
        ("claim", |w, o| w.claim_ix(o)),
        ("compound", |w, o| w.compound_ix(o)),
        ("emergency_withdraw", |w, o| w.emergency_ix(o)),
    ];
    for (name, make) in cases {
        let (mut world, alice) = earning();
        let instruction = make(&world, &alice.pubkey());
        put(table, name, &mut world, &[instruction], &[&alice]);
    }
    let (mut world, _) = earning();
    let dave = world.staker("dave", 100 * SOL);
    let first = world.deposit_ix(&dave.pubkey(), SOL);
    put(
        table,
        "deposit_sol_opening_the_position",
        &mut world,
        &[first],
        &[&dave],
    );
}

fn yields(table: &mut Table) {
    let (mut world, _) = earning();
    let keeper = world.keeper.insecure_clone();
    let both = [
        world.fund_ix(Source::Compute, 126_801_119),
        world.distribute_ix(Source::Compute, 126_801_119),
    ];
    put(table, "fund_and_distribute", &mut world, &both, &[&keeper]);
    // Simulated like this, it lands with more to do where somebody stakes meanwhile.
    let mut empty = World::new();
    let keeper_of_empty = empty.keeper.insecure_clone();
    empty.pass(600);
    let nobody = [
        empty.fund_ix(Source::Compute, 126_801_119),
        empty.distribute_ix(Source::Compute, 126_801_119),
    ];
    put(
        table,
        "fund_and_distribute_with_nobody_staked",
        &mut empty,
        &nobody,
        &[&keeper_of_empty],
    );
    world.pass(600);
    let fund = world.fund_ix(Source::Compute, 126_801_119);
    put(table, "fund", &mut world, &[fund], &[&keeper]);
    let distribute = world.distribute_ix(Source::Compute, 126_801_119);
    put(
        table,
        "distribute_yield",
        &mut world,
        &[distribute],
        &[&keeper],
    );
    let treasury = config().treasury_address;
    world.svm.airdrop(&treasury, SOL).expect("airdrop");
    let sweep = ix::SweepBucket {
        signer: keeper.pubkey(),
        vault: world.vault,
        destination: treasury,
    }
    .instruction(3, 1_000);
    put(table, "sweep_bucket", &mut world, &[sweep], &[&keeper]);
}

fn governance(table: &mut Table) {
    let (mut world, _) = earning();
    let (authority, next) = (world.authority.insecure_clone(), world.staker("next", SOL));
    let (by, vault) = (authority.pubkey(), world.vault);
    let propose = ix::ProposeConfig {
        authority: by,
        vault,
    }
    .instruction(config());
    put(
        table,
        "propose_config",
        &mut world,
        std::slice::from_ref(&propose),
        &[&authority],
    );
    put(
        table,
        "cancel_config",
        &mut world,
        &[ix::CancelConfig {
            authority: by,
            vault,
        }
        .instruction()],
        &[&authority],
    );
    world
        .send(&[propose], &[&authority])
        .expect("propose_config");
    world.pass(86_400);
    put(
        table,
        "apply_config",
        &mut world,
        &[ix::ApplyConfig { vault }.instruction()],
        &[],
    );
    put(
        table,
        "set_pause",
        &mut world,
        &[ix::SetPause { signer: by, vault }.instruction(3)],
        &[&authority],
    );
    put(
        table,
        "set_keeper",
        &mut world,
        &[ix::SetKeeper {
            authority: by,
            vault,
        }
        .instruction(by)],
        &[&authority],
    );
    put(
        table,
        "set_guardian",
        &mut world,
        &[ix::SetGuardian {
            authority: by,
            vault,
        }
        .instruction(by)],
        &[&authority],
    );
    let propose = ix::ProposeAuthority {
        authority: by,
        vault,
    }
    .instruction(next.pubkey());
    put(
        table,
        "propose_authority",
        &mut world,
        &[propose],
        &[&authority],
    );
    let accept = ix::AcceptAuthority {
        new_authority: next.pubkey(),
        vault,
    }
    .instruction();
    put(table, "accept_authority", &mut world, &[accept], &[&next]);
}
