//! `check-config`: what it finds, and that it touches nothing.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use serde_json::Value;
use solana_keypair::Keypair;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, Verb, output};

/// The messages of a level about a check.
fn findings(verb: &Verb, level: &str, check: &str) -> Result<Vec<String>> {
    let all = verb.end()?["findings"].as_array().context("no findings")?;
    let wanted = all
        .iter()
        .filter(|f| f["level"] == level && f["check"] == check);
    let messages = wanted.filter_map(|finding| finding["message"].as_str());
    Ok(messages.map(str::to_owned).collect())
}

fn has(verb: &Verb, level: &str, check: &str, text: &str) -> Result<()> {
    let found = findings(verb, level, check)?;
    anyhow::ensure!(
        found.iter().any(|message| message.contains(text)),
        "no {level} of {check} with {text:?}: {:?}",
        verb.lines
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_configuration_is_told_so_and_nothing_is_left_behind() -> Result<()> {
    let stand = Stand::due().await?;
    let before = std::fs::read_dir(stand.folder.path())?.count();
    let check = stand.call(&["check-config"]).await?;
    let shown = check.ended(DONE)?;
    assert_eq!(shown["error_count"], 0, "{shown}");
    for (check_name, text) in [
        ("keeper", "is the vault's keeper"),
        ("chain.rpc_urls", "answers"),
        ("vault", "exists"),
        ("price", "$150"),
        ("revenue", "$"),
        ("memory.path", "will be created"),
        ("wallet", "holds"),
    ] {
        has(&check, "ok", check_name, text)?;
    }
    has(&check, "warning", "revenue.kind", "demonstrations")?;
    assert_eq!(std::fs::read_dir(stand.folder.path())?.count(), before);
    assert_eq!(stand.proxy.calls("sendTransaction"), 0);
    assert_eq!(stand.proxy.calls("simulateTransaction"), 0);

    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(stand.path("keeper.json"), mode)?;
    let open = stand.call(&["check-config", "--offline"]).await?;
    open.ended(DONE)?;
    has(&open, "warning", "chain.keypair_path", "chmod 600")?;

    let (code, said, _) = output(&stand.config(), &["check-config"]).await?;
    assert_eq!(code, DONE);
    assert!(said.contains("the keeper can run"), "{said}");
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_found_at_once() -> Result<()> {
    let stand = Stand::due().await?;
    let busy = std::net::TcpListener::bind("127.0.0.1:0")?;
    let listen = format!("ops.listen={}", busy.local_addr()?);
    let wrong = [
        "--set",
        "schedule.interval_seconds=0",
        "--set",
        "chain.keypair_path=nowhere.json",
        "--set",
        "memory.path=/nowhere/keeper.sqlite",
        "--set",
        "price.kind=hermes",
        "--set",
        "alerts.webhook_url_path=nowhere.url",
        "--set",
        &listen,
        "check-config",
        "--offline",
    ];
    let check = stand.call(&wrong).await?;
    check.ended(NEEDS_PERSON)?;
    for (name, text) in [
        ("schedule.interval_seconds", "set 600"),
        ("chain.keypair_path", "nowhere.json"),
        ("memory.path", "create the folder"),
        ("price", "price.hermes"),
        ("alerts", "nowhere.url"),
        ("ops.listen", "choose another"),
    ] {
        has(&check, "error", name, text)?;
    }
    let unread = stand
        .call(&["--set", "schedule.interval=1", "check-config"])
        .await?;
    unread.ended(NEEDS_PERSON)?;
    has(&unread, "error", "configuration", "sample-config")?;

    stand.write_key("stranger.json", &Keypair::new())?;
    let key = format!(
        "chain.keypair_path={}",
        stand.path("stranger.json").display()
    );
    let stranger = stand.call(&["--set", &key, "check-config"]).await?;
    stranger.ended(NEEDS_PERSON)?;
    has(&stranger, "error", "keeper", "set_keeper")?;
    has(&stranger, "error", "wallet", "send SOL")?;

    let urls = format!("chain.rpc_urls={},http://127.0.0.1:1", stand.proxy.url);
    let half = stand.call(&["--set", &urls, "check-config"]).await?;
    half.ended(DONE)?;
    has(&half, "warning", "chain.rpc_urls", "127.0.0.1:1")?;
    let dead = stand
        .call(&["--set", "chain.rpc_urls=http://127.0.0.1:1", "check-config"])
        .await?;
    dead.ended(NEEDS_PERSON)?;
    has(&dead, "error", "chain.rpc_urls", "check the address")?;
    let shown: Vec<&Value> = dead.lines.iter().collect();
    assert_eq!(shown.len(), 1, "one document");
    stand.chain.stop().await
}
