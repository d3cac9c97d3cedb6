//! From a window's end to its distribution on chain: how many slots it takes, and what waiting costs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use primis_localnet::{Audit, audit::windows};
use primis_tests_e2e::stand::{KEEPER, Stand, until};
use tokio::time::{Instant, sleep};

/// Length of a window, seconds: many in little time.
const INTERVAL_SECONDS: i64 = 6;
/// Windows that are measured.
const WINDOWS: u64 = 9;
/// Most slots between the first block at or past the end and the one it lands in, in the median.
const MEDIAN_SLOTS: i128 = 3;

/// The first slot of each second.
type Seconds = Arc<Mutex<BTreeMap<i64, u64>>>;

#[tokio::test(flavor = "multi_thread")]
async fn within_three_slots_of_the_windows_end() -> Result<()> {
    let stand = Arc::new(Stand::due().await?);
    let interval = format!("interval_seconds = {INTERVAL_SECONDS}");
    let changes = [
        ("interval_seconds = 600", interval.as_str()),
        ("settle_grace_seconds = 1", "settle_grace_seconds = 0"),
    ];
    stand.write_config("quick", &changes)?;
    let seconds = Seconds::default();
    let watching = tokio::spawn(watch(stand.clone(), seconds.clone()));
    let keeper = stand.start_as("quick")?;
    // The first catches up, and is not measured.
    let count = usize::try_from(WINDOWS)?;
    until("distributions", async || {
        let compute = stand.chain.vault(&stand.addresses).await?.vault.compute;
        Ok(compute.distribution_count > WINDOWS)
    })
    .await?;
    keeper.stop().await?;
    watching.abort();
    let calls = stand.proxy.all_calls();
    println!("{calls} RPC calls for {WINDOWS} windows of {INTERVAL_SECONDS} s and one before");

    let audit = Audit::of(&stand.chain, &stand.addresses).await?;
    assert_eq!(audit.faults, Vec::<String>::new());
    let rows = windows::distributions(&audit.history);
    let slots_by_end: BTreeMap<i64, u64> = audit
        .history
        .iter()
        .filter_map(|landed| {
            let row = windows::distributions(std::slice::from_ref(landed));
            Some((row.first()?.to, landed.slot))
        })
        .collect();
    let seconds = seconds.lock().unwrap_or_else(PoisonError::into_inner);
    let mut waits = Vec::new();
    for row in rows.iter().skip(1).take(count) {
        let (_, end) = seconds.range(row.to..).next().context("no such second")?;
        let landed = slots_by_end.get(&row.to).context("no such distribution")?;
        waits.push(i128::from(*landed) - i128::from(*end));
    }
    waits.sort_unstable();
    println!("slots from the window's end to landing: {waits:?}");
    let median = waits.get(waits.len() / 2).context("nothing measured")?;
    assert!(*median <= MEDIAN_SLOTS, "{waits:?}");
    Ok(())
}

/// Notes the first slot of each second, looking several times a slot.
async fn watch(stand: Arc<Stand>, seconds: Seconds) {
    loop {
        if let Ok(clock) = stand.chain.clock().await {
            let mut seconds = seconds.lock().unwrap_or_else(PoisonError::into_inner);
            seconds.entry(clock.unix_timestamp).or_insert(clock.slot);
        }
        sleep(Duration::from_millis(40)).await;
    }
}

/// While nothing is due it asks the RPC a dozen times a minute.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_costs_a_call_in_some_seconds() -> Result<()> {
    const SECONDS: u64 = 20;
    let stand = Stand::due().await?;
    let keeper = stand.start()?;
    stand.prints(KEEPER, "waiting", 1).await?;
    let (before, from) = (stand.proxy.all_calls(), Instant::now());
    sleep(Duration::from_secs(SECONDS)).await;
    let calls = stand.proxy.all_calls() - before;
    println!("{calls} calls in {:?}", from.elapsed());
    assert!(calls <= 6, "{calls} calls in {SECONDS} seconds");
    keeper.stop().await?;
    stand.chain.stop().await
}
