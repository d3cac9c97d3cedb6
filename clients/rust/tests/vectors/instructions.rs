//! Instructions of the interface, with what a caller gives and what comes of it.

use primis_client::vault::{
    NATIVE_MINT, instructions as ix, pool_address, position_address, ticket_address,
    tokens_address,
    types::{Config, Split},
    vault_address,
};
use serde_json::{Value, json};
use solana_instruction::Instruction;

use crate::some;

/// Every instruction a staker needs, and one of each other kind of argument.
pub fn told() -> Value {
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
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
        case(
            "distributeYield",
            json!({ "keeper": some(8).to_string(), "vault": vault.to_string() }),
            json!({ "source": "1", "previousIntervalId": "-1", "intervalId": "1700000000", "lamports": "9" }),
            &ix::DistributeYield {
                keeper: some(8),
                vault
            }
            .instruction(1, -1, 1_700_000_000, 9),
        ),
        case(
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
fn case(name: &str, accounts: Value, arguments: Value, made: &Instruction) -> Value {
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
