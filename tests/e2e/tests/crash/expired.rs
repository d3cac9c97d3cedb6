//! A transaction that was signed and can never land: nothing new is signed before that is certain.

use anyhow::Result;
use serde_json::json;

use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::trap::{Calls, Fault};

/// A well-formed answer to `sendTransaction`, by an endpoint that throws the bytes away.
const ANY_SIGNATURE: &str = "1111111111111111111111111111111111111111111111111111111111111111";

#[tokio::test(flavor = "multi_thread")]
async fn signed_then_down_for_longer_than_a_blockhash_lives() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = stand.start()?;
    trap.sprung().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    stand.outlive_blockhashes().await?;
    stand.recovers(&["expired", "landed"]).await?;
    stand.keeper_paid_fees(1).await?;

    // The chain does not take what it outlived.
    trap.release().await?;
    stand.next_block().await?;
    stand.recovers(&["expired", "landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// An endpoint says yes and forgets. The same bytes are sent again and again; a second
/// transaction is signed only once the first is past its limit.
#[tokio::test(flavor = "multi_thread")]
async fn taken_and_thrown_away_by_the_endpoint() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand.proxy.rule(
        "sendTransaction",
        Calls::All,
        Fault::Pretend(json!(ANY_SIGNATURE)),
    );
    let keeper = stand.start()?;
    trap.sprung_times(2).await?;
    stand.remembers(&["sent"]).await?;
    assert_eq!(
        stand.proxy.calls("simulateTransaction"),
        1,
        "nothing new was prepared"
    );
    stand.outlive_blockhashes().await?;
    until("the verdict and a second attempt", async || {
        let attempts = stand.attempts().await?;
        Ok(attempts.len() == 2 && attempts[1]["state"] == "sent")
    })
    .await?;
    keeper.kill().await?;
    stand.remembers(&["expired", "sent"]).await?;
    stand.proxy.heal();
    stand.recovers(&["expired", "landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// Thrown away at first, and landing by the second sending of the same bytes.
#[tokio::test(flavor = "multi_thread")]
async fn thrown_away_once_and_sent_again() -> Result<()> {
    let stand = Stand::due().await?;
    let _trap = stand.proxy.rule(
        "sendTransaction",
        Calls::Nth(1),
        Fault::Pretend(json!(ANY_SIGNATURE)),
    );
    stand.recovers(&["landed"]).await?;
    assert!(stand.proxy.calls("sendTransaction") >= 2);
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}
