//! What cannot be: each with its code, and in words that say what to do.

use anyhow::Result;
use primis_localnet::SOL;
use primis_vault_interface::instructions::{SetPause, UpdatePool};
use reqwest::Method;
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::{
    place::Place,
    validator::{Asked, check},
};

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_told_so() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let empty = Keypair::new();
    for (path, wallet, code, part) in [
        ("stake", &wallet, "invalid_amount", "how much"),
        ("stake?amount=x", &wallet, "invalid_amount", "number"),
        ("stake?amount=-1", &wallet, "invalid_amount", "number"),
        (
            "stake?amount=0",
            &wallet,
            "invalid_amount",
            "more than zero",
        ),
        ("stake?amount=all", &wallet, "invalid_amount", "number"),
        (
            "stake?amount=0.0000000001",
            &wallet,
            "invalid_amount",
            "decimals",
        ),
        (
            "stake?amount=99999999999999999999",
            &wallet,
            "invalid_amount",
            "larger",
        ),
        (
            "stake?amount=20",
            &wallet,
            "insufficient_funds",
            "holds 20 SOL",
        ),
        (
            "stake?amount=1",
            &empty,
            "insufficient_funds",
            "holds 0 SOL",
        ),
        (
            "stake?amount=1&pool=nonsense",
            &wallet,
            "unknown_pool",
            "no such pool",
        ),
        (
            "stake?amount=1&pool=So11111111111111111111111111111111111111113",
            &wallet,
            "unknown_pool",
            "no such pool",
        ),
        ("unstake", &wallet, "invalid_amount", "how much"),
        (
            "unstake?amount=1",
            &wallet,
            "nothing_staked",
            "no SOL staked",
        ),
        (
            "unstake?amount=all",
            &empty,
            "nothing_staked",
            "no SOL staked",
        ),
        ("claim", &wallet, "nothing_to_claim", "no stake"),
        ("compound", &wallet, "nothing_to_claim", "no stake"),
        ("gamble", &wallet, "unknown_action", "stake"),
    ] {
        let (found, text) = place.refusal(path, wallet).await?;
        assert_eq!(found, code, "{path}: {text}");
        assert!(text.contains(part), "{path}: {text}");
    }
    place.act("stake?amount=2", &wallet).await?;
    for (path, code, part) in [
        ("unstake?amount=2.5", "insufficient_funds", "2 SOL staked"),
        ("claim", "nothing_to_claim", "try later"),
    ] {
        let (found, text) = place.refusal(path, &wallet).await?;
        assert_eq!(found, code, "{path}: {text}");
        assert!(text.contains(part), "{path}: {text}");
    }
    // A wallet that is no wallet.
    let vault = place.addresses.vault.to_string();
    let program = primis_vault_interface::ID.to_string();
    for account in [&vault[..], "", "x", &program] {
        let answer = place
            .post("stake?amount=1", &json!({ "account": account }))
            .await?;
        check(Asked::Refused, &answer);
        assert_eq!(answer.json()["code"], "invalid_account", "{account}");
    }
    for body in [json!({}), json!([]), json!({ "account": 1 })] {
        let answer = place.post("claim", &body).await?;
        check(Asked::Refused, &answer);
        assert_eq!(answer.json()["code"], "invalid_body", "{body}");
    }
    for method in [Method::PUT, Method::DELETE] {
        let answer = place.ask(method, "/api/actions/stake", None).await?;
        check(Asked::Refused, &answer);
        assert_eq!(answer.status, 405);
    }
    place.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vault_forbids_is_told_before_signing() -> Result<()> {
    let place = Place::up().await?;
    let (chain, authority) = (&place.chain, &place.roles.authority);
    let wallet = place.wallet().await?;
    place.act("stake?amount=2", &wallet).await?;
    place.distribute(SOL, &[]).await?;
    let update = UpdatePool {
        authority: authority.pubkey(),
        vault: place.addresses.vault,
        pool: place.addresses.pool,
    };
    // Between half a SOL and three SOL in all, of which two are there.
    chain
        .send(&[update.instruction(3 * SOL, SOL / 2, 0)], &[authority])
        .await?;
    for (path, code, part) in [
        ("stake?amount=0.4", "below_minimum", "0.5 SOL"),
        ("stake?amount=1.000000001", "cap_exceeded", "1 SOL more"),
    ] {
        let (found, text) = place.refusal(path, &wallet).await?;
        assert_eq!(found, code, "{text}");
        assert!(text.contains(part), "{text}");
    }
    let shown = place.show("stake").await?;
    let buttons = shown["links"]["actions"].as_array().unwrap();
    let input = &buttons.last().unwrap()["parameters"][0];
    assert_eq!((&input["min"], &input["max"]), (&json!(0.5), &json!(1.0)));
    // Of the amounts on buttons only the one that fits.
    assert_eq!(buttons.len(), 2, "{shown:#}");

    let paused = SetPause {
        signer: authority.pubkey(),
        vault: place.addresses.vault,
    };
    for (instruction, code) in [
        (update.instruction(9 * SOL, 1, 1), "pool_closed"),
        (paused.instruction(1), "deposits_paused"),
    ] {
        chain.send(&[instruction], &[authority]).await?;
        for path in ["stake?amount=1", "compound"] {
            assert_eq!(place.refusal(path, &wallet).await?.0, code, "{path}");
            let shown = place.show(path).await?;
            assert_eq!(shown["disabled"], true, "{shown:#}");
            let why = shown["error"]["message"].as_str().unwrap();
            assert!(why.contains("withdrawals and claims are not"), "{why}");
        }
        assert_eq!(place.show("unstake").await?["disabled"], false);
    }
    // The way out is open whatever is closed.
    place.act("claim", &wallet).await?;
    place.act("unstake?amount=all", &wallet).await?;
    place.down().await
}
