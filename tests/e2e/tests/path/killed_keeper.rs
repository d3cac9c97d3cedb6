//! A keeper that is killed in mid-run and started again loses and doubles nothing.

use std::time::Duration;

use anyhow::Result;
use primis_localnet::audit::windows;
use primis_localnet::{Audit, SOL, Staker, Traffic};
use tokio::sync::watch;

use crate::stand::{Stand, until};

const INTERVAL_SECONDS: u64 = 5;
/// Kills, at different moments of an interval.
const KILLS: [Duration; 3] = [
    Duration::from_millis(0),
    Duration::from_millis(3_100),
    Duration::from_millis(4_300),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_second_of_revenue_is_distributed_once() -> Result<()> {
    let stand = Stand::up(INTERVAL_SECONDS).await?;
    let staker = Staker::funded("Ada", &stand.chain, stand.addresses, 20 * SOL).await?;
    staker.deposit(&stand.chain, 10 * SOL).await?;
    let stop = watch::Sender::new(false);
    let traffic = Traffic::new(&stand.services);
    let posting = tokio::spawn(
        traffic
            .clone()
            .run(stand.api.client.url.clone(), stop.subscribe()),
    );

    let mut keeper = stand.keeper.run().await?;
    let longer_than_an_interval = i64::try_from(INTERVAL_SECONDS)? + 1;
    for moment in KILLS {
        let (count, _) = stand.distributed().await?;
        until("a distribution", async || {
            Ok(stand.distributed().await?.0 > count)
        })
        .await?;
        tokio::time::sleep(moment).await;
        keeper.kill().await?;
        // Down for more than a whole window.
        let (_, last) = stand.distributed().await?;
        until("a missed window", async || {
            let now = stand.chain.clock().await?.unix_timestamp;
            Ok(now > last + 2 * longer_than_an_interval)
        })
        .await?;
        keeper = stand.keeper.run().await?;
    }
    let (count, _) = stand.distributed().await?;
    until("two distributions after the last start", async || {
        Ok(stand.distributed().await?.0 >= count + 2)
    })
    .await?;
    stop.send_replace(true);
    posting.await??;
    keeper.stop().await?;

    let audit = Audit::of(&stand.chain, &stand.addresses).await?;
    assert_eq!(audit.faults, Vec::<String>::new());
    let rows = windows::distributions(&audit.history);
    let faults = windows::check(&rows, &stand.api.client, &stand.hermes.served()).await?;
    assert_eq!(faults, Vec::<String>::new());
    let caught_up = rows
        .iter()
        .filter(|row| row.to.abs_diff(row.from) > INTERVAL_SECONDS)
        .count();
    assert!(
        caught_up >= KILLS.len(),
        "each stop leaves windows that are caught up in one step: {rows:?}"
    );
    stand.api.daemon.stop().await?;
    stand.chain.stop().await
}
