//! Another keeper of the same vault is first. "Already distributed" is success.

use anyhow::Result;
use serde_json::Value;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, TRY_LATER, Verb};

#[tokio::test(flavor = "multi_thread")]
async fn while_this_one_was_down_with_a_signed_attempt() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = stand.start()?;
    trap.sprung().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    stand.another_keeper_distributes().await?;
    stand.recovers(&["superseded"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn between_plan_and_simulation() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("simulateTransaction", Calls::Nth(1), Fault::HoldRequest);
    let config = stand.config();
    let once = tokio::spawn(async move { Verb::run(&config, "once").await });
    trap.sprung().await?;
    stand.another_keeper_distributes().await?;
    trap.release().await?;
    let once = once.await??;
    once.ended(DONE)?;
    assert_eq!(once.events(), ["already_distributed", "waiting"]);
    stand.recovers(&["superseded"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn between_signature_and_landing() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let config = stand.config();
    let once = tokio::spawn(async move { Verb::run(&config, "once").await });
    trap.sprung().await?;
    stand.another_keeper_distributes().await?;
    trap.release().await?;
    let once = once.await??;
    once.ended(DONE)?;
    assert_eq!(once.events(), ["already_distributed", "waiting"]);
    stand.recovers(&["superseded"]).await?;
    stand.chain.stop().await
}

/// Two processes with a memory each, started at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_keepers_at_once() -> Result<()> {
    let stand = Stand::due().await?;
    let memory = stand.path("rival.sqlite");
    let rival = stand.config_with(
        "rival.toml",
        &format!("path = {:?}", stand.memory()),
        &format!("path = {memory:?}"),
    )?;
    let (one, other) = tokio::join!(stand.verb("once"), Verb::run(&rival, "once"));
    let (one, other) = (one?, other?);
    for keeper in [&one, &other] {
        let end = keeper.end()?;
        assert!(
            [DONE, TRY_LATER].contains(&keeper.code),
            "losing a race is no failure: {end}"
        );
    }
    let landed = |keeper: &Verb| keeper.events().contains(&"landed");
    assert!(
        landed(&one) || landed(&other),
        "one of them did it: {one:?} {other:?}"
    );
    stand.distributed_once().await?;

    // Whoever lost finds nothing left to do.
    for config in [&stand.config(), &rival] {
        let again = Verb::run(config, "once").await?;
        again.ended(DONE)?;
        let status = Verb::run(config, "status").await?;
        let open = |attempt: &Value| attempt["state"] == "sent" || attempt["state"] == "signed";
        let attempts = status.ended(DONE)?["attempts"].as_array().cloned();
        assert!(!attempts.unwrap_or_default().iter().any(open), "{status:?}");
    }
    stand.distributed_once().await?;
    stand.chain.stop().await
}
