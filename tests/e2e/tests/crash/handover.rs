//! Two keepers: a backup with the same key, and one with another wallet that the authority names
//! while both run.

use anyhow::Result;
use primis_localnet::SOL;
use primis_tests_e2e::proxy::Proxy;
use primis_tests_e2e::stand::{KEEPER, Stand};
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, Verb};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

/// How much later the backup acts, seconds.
const DELAY_SECONDS: i64 = 300;

/// A second keeper with a wallet of its own, `other.toml`.
async fn other_wallet(stand: &Stand) -> Result<Keypair> {
    let other = Keypair::new();
    stand.write_key("other.json", &other)?;
    stand.chain.set_balance(&other.pubkey(), 10 * SOL).await?;
    stand.write_config("other", &[("keeper.json", "other.json")])?;
    Ok(other)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_names_another_and_both_go_on() -> Result<()> {
    let mut stand = Stand::due().await?;
    let other = other_wallet(&stand).await?;
    let standby = stand.start_as("other")?;
    let said = stand.prints("other", "standby", 1).await?;
    assert_eq!(said["keeper"], stand.roles.keeper.pubkey().to_string());
    let active = stand.start()?;
    stand.prints(KEEPER, "landed", 1).await?;
    let mut windows = vec![stand.window];

    stand.set_keeper(&other.pubkey()).await?;
    let said = stand.prints(KEEPER, "standby", 1).await?;
    assert_eq!(said["keeper"], other.pubkey().to_string());
    stand.next_window().await?;
    stand.prints("other", "landed", 1).await?;
    windows.push(stand.window);

    // And back.
    stand.set_keeper(&stand.roles.keeper.pubkey()).await?;
    stand.prints("other", "standby", 2).await?;
    stand.next_window().await?;
    stand.prints(KEEPER, "landed", 2).await?;
    windows.push(stand.window);
    stand.distributed(&windows).await?;
    active.stop().await?;
    standby.stop().await?;
    for name in [KEEPER, "other"] {
        let printed = stand.printed_by(name);
        assert!(
            !printed.iter().any(|line| line["event"] == "error"),
            "{printed:?}"
        );
    }
    stand.chain.stop().await
}

/// The one that is replaced has a transaction on its way: it can no longer land, the other
/// distributes the window, and the first comes to rest by itself.
#[tokio::test(flavor = "multi_thread")]
async fn replaced_with_a_transaction_on_its_way() -> Result<()> {
    let stand = Stand::due().await?;
    let other = other_wallet(&stand).await?;
    // The other has an RPC that works.
    let way = Proxy::to(stand.chain.rpc_url()).await?;
    stand.write_config(
        "other",
        &[("keeper.json", "other.json"), (&stand.proxy.url, &way.url)],
    )?;
    let mut held = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let thrown = Fault::Pretend(json!(
        "1111111111111111111111111111111111111111111111111111111111111111"
    ));
    let _thrown = stand.proxy.rule("sendTransaction", Calls::All, thrown);
    let replaced = stand.start()?;
    held.sprung().await?;
    let standby = stand.start_as("other")?;
    stand.prints("other", "standby", 1).await?;

    stand.set_keeper(&other.pubkey()).await?;
    held.release().await?;
    stand.prints("other", "landed", 1).await?;
    stand.prints(KEEPER, "standby", 1).await?;
    stand.remembers_of(KEEPER, &["superseded"]).await?;
    stand.remembers_of("other", &["landed"]).await?;
    stand.distributed(&[stand.window]).await?;
    replaced.stop().await?;
    standby.stop().await?;
    stand.chain.stop().await
}

/// Same key. While the primary works the backup has nothing to do; when it is gone the backup
/// distributes, later by its delay.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_acts_only_where_the_primary_has_not() -> Result<()> {
    let mut stand = Stand::due().await?;
    let delay = format!("settle_grace_seconds = 1\nbackup_delay_seconds = {DELAY_SECONDS}");
    stand.write_config("backup", &[("settle_grace_seconds = 1", &delay)])?;
    let backup = stand.start_as("backup")?;
    let waiting = stand.prints("backup", "waiting", 1).await?;
    assert_eq!(
        waiting["until_unix_seconds"],
        stand.window.1 + 1 + DELAY_SECONDS
    );
    let primary = stand.start()?;
    stand.prints(KEEPER, "landed", 1).await?;
    let first = stand.window;
    let past = u64::try_from(first.1 + DELAY_SECONDS + 5)?;
    stand.chain.travel_to(past).await?;
    stand.prints("backup", "waiting", 2).await?;
    assert!(
        stand
            .printed_by("backup")
            .iter()
            .all(|line| line["event"] != "landed")
    );

    primary.kill().await?;
    stand.next_window().await?;
    // Due, and not yet the backup's turn.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(stand.distributed_until().await?, first.1);
    let past = u64::try_from(stand.window.1 + DELAY_SECONDS + 5)?;
    stand.chain.travel_to(past).await?;
    stand.prints("backup", "landed", 1).await?;
    stand.distributed(&[first, stand.window]).await?;
    backup.stop().await?;
    stand.chain.stop().await
}

/// Two that run with one key and no delay race for every window.
#[tokio::test(flavor = "multi_thread")]
async fn two_that_race_distribute_each_window_once() -> Result<()> {
    let mut stand = Stand::due().await?;
    stand.write_config("rival", &[])?;
    let (one, other) = (stand.start()?, stand.start_as("rival")?);
    let mut windows = Vec::new();
    for _ in 0..3 {
        stand.landed().await?;
        windows.push(stand.window);
        stand.next_window().await?;
    }
    stand.landed().await?;
    windows.push(stand.window);
    for name in [KEEPER, "rival"] {
        // Whoever lost has come to rest too.
        let end = stand.window.1;
        primis_tests_e2e::stand::until("both at rest", async || {
            let printed = stand.printed_by(name);
            Ok(printed.last().is_some_and(|line: &Value| {
                line["event"] == "waiting" && line["until_unix_seconds"].as_i64() > Some(end)
            }))
        })
        .await?;
    }
    one.stop().await?;
    other.stop().await?;
    stand.distributed(&windows).await?;
    let again = Verb::run(&stand.path("rival.toml"), "once").await?;
    assert_eq!(again.ended(DONE)?["event"], "waiting");
    stand.chain.stop().await
}
