//! Other programs are metered as they are metered on chain; ours, as a stranger, costs what it costs.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_tests_vault::{SOL, World, peers};
use primis_vault_interface::ID;
use serde_json::{Value, json};
use solana_signer::Signer;

#[test]
fn a_program_from_files_costs_what_it_costs_in_the_world() {
    let mut world = World::new();
    let alice = world.staker("alice", 100 * SOL);
    world.deposit(&alice, 10 * SOL).unwrap();
    world.pass(60);
    let withdraw = world.withdraw_ix(&alice.pubkey(), SOL);
    let now = world.now();

    let folder = tempfile::tempdir().unwrap();
    let accounts: Vec<String> = withdraw
        .accounts
        .iter()
        .enumerate()
        .map(|(n, meta)| {
            let account = world.svm.get_account(&meta.pubkey).unwrap();
            let dumped = json!({
                "pubkey": meta.pubkey.to_string(),
                "account": {
                    "lamports": account.lamports,
                    "data": [STANDARD.encode(&account.data), "base64"],
                    "owner": account.owner.to_string(),
                    "executable": false, "rentEpoch": u64::MAX, "space": account.data.len(),
                },
            });
            let name = format!("{n}.json");
            fs::write(folder.path().join(&name), dumped.to_string()).unwrap();
            name
        })
        .collect();
    let fixture = json!({
        "name": "a stranger's withdrawal",
        "programs": [{ "address": ID.to_string(), "so": primis_tests_vault::program_path() }],
        "accounts": accounts,
        "clock": { "slot": 5, "epoch": 0, "unix_timestamp": now },
        "instruction": {
            "program": ID.to_string(),
            "accounts": withdraw.accounts.iter().map(|meta| json!({
                "address": meta.pubkey.to_string(), "signer": meta.is_signer, "writable": meta.is_writable,
            })).collect::<Vec<Value>>(),
            "data": withdraw.data.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        },
    });
    let file = folder.path().join("fixture.json");
    fs::write(&file, fixture.to_string()).unwrap();

    let metered = peers::measure(&file).unwrap();
    let ours = world.send(&[withdraw], &[&alice]).unwrap();
    assert_eq!(
        metered,
        ("a stranger's withdrawal".to_owned(), ours.compute_units)
    );
}

#[test]
fn what_cannot_be_metered_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fixture.json");
    let error = |text: &str| {
        fs::write(&file, text).unwrap();
        format!("{:#}", peers::measure(&file).unwrap_err())
    };
    assert!(error("{}").contains("is no fixture"));
    let missing = json!({
        "name": "x", "programs": [{ "address": ID.to_string(), "so": "absent.so" }], "accounts": [],
        "instruction": { "program": ID.to_string(), "accounts": [], "data": "" },
    });
    assert!(error(&missing.to_string()).contains("absent.so"));
    let odd = json!({
        "name": "x", "programs": [], "accounts": [],
        "instruction": { "program": ID.to_string(), "accounts": [], "data": "abc" },
    });
    assert!(error(&odd.to_string()).contains("not hexadecimal"));
}
