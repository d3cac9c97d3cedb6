//! SIGKILL at each step of an attempt, by what has reached the chain and what the keeper has heard
//! of it. Started again on the same memory, it distributes the window once.

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::trap::{Calls, Fault};

/// A moment of an attempt, and what a crash at it leaves behind.
struct Moment {
    /// The call the keeper is stopped at.
    method: &'static str,
    /// Which call of this method, from 1.
    nth: usize,
    fault: Fault,
    /// Whether the distribution is on chain at that moment.
    landed: bool,
    /// What is remembered then.
    left: &'static [&'static str],
    /// What is remembered after the second keeper has found nothing left to do.
    after: &'static [&'static str],
}

/// The chain is read, nothing is planned.
const READ: Moment = Moment {
    method: "getMultipleAccounts",
    nth: 1,
    fault: Fault::HoldRequest,
    landed: false,
    left: &[],
    after: &["landed"],
};
/// Planned, without a blockhash.
const PLANNED: Moment = Moment {
    method: "getLatestBlockhash",
    nth: 1,
    fault: Fault::HoldRequest,
    landed: false,
    left: &["planned"],
    after: &["expired", "landed"],
};
/// Planned, with a blockhash and a signature that was for the simulation only.
const SIMULATED: Moment = Moment {
    method: "simulateTransaction",
    nth: 1,
    fault: Fault::HoldAnswer,
    ..PLANNED
};
/// Signed and stored, not sent.
const SIGNED: Moment = Moment {
    method: "sendTransaction",
    nth: 1,
    fault: Fault::HoldRequest,
    landed: false,
    left: &["signed"],
    after: &["landed"],
};
/// Sent and landed; the answer is on its way.
const SENT_UNHEARD: Moment = Moment {
    fault: Fault::HoldAnswer,
    landed: true,
    ..SIGNED
};
/// Sent and taken; asking what has become of it.
const ASKING: Moment = Moment {
    method: "getSignatureStatuses",
    nth: 1,
    fault: Fault::HoldRequest,
    landed: true,
    left: &["sent"],
    after: &["landed"],
};
/// Told that it was executed; reading the chain before that is remembered.
const LANDED: Moment = Moment {
    method: "getMultipleAccounts",
    nth: 2,
    ..ASKING
};

/// Starts the keeper and kills it at this moment.
async fn killed_at(stand: &Stand, moment: &Moment) -> Result<()> {
    let mut trap = stand
        .proxy
        .rule(moment.method, Calls::Nth(moment.nth), moment.fault.clone());
    let keeper = stand.start()?;
    trap.sprung().await?;
    if moment.landed {
        stand.landed().await?;
    }
    keeper.kill().await?;
    stand.proxy.heal();
    assert_eq!(
        stand.distributed_until().await? == stand.window.1,
        moment.landed,
        "whether the chain has it, at {} {}",
        moment.method,
        moment.nth
    );
    Ok(())
}

async fn crash_at(moment: Moment) -> Result<()> {
    let stand = Stand::due().await?;
    killed_at(&stand, &moment).await?;
    stand.remembers(moment.left).await?;
    let left = stand.attempts().await?;
    stand.recovers(moment.after).await?;
    stand.keeper_paid_fees(1).await?;
    // What was signed is followed, never signed again.
    if let Some(signed) = left.iter().find(|attempt| attempt["signature"].is_string()) {
        let now = stand.attempts().await?;
        assert_eq!(now[0]["signature"], signed["signature"]);
    }
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_planned() -> Result<()> {
    crash_at(READ).await
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_before_the_blockhash() -> Result<()> {
    crash_at(PLANNED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_before_it_is_signed() -> Result<()> {
    crash_at(SIMULATED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_and_stored_but_never_sent() -> Result<()> {
    crash_at(SIGNED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn landed_while_the_answer_was_lost() -> Result<()> {
    crash_at(SENT_UNHEARD).await
}

#[tokio::test(flavor = "multi_thread")]
async fn landed_while_asking_for_its_status() -> Result<()> {
    crash_at(ASKING).await
}

#[tokio::test(flavor = "multi_thread")]
async fn landed_before_that_was_remembered() -> Result<()> {
    crash_at(LANDED).await
}

/// One keeper after the other dies at the next step: what one left is what the next meets.
#[tokio::test(flavor = "multi_thread")]
async fn every_moment_in_turn_on_one_memory() -> Result<()> {
    let stand = Stand::due().await?;
    for moment in [READ, PLANNED, SIMULATED, SIGNED] {
        killed_at(&stand, &moment).await?;
    }
    stand.remembers(&["expired", "expired", "signed"]).await?;
    // From here on the one that was signed is followed.
    killed_at(&stand, &SENT_UNHEARD).await?;
    stand.remembers(&["expired", "expired", "signed"]).await?;
    // The interval has moved: its status is asked, and the next keeper dies over it too.
    killed_at(&stand, &ASKING).await?;
    stand.remembers(&["expired", "expired", "signed"]).await?;
    stand.recovers(&["expired", "expired", "landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}
