//! What happens to the machine: a full disk, a damaged file, a clock that jumps, an empty wallet.

use anyhow::{Context as _, Result};
use primis_tests_e2e::machine;
use primis_tests_e2e::stand::{KEEPER, Stand};
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, Verb};
use solana_signer::Signer as _;

/// What cannot be remembered is not sent. As soon as there is room, it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_and_then_is_not() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("getMultipleAccounts", Calls::Nth(1), Fault::HoldRequest);
    let keeper = machine::start_on_small_disk(&stand, KEEPER)?;
    trap.sprung().await?;
    machine::set_disk_full(&keeper, true)?;
    let mut tries = stand.proxy.rule(
        "getMultipleAccounts",
        Calls::All,
        Fault::Lag(std::time::Duration::ZERO),
    );
    trap.release().await?;
    tries.sprung_times(3).await?;
    assert_eq!(stand.proxy.calls("sendTransaction"), 0);
    assert_eq!(stand.proxy.calls("simulateTransaction"), 0);

    machine::set_disk_full(&keeper, false)?;
    stand.landed().await?;
    stand.prints(KEEPER, "landed", 1).await?;
    keeper.stop().await?;
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// It fills up between signing and sending's end: what was signed before is followed, and its end
/// is remembered once there is room.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_fills_up_with_a_transaction_on_its_way() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldRequest);
    let keeper = machine::start_on_small_disk(&stand, KEEPER)?;
    trap.sprung().await?;
    machine::set_disk_full(&keeper, true)?;
    trap.release().await?;
    stand.landed().await?;
    stand.remembers(&["signed"]).await?;
    machine::set_disk_full(&keeper, false)?;
    stand.prints(KEEPER, "landed", 1).await?;
    keeper.stop().await?;
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// The file is damaged while a transaction is on its way. It is kept under another name, and the
/// window is still distributed once.
#[tokio::test(flavor = "multi_thread")]
async fn the_memory_is_damaged_between_two_starts() -> Result<()> {
    let stand = Stand::due().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let keeper = stand.start()?;
    trap.sprung().await?;
    stand.landed().await?;
    keeper.kill().await?;
    stand.proxy.heal();
    let damaged = b"SQLite format 3\0 and then nothing that makes sense".repeat(100);
    stand.forget()?;
    std::fs::write(stand.memory(), &damaged)?;
    // Who only looks does not touch it.
    assert_ne!(stand.verb("status").await?.code, DONE);
    stand.recovers(&[]).await?;
    stand.keeper_paid_fees(1).await?;
    let aside = std::fs::read(stand.path("keeper.sqlite.damaged-1")).context("nothing is kept")?;
    assert_eq!(aside, damaged);
    let log = std::fs::read_to_string(stand.log_of(KEEPER))?;
    assert!(log.contains("kept under another name"), "{log}");
    stand.chain.stop().await
}

/// Only the chain's clock counts, and pauses go by a clock that nobody can set.
#[tokio::test(flavor = "multi_thread")]
async fn the_wall_clock_jumps_by_days() -> Result<()> {
    let mut stand = Stand::due().await?;
    // Thrown away at first, so that it is sent again by the clock.
    let _trap = stand
        .proxy
        .rule("sendTransaction", Calls::First(2), Fault::Drop);
    let keeper = machine::start_with_jumping_clock(&stand, KEEPER).await?;
    stand.prints(KEEPER, "landed", 1).await?;
    let first = stand.window;
    stand.next_window().await?;
    stand.prints(KEEPER, "landed", 2).await?;
    stand.distributed(&[first, stand.window]).await?;
    stand.remembers(&["landed", "landed"]).await?;
    keeper.stop().await?;
    let log = std::fs::read_to_string(stand.log_of(KEEPER))?;
    let days: std::collections::BTreeSet<&str> = log
        .lines()
        .filter_map(|line| line.trim_start_matches("\u{1b}[2m").get(..10))
        .filter(|day| day.starts_with("20"))
        .collect();
    assert!(days.len() > 1, "the clock did not jump: {log}");
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wallet_is_empty_and_is_filled_while_it_runs() -> Result<()> {
    let stand = Stand::due().await?;
    let wallet = stand.roles.keeper.pubkey();
    let full = stand.wallet_lamports().await?;
    stand.chain.set_balance(&wallet, 0).await?;
    let keeper = stand.start()?;
    let said = stand.prints(KEEPER, "error", 1).await?;
    assert_eq!(said["outcome"], "needs_a_person");
    assert!(
        said["error"]
            .as_str()
            .unwrap_or_default()
            .contains("send SOL"),
        "{said}"
    );
    let url = stand.prints(KEEPER, "listening", 1).await?["url"].clone();
    let url = url.as_str().context("no address")?;
    let ready = reqwest::get(format!("{url}/readyz")).await?;
    assert_eq!(ready.status().as_u16(), 503, "that is an alert");
    assert_eq!(stand.proxy.calls("simulateTransaction"), 0);

    stand.chain.set_balance(&wallet, full).await?;
    stand.prints(KEEPER, "landed", 1).await?;
    let ready = reqwest::get(format!("{url}/readyz")).await?;
    assert!(ready.status().is_success());
    keeper.stop().await?;
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    let again = Verb::run(&stand.config(), "once").await?;
    assert_eq!(again.ended(DONE)?["event"], "waiting");
    stand.chain.stop().await
}
