//! Several endpoints of which one lags, stands still, is of another cluster, or repeats itself.

use anyhow::{Context as _, Result};
use primis_tests_e2e::proxy::{ANY, Proxy};
use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, Verb};
use serde_json::json;

/// The genesis of a cluster that is not this one.
const OTHER_GENESIS: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// Slots the lagging endpoint is left behind by.
const LAG_SLOTS: u64 = 100;

impl Two {
    /// A stand whose keeper reads from `first`, then from the proxy of the stand.
    async fn due() -> Result<Self> {
        let stand = Stand::due().await?;
        let first = Proxy::to(stand.chain.rpc_url()).await?;
        stand.write_config(
            "two",
            &[(
                &format!("[{:?}]", stand.proxy.url),
                &format!("[{:?}, {:?}]", first.url, stand.proxy.url),
            )],
        )?;
        Ok(Self { stand, first })
    }
}

struct Two {
    stand: Stand,
    first: Proxy,
}

/// The endpoint asked first stands still while the chain goes on. What it shows is from before the
/// distribution; it is neither taken for the present, nor does it stop anything.
async fn stands_still(is_honest: bool) -> Result<()> {
    let Two { mut stand, first } = Two::due().await?;
    let freeze = |method| first.rule(method, Calls::All, Fault::Freeze { is_honest });
    let mut reads = freeze("getMultipleAccounts");
    let _other = [
        "getLatestBlockhash",
        "getEpochInfo",
        "getSlot",
        "getSignatureStatuses",
    ]
    .map(freeze);
    let mut thrown = first.rule(
        "sendTransaction",
        Calls::All,
        Fault::Pretend(json!(
            "1111111111111111111111111111111111111111111111111111111111111111"
        )),
    );
    let keeper = stand.start_as("two")?;
    stand.landed().await?;
    stand.prints("two", "landed", 1).await?;
    reads.sprung().await?;
    thrown.sprung().await?;
    let earlier = stand.window;

    let slot = stand.chain.rpc.get_slot().await?;
    stand.chain.pause()?;
    while stand.chain.rpc.get_slot().await? < slot + LAG_SLOTS {
        stand.chain.produce_block().await?;
    }
    stand.chain.resume()?;
    stand.next_window().await?;
    stand.prints("two", "landed", 2).await?;
    let signed = [&first, &stand.proxy].map(|proxy| proxy.calls("simulateTransaction"));
    assert_eq!(signed.iter().sum::<usize>(), 2, "one for each window");
    let url = stand.prints("two", "listening", 1).await?["url"].clone();
    let url = url.as_str().context("no address")?;
    let metrics = reqwest::get(format!("{url}/metrics")).await?.text().await?;
    let lag = metrics
        .lines()
        .filter(|line| line.starts_with("primis_keeper_rpc_lag_slots") && line.contains(&first.url))
        .find_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    assert!(lag.is_some_and(|slots| slots > 2.0), "{metrics}");
    assert!(
        metrics.contains("primis_keeper_role{role=\"active\"} 1"),
        "{metrics}"
    );
    keeper.stop().await?;
    stand.distributed(&[earlier, stand.window]).await?;
    let errors = stand.printed_by("two");
    assert!(
        !errors.iter().any(|line| line["event"] == "error"),
        "{errors:?}"
    );
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lags_by_a_hundred_slots_and_says_so() -> Result<()> {
    stands_still(true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lags_by_a_hundred_slots_and_does_not_heed_the_slot() -> Result<()> {
    stands_still(false).await
}

/// The endpoint named first answers errors: it is asked once, and then no more while the other
/// answers.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_errs_is_asked_last() -> Result<()> {
    const READ: &str = "getMultipleAccounts";
    let Two { stand, first } = Two::due().await?;
    let mut errs = first.rule(READ, Calls::All, Fault::Refuse);
    let keeper = stand.start_as("two")?;
    stand.prints("two", "waiting", 1).await?;
    errs.sprung().await?;
    let reads = stand.proxy.calls(READ);
    until("more reads", async || {
        Ok(stand.proxy.calls(READ) >= reads + 2)
    })
    .await?;
    assert_eq!(first.calls(READ), 1);
    keeper.stop().await?;
    stand.distributed_once().await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_another_cluster_is_refused_at_the_start() -> Result<()> {
    let Two { stand, first } = Two::due().await?;
    let _other = first.rule(
        "getGenesisHash",
        Calls::All,
        Fault::Pretend(json!(OTHER_GENESIS)),
    );
    for verb in ["once", "run"] {
        let ended = Verb::run(&stand.path("two.toml"), verb).await?;
        let error = ended.error(NEEDS_PERSON)?;
        assert!(
            error.contains("different clusters") && error.contains(OTHER_GENESIS),
            "{error}"
        );
    }
    assert_eq!(stand.proxy.calls("sendTransaction"), 0);
    assert!(!stand.path("two.sqlite").exists());
    stand.chain.stop().await
}

/// It is silent at the start and shows its cluster only later: then it is not used.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_another_cluster_that_comes_later_is_not_used() -> Result<()> {
    let Two { stand, first } = Two::due().await?;
    let _silent = first.rule("getGenesisHash", Calls::First(1), Fault::Drop);
    let _other = first.rule(
        "getGenesisHash",
        Calls::All,
        Fault::Pretend(json!(OTHER_GENESIS)),
    );
    let once = Verb::run(&stand.path("two.toml"), "once").await?;
    once.ended(DONE)?;
    assert!(once.log.contains("of another cluster"), "{}", once.log);
    assert_eq!(first.calls("getMultipleAccounts"), 0);
    stand.distributed_once().await?;
    stand.chain.stop().await
}

/// Every call reaches the chain twice, the transaction included.
#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_twice() -> Result<()> {
    let stand = Stand::due().await?;
    let mut twice = stand.proxy.rule(ANY, Calls::All, Fault::Twice);
    stand.recovers(&["landed"]).await?;
    twice.sprung().await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// Every third call is lost on its way, whatever it is, from the first read to the last.
#[tokio::test(flavor = "multi_thread")]
async fn every_third_call_is_lost() -> Result<()> {
    let stand = Stand::due().await?;
    let mut lost = stand.proxy.rule(ANY, Calls::Every(3), Fault::Drop);
    stand.run_until_idle().await?;
    lost.sprung_times(2).await?;
    stand.proxy.heal();
    stand.distributed_once().await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}
