//! A newcomer with a fresh wallet and nothing but the API: faucet, stake, claim, compound, unstake.

use anyhow::{Context as _, Result};
use primis_localnet::SOL;
use reqwest::Method;
use serde_json::{Value, json};
use solana_signer::Signer as _;

use crate::place::{Place, changed};

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_stakes_earns_and_leaves_with_everything() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let position = async || {
        place
            .chain
            .position(&place.addresses, &wallet.pubkey())
            .await
    };

    let shown = place.show("stake").await?;
    assert_eq!(shown["disabled"], false, "{shown:#}");
    let staked = place.act("stake?amount=1.5", &wallet).await?;
    let units = position().await?.context("no position")?.units;
    assert_eq!(units, 1_500_000_000);
    // What it told: the stake, the fee, and the rent of the position it opened.
    let simulation = &staked["simulation"];
    let lamports = |name: &str| simulation[name].as_str().unwrap().parse::<i128>().unwrap();
    assert!(lamports("rentLamports") > 1_000_000, "{staked:#}");
    assert!(lamports("feeLamports") > 5_000, "{staked:#}");
    assert_eq!(
        changed(&staked, "SOL"),
        Some(-1_500_000_000 - lamports("rentLamports") - lamports("feeLamports"))
    );
    // The second time nothing is opened.
    let again = place.act("stake?amount=0.5&pool=SOL", &wallet).await?;
    assert_eq!(again["simulation"]["rentLamports"], "0");
    assert_eq!(position().await?.context("no position")?.units, 2 * SOL);

    // The API's own view of it follows.
    let path = format!("/api/positions/{}", wallet.pubkey());
    let mut seen = Value::Null;
    for _ in 0..600 {
        seen = place.ok(Method::GET, &path, None).await?;
        if seen["positions"][0]["units"] == json!("2000000000") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(seen["positions"][0]["units"], "2000000000", "{seen:#}");

    place.distribute(2 * SOL, &[]).await?;
    let claimed = place.act("claim", &wallet).await?;
    assert!(changed(&claimed, "SOL") > Some(100_000_000), "{claimed:#}");
    let now = u64::try_from(place.chain.clock().await?.unix_timestamp)?;
    place.travel_to(now + 60).await?;
    place.act("compound", &wallet).await?;
    let compounded = position().await?.context("no position")?;
    assert!(compounded.units > 2 * SOL, "{compounded:?}");

    place.act("unstake?amount=0.5", &wallet).await?;
    let left = position().await?.context("no position")?.units;
    assert_eq!(left, compounded.units - SOL / 2);
    place.act("unstake?amount=all", &wallet).await?;
    assert_eq!(position().await?.context("no position")?.units, 0);
    let (code, _) = place.refusal("unstake?amount=all", &wallet).await?;
    assert_eq!(code, "nothing_staked");
    place.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_are_taken_from_the_body_as_well() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let account = wallet.pubkey().to_string();
    for amount in [json!("0.25"), json!(["0.25"])] {
        let body =
            json!({ "type": "transaction", "account": account, "data": { "amount": amount } });
        let answer = place.post("stake", &body).await?;
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert!(changed(&answer.json(), "SOL") < Some(-250_000_000));
    }
    place.down().await
}
