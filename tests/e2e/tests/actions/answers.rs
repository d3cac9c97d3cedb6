//! Every answer of every action, OPTIONS and refusals included, passes the validator; and so does what
//! a client finds by following `actions.json` and the icon.

use anyhow::{Context as _, Result};
use primis_localnet::SOL;
use reqwest::Method;
use solana_signer::Signer as _;

use crate::{
    place::Place,
    validator::{Asked, check},
};

const ACTIONS: [&str; 4] = ["stake", "unstake", "claim", "compound"];

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_the_specification_wants_it() -> Result<()> {
    let place = Place::up().await?;
    let wallet = place.wallet().await?;
    let rules = place.ask(Method::GET, "/actions.json", None).await?;
    check(Asked::Rules, &rules);
    for path in ["/actions.json", "/api/actions/icon.svg", "/api/actions/no"] {
        let answer = place.ask(Method::OPTIONS, path, None).await?;
        check(Asked::Options, &answer);
    }
    let genesis = place.chain.rpc.get_genesis_hash().await?.to_string();
    let expected: String = genesis.chars().take(32).collect();
    assert_eq!(
        rules.header("x-blockchain-ids"),
        format!("solana:{expected}")
    );

    place.act("stake?amount=2", &wallet).await?;
    place.distribute(SOL, &[]).await?;
    for action in ACTIONS {
        let path = format!("/api/actions/{action}");
        let answer = place.ask(Method::OPTIONS, &path, None).await?;
        check(Asked::Options, &answer);
        let shown = place.show(action).await?;
        let icon = shown["icon"].as_str().context("no icon")?;
        check(Asked::Icon, &place.ask(Method::GET, icon, None).await?);
        // Every button does what it says.
        let none = Vec::new();
        let buttons = shown.pointer("/links/actions");
        let buttons = buttons.and_then(|b| b.as_array()).unwrap_or(&none);
        let mut hrefs: Vec<String> = buttons
            .iter()
            .filter_map(|button| Some(button["href"].as_str()?.replace("{amount}", "0.2")))
            .collect();
        if hrefs.is_empty() {
            hrefs.push(path);
        }
        for href in hrefs {
            let path = href.strip_prefix("/api/actions/").context(href.clone())?;
            let built = place.build(path, &wallet).await?;
            let text = built["message"].as_str().context("no message")?;
            assert!(text.len() > 10, "{text}");
        }
        let refused = place
            .ask(Method::GET, &format!("/api/actions/{action}?pool=x"), None)
            .await?;
        check(Asked::Refused, &refused);
        assert_eq!(refused.status, 404);
    }
    // The rate comes from the store, once it has followed the distribution.
    let mut told = String::new();
    for _ in 0..600 {
        let shown = place.show("stake").await?;
        told = shown["description"].as_str().unwrap_or_default().to_owned();
        if told.contains("over the last 7 days") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(told.contains("% APR over the last 7 days"), "{told}");
    assert!(told.contains("At least 0.000000001 SOL"), "{told}");

    let account = wallet.pubkey().to_string();
    let answer = place
        .post("claim", &serde_json::json!({ "account": account }))
        .await?;
    check(Asked::Transaction(&account), &answer);
    place.down().await
}
