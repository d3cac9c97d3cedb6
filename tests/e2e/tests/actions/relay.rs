//! The relay, the faucet and the network's name.

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_localnet::SOL;
use reqwest::Method;
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::place::Place;

async fn refused(place: &Place, transaction: &str) -> Result<Value> {
    let body = json!({ "transaction": transaction });
    let answer = place
        .ask(Method::POST, "/api/transactions", Some(&body))
        .await?;
    assert!(answer.status >= 400, "{}", answer.json());
    Ok(answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_sent_once_however_often_it_is_posted() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let built = place.build("stake?amount=1", &wallet).await?;
    let signed = Place::sign(&built, &wallet)?;
    let first = place.send(&signed).await?;
    let again = place.send(&signed).await?;
    assert_eq!(first, again);
    let found = place
        .chain
        .position(&place.addresses, &wallet.pubkey())
        .await?;
    assert_eq!(found.context("no position")?.units, SOL);
    place.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_fail_or_is_not_ours_is_not_sent() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let built = place.build("stake?amount=1", &wallet).await?;
    let signed = Place::sign(&built, &wallet)?;

    let unsigned = built["transaction"].as_str().context("no transaction")?;
    let told = refused(&place, unsigned).await?;
    assert_eq!(told["code"], "invalid_transaction", "{told}");
    // One bit of the signature.
    let mut bytes = STANDARD.decode(&signed)?;
    bytes[7] ^= 1;
    let told = refused(&place, &STANDARD.encode(&bytes)).await?;
    assert_eq!(told["code"], "invalid_transaction", "{told}");
    // A transfer, by itself no business of the relay's.
    let to = Keypair::new().pubkey();
    let mut data = vec![2, 0, 0, 0];
    data.extend(SOL.to_le_bytes());
    let transfer = solana_instruction::Instruction::new_with_bytes(
        solana_address::Address::default(),
        &data,
        vec![
            solana_instruction::AccountMeta::new(wallet.pubkey(), true),
            solana_instruction::AccountMeta::new(to, false),
        ],
    );
    let foreign = place.chain.sign(&[transfer], &[&wallet]).await?;
    let foreign = STANDARD.encode(wincode::serialize(&foreign)?);
    let told = refused(&place, &foreign).await?;
    assert_eq!(told["code"], "foreign_program", "{told}");

    // The wallet is emptied between building and sending: the program's refusal, in plain words.
    place.act("stake?amount=19.5", &wallet).await?;
    let told = refused(&place, &signed).await?;
    assert_eq!(told["code"], "insufficient_funds", "{told}");
    let unknown = "1111111111111111111111111111111111111111111111111111111111111111";
    let path = format!("/api/transactions/{unknown}");
    let view = place.ok(Method::GET, &path, None).await?;
    assert_eq!(
        view,
        json!({ "signature": unknown, "status": "unknown", "slot": null, "error": null })
    );
    let answer = place
        .ask(Method::GET, "/api/transactions/nonsense", None)
        .await?;
    assert_eq!(answer.status, 400);
    place.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faucet_fills_a_wallet_up_to_a_bound() -> Result<()> {
    let place = Place::up().await?;
    let network = place.ok(Method::GET, "/api/network", None).await?;
    assert_eq!(network["network"], "localnet", "{network:#}");
    assert_eq!(network["chain"], "solana:localnet");
    assert_eq!(network["faucet"], true);
    assert_eq!(network["explorerTransactionUrl"], Value::Null);
    assert_eq!(network["vault"], json!(place.addresses.vault.to_string()));

    let wallet = place.wallet().await?;
    place.chain.set_balance(&wallet.pubkey(), 200 * SOL).await?;
    let body = json!({ "account": wallet.pubkey().to_string() });
    let answer = place.ask(Method::POST, "/api/faucet", Some(&body)).await?;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["code"], "wallet_full");
    let body = json!({ "account": place.addresses.vault.to_string() });
    let answer = place.ask(Method::POST, "/api/faucet", Some(&body)).await?;
    assert_eq!(answer.json()["code"], "invalid_account");
    place.down().await
}
