//! The keeper's memory is lost between a crash and the next start. It is no authority: the chain
//! says where the last distribution ended, and the window is still distributed once.

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::trap::{Calls, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn signed_never_sent_and_forgotten() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = stand.start()?;
    trap.sprung().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    stand.forget()?;
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn landed_and_forgotten() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let keeper = stand.start()?;
    trap.sprung().await?;
    stand.landed().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    stand.forget()?;
    stand.recovers(&[]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// The worst order: the forgotten transaction arrives after its successor has landed. Both were
/// valid when they were signed; the program takes one.
#[tokio::test(flavor = "multi_thread")]
async fn forgotten_on_its_way_and_late() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = stand.start()?;
    trap.sprung().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    let late = stand.attempts().await?[0]["signature"].clone();
    stand.forget()?;
    // Over the same blockhash it would be the same transaction.
    stand.next_block().await?;
    stand.run_until_idle().await?;
    stand.distributed_once().await?;
    let landed = stand.attempts().await?[0]["signature"].clone();
    assert_ne!(late, landed, "two transactions for one window");

    trap.release().await?;
    stand.next_block().await?;
    stand.next_block().await?;
    stand.recovers(&["landed"]).await?;
    let late = late.as_str().unwrap_or_default().parse()?;
    let status = stand.chain.rpc.get_signature_status(&late).await?;
    assert!(
        !matches!(status, Some(Ok(()))),
        "the late one was executed and refused, or never taken: {status:?}"
    );
    stand.chain.stop().await
}
