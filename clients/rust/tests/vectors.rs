//! Instructions, addresses and yield as the Rust interface makes them, in `clients/vectors.json`: the
//! TypeScript client is held to the same file. `PRIMIS_WRITE_VECTORS=1 cargo test -p primis-client`
//! writes it anew.

use std::{env, fs, path::Path};

use primis_client::vault::{
    ID, Layout as _, NATIVE_MINT, U128Le,
    accounts::{Pool, Position},
    delegation_address, instructions as ix, pool_address, position_address, stake_address,
    ticket_address, tokens_address,
    types::{Config, Split},
    validator_address, vault_address,
};
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;

const FILE: &str = "../vectors.json";

/// An address that is nobody's.
fn some(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

#[test]
fn the_committed_vectors_are_what_the_interface_makes() {
    let vectors = json!({
        "program": ID.to_string(),
        "addresses": addresses(),
        "instructions": instructions(),
        "owed": owed(),
    });
    let made = serde_json::to_string_pretty(&vectors).unwrap() + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if env::var_os("PRIMIS_WRITE_VECTORS").is_some() {
        fs::write(&file, &made).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == made,
        "clients/vectors.json is old: PRIMIS_WRITE_VECTORS=1 cargo test -p primis-client"
    );
}

fn addresses() -> Value {
    let vault = vault_address(7);
    let pool = pool_address(&vault, &some(2));
    let of = |name: &str, seeds: Value, at: Address| json!({ "name": name, "seeds": seeds, "address": at.to_string() });
    let text = |address: Address| address.to_string();
    json!([
        of("vault", json!({ "id": "7" }), vault),
        of(
            "pool",
            json!({ "vault": text(vault), "mint": text(NATIVE_MINT) }),
            pool_address(&vault, &NATIVE_MINT)
        ),
        of(
            "pool",
            json!({ "vault": text(vault), "mint": text(some(2)) }),
            pool
        ),
        of(
            "position",
            json!({ "pool": text(pool), "owner": text(some(3)) }),
            position_address(&pool, &some(3))
        ),
        of(
            "tokens",
            json!({ "pool": text(pool) }),
            tokens_address(&pool)
        ),
        of(
            "validator",
            json!({ "pool": text(pool), "vote": text(some(4)) }),
            validator_address(&pool, &some(4))
        ),
        of(
            "delegation",
            json!({ "pool": text(pool), "number": "300" }),
            delegation_address(&pool, 300)
        ),
        of(
            "stake",
            json!({ "pool": text(pool), "number": "300" }),
            stake_address(&pool, 300)
        ),
        of(
            "ticket",
            json!({ "pool": text(pool), "number": "9" }),
            ticket_address(&pool, 9)
        ),
    ])
}

/// Every instruction a staker needs, and one of each other kind of argument.
fn instructions() -> Value {
    let vault = vault_address(7);
    let owner = some(3);
    let pool = pool_address(&vault, &NATIVE_MINT);
    let position = position_address(&pool, &owner);
    let mint = some(2);
    let tokens = pool_address(&vault, &mint);
    let in_tokens = position_address(&tokens, &owner);
    let (token_account, token_program) = (tokens_address(&tokens), some(6));
    let config = Config {
        stream_seconds: 86_400,
        min_spacing_seconds: 60,
        max_distribution_lamports: u64::MAX,
        staking_split: split([7_000, 2_000, 1_000, 0]),
        compute_split: split([5_000, 0, 0, 5_000]),
        subsidy_address: some(11),
        reserve_address: some(12),
        treasury_address: some(13),
    };
    let sol = json!({ "owner": owner.to_string(), "vault": vault.to_string() });
    let of_pool = json!({ "owner": owner.to_string(), "pool": pool.to_string() });
    let of_both =
        json!({ "owner": owner.to_string(), "vault": vault.to_string(), "pool": pool.to_string() });
    let ticket = ticket_address(&pool, 1);
    json!([
        told(
            "depositSol",
            sol.clone(),
            json!({ "lamports": "1500000000" }),
            &ix::DepositSol {
                owner,
                vault,
                pool,
                position
            }
            .instruction(1_500_000_000)
        ),
        told(
            "withdrawSol",
            of_pool.clone(),
            json!({ "units": u64::MAX.to_string() }),
            &ix::WithdrawSol {
                owner,
                pool,
                position
            }
            .instruction(u64::MAX)
        ),
        told(
            "claim",
            of_both.clone(),
            json!({}),
            &ix::Claim {
                owner,
                vault,
                pool,
                position
            }
            .instruction()
        ),
        told(
            "compound",
            sol,
            json!({}),
            &ix::Compound {
                owner,
                vault,
                pool,
                position
            }
            .instruction()
        ),
        told(
            "closePosition",
            of_both,
            json!({}),
            &ix::ClosePosition {
                owner,
                vault,
                pool,
                position
            }
            .instruction()
        ),
        told(
            "emergencyWithdraw",
            of_pool,
            json!({}),
            &ix::EmergencyWithdraw {
                owner,
                pool,
                position
            }
            .instruction()
        ),
        told(
            "openTicket",
            json!({ "owner": owner.to_string(), "pool": pool.to_string(), "ticket": ticket.to_string() }),
            json!({ "units": "5" }),
            &ix::OpenTicket {
                owner,
                pool,
                position,
                ticket
            }
            .instruction(5),
        ),
        told(
            "depositLst",
            json!({
                "owner": owner.to_string(), "vault": vault.to_string(), "pool": tokens.to_string(), "mint": mint.to_string(),
                "source": some(5).to_string(), "tokenAccount": token_account.to_string(), "tokenProgram": token_program.to_string(),
            }),
            json!({ "units": "42" }),
            &ix::DepositLst {
                owner,
                vault,
                pool: tokens,
                position: in_tokens,
                mint,
                source: some(5),
                token_account,
                token_program
            }
            .instruction(42),
        ),
        told(
            "withdrawLst",
            json!({
                "owner": owner.to_string(), "pool": tokens.to_string(), "mint": mint.to_string(), "destination": some(5).to_string(),
                "tokenAccount": token_account.to_string(), "tokenProgram": token_program.to_string(),
            }),
            json!({ "units": "42" }),
            &ix::WithdrawLst {
                owner,
                pool: tokens,
                position: in_tokens,
                mint,
                token_account,
                destination: some(5),
                token_program
            }
            .instruction(42),
        ),
        told(
            "distributeYield",
            json!({ "keeper": some(8).to_string(), "vault": vault.to_string() }),
            json!({ "source": "1", "previousIntervalId": "-1", "intervalId": "1700000000", "lamports": "9" }),
            &ix::DistributeYield {
                keeper: some(8),
                vault
            }
            .instruction(1, -1, 1_700_000_000, 9),
        ),
        told(
            "createVault",
            json!({ "authority": some(9).to_string() }),
            json!({
                "id": "7", "keeper": some(8).to_string(), "guardian": some(10).to_string(), "timelockSeconds": "3600",
                "config": {
                    "streamSeconds": "86400", "minSpacingSeconds": "60", "maxDistributionLamports": u64::MAX.to_string(),
                    "stakingSplit": { "stakersBps": "7000", "subsidyBps": "2000", "reserveBps": "1000", "treasuryBps": "0" },
                    "computeSplit": { "stakersBps": "5000", "subsidyBps": "0", "reserveBps": "0", "treasuryBps": "5000" },
                    "subsidyAddress": some(11).to_string(), "reserveAddress": some(12).to_string(), "treasuryAddress": some(13).to_string(),
                },
            }),
            &ix::CreateVault {
                authority: some(9),
                vault
            }
            .instruction(7, some(8), some(10), 3_600, config),
        ),
    ])
}

fn split([stakers_bps, subsidy_bps, reserve_bps, treasury_bps]: [u16; 4]) -> Split {
    Split {
        stakers_bps,
        subsidy_bps,
        reserve_bps,
        treasury_bps,
    }
}

/// The accounts and arguments a caller gives, and what has to come of them.
fn told(name: &str, accounts: Value, arguments: Value, made: &Instruction) -> Value {
    let metas: Vec<Value> = made
        .accounts
        .iter()
        .map(|meta| {
            json!({ "address": meta.pubkey.to_string(), "signer": meta.is_signer, "writable": meta.is_writable })
        })
        .collect();
    json!({
        "name": name,
        "accounts": accounts,
        "arguments": arguments,
        "metas": metas,
        "data": hex::encode(&made.data),
    })
}

/// What positions are owed while a stream runs, after it, before it, and in an empty pool; with the
/// accounts as they lie on chain.
fn owed() -> Value {
    let rate = (31_709_791u128 << 64) + 12_345;
    let cases = [
        (5_000_000_000, 11_310_000_000, 1_700_000_100),
        (5_000_000_000, 11_310_000_000, 1_700_009_999),
        (5_000_000_000, 11_310_000_000, 1_600_000_000),
        (0, 0, 1_700_000_100),
        (1, 3, 1_700_000_101),
    ];
    let told = cases.map(|(units, total_units, now)| {
        let pool = Pool {
            acc: U128Le::from(7u128 << 60),
            rate: U128Le::from(rate),
            stream_end: 1_700_000_600,
            last_update: 1_700_000_000,
            total_units,
            ..Pool::parse(&[&Pool::DISCRIMINATOR[..], &vec![0; Pool::SPACE - 8]].concat()).unwrap()
        };
        let position = Position {
            units,
            acc: U128Le::from(1u128 << 60),
            owed_lamports: 17,
            owner: some(3),
            ..Position::parse(
                &[&Position::DISCRIMINATOR[..], &vec![0; Position::SPACE - 8]].concat(),
            )
            .unwrap()
        };
        json!({
            "pool": hex::encode(pool.to_bytes()),
            "position": hex::encode(position.to_bytes()),
            "nowUnix": now.to_string(),
            "lamports": position.owed_lamports_at(&pool, now).unwrap().to_string(),
        })
    });
    json!(told)
}
