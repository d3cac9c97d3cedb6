//! Instructions, addresses and yield as the Rust interface makes them, in `clients/vectors.json`: the
//! TypeScript client is held to the same file. `PRIMIS_WRITE_VECTORS=1 cargo test -p primis-client`
//! writes it anew.

mod instructions;
mod owed;

use std::{env, fs, path::Path};

use primis_client::vault::{
    ID, NATIVE_MINT, delegation_address, pool_address, position_address, stake_address,
    ticket_address, tokens_address, validator_address, vault_address,
};
use serde_json::{Value, json};
use solana_address::Address;

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
        "instructions": instructions::told(),
        "owed": owed::told(),
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
