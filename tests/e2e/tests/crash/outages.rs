//! An RPC that errs, loses answers, lags or is gone, without any crash.

use std::time::Duration;

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, TRY_LATER, Verb};

/// An answer that takes longer than a slot, at every call.
const LAG: Duration = Duration::from_millis(600);

/// `run` goes on by itself after this fault; nothing is paid twice.
async fn survives(
    method: &'static str,
    calls: Calls,
    fault: Fault,
    remembered: &[&str],
) -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand.proxy.rule(method, calls, fault);
    stand.recovers(remembered).await?;
    trap.sprung().await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_sending_is_lost() -> Result<()> {
    survives(
        "sendTransaction",
        Calls::First(2),
        Fault::LoseAnswer,
        &["landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_is_refused_at_first() -> Result<()> {
    survives(
        "sendTransaction",
        Calls::First(1),
        Fault::Refuse,
        &["landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_blockhash_at_first() -> Result<()> {
    survives(
        "getLatestBlockhash",
        Calls::First(2),
        Fault::Refuse,
        &["expired", "expired", "landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_simulate_at_first() -> Result<()> {
    survives(
        "simulateTransaction",
        Calls::First(2),
        Fault::LoseAnswer,
        &["expired", "landed"],
    )
    .await
}

/// One call in so many gets lost: it is made again, and the round goes on.
#[tokio::test(flavor = "multi_thread")]
async fn one_answer_to_a_simulation_is_lost() -> Result<()> {
    survives(
        "simulateTransaction",
        Calls::First(1),
        Fault::LoseAnswer,
        &["landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_fees_are_not_known() -> Result<()> {
    survives(
        "getRecentPrioritizationFees",
        Calls::All,
        Fault::Refuse,
        &["landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_not_known_at_first() -> Result<()> {
    survives(
        "getSignatureStatuses",
        Calls::First(3),
        Fault::Refuse,
        &["landed"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_cannot_be_read_after_landing() -> Result<()> {
    survives(
        "getMultipleAccounts",
        Calls::Nth(2),
        Fault::Refuse,
        &["landed"],
    )
    .await
}

/// It landed, the keeper died, and at the next start nobody says what has become of it: that is
/// no statement, and no end is remembered for it.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_not_known_at_the_next_start() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let keeper = stand.start()?;
    trap.sprung().await?;
    stand.landed().await?;
    keeper.kill().await?;
    stand.proxy.heal();

    let _trap = stand
        .proxy
        .rule("getSignatureStatuses", Calls::All, Fault::Refuse);
    let once = stand.verb("once").await?;
    once.error(TRY_LATER)?;
    stand.remembers(&["signed"]).await?;
    stand.proxy.heal();
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// An endpoint that knows recent transactions only answers an error to the question for older
/// ones. A keeper that died after landing is not stuck on it.
#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_keeps_no_history() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let keeper = stand.start()?;
    trap.sprung().await?;
    stand.landed().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    let mut trap = stand
        .proxy
        .rule("getSignatureStatuses", Calls::All, Fault::NoHistory);
    stand.recovers(&["landed"]).await?;
    trap.sprung().await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_takes_longer_than_a_slot() -> Result<()> {
    let stand = Stand::due().await?;
    let mut traps = Vec::new();
    for method in [
        "getMultipleAccounts",
        "getLatestBlockhash",
        "getRecentPrioritizationFees",
        "simulateTransaction",
        "sendTransaction",
        "getSignatureStatuses",
    ] {
        traps.push(stand.proxy.rule(method, Calls::All, Fault::Lag(LAG)));
    }
    stand.recovers(&["landed"]).await?;
    for trap in &mut traps {
        trap.sprung().await?;
    }
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_endpoints_is_down() -> Result<()> {
    let stand = Stand::due().await?;
    let dead = dead_endpoint().await?;
    let config = stand.config_with(
        "two.toml",
        &format!("[{:?}]", stand.proxy.url),
        &format!("[{dead:?}, {:?}]", stand.proxy.url),
    )?;
    let once = Verb::run(&config, "once").await?;
    once.ended(DONE)?;
    assert_eq!(once.events(), ["landed"]);
    stand.distributed_once().await?;
    stand.remembers(&["landed"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_endpoints_are_down() -> Result<()> {
    let stand = Stand::due().await?;
    let dead = dead_endpoint().await?;
    let config = stand.config_with(
        "dead.toml",
        &format!("{:?}", stand.proxy.url),
        &format!("{dead:?}"),
    )?;
    for verb in ["once", "plan", "status", "init-vault"] {
        let ended = Verb::run(&config, verb).await?;
        let error = ended.error(TRY_LATER)?;
        assert!(
            error.contains("no RPC answered") && error.contains(&dead),
            "{verb}: {error}"
        );
    }
    // What was down comes back: nothing stands in the way.
    stand.recovers(&["landed"]).await?;
    stand.chain.stop().await
}

/// An address where nobody listens.
async fn dead_endpoint() -> Result<String> {
    Ok(format!(
        "http://{}",
        primis_localnet::Port::Any.address().await?
    ))
}
