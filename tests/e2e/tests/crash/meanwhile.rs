//! The chain changes between a simulation and the landing of what was simulated.

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::DONE;

/// It takes more compute units then than it was simulated with: the stream that everybody left goes on.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_stakes_again_while_a_distribution_is_on_its_way() -> Result<()> {
    let mut stand = Stand::empty().await?;
    let staker = stand.staker().await?;
    stand.pass_windows(1).await?;
    stand.verb("once").await?.ended(DONE)?;
    staker.withdraw_all(&stand.chain).await?;
    stand.next_window().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = stand.start()?;
    trap.sprung().await?;
    stand.staker().await?;
    trap.release().await?;
    stand.prints("keeper", "landed", 1).await?;
    keeper.stop().await?;
    stand.remembers(&["landed", "landed"]).await?;
    stand.chain.stop().await
}
