//! A running keeper as monitoring sees it: health, readiness, metrics, alerts, logs.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use solana_signer::Signer as _;

use crate::receiver::Receiver;
use primis_tests_e2e::operator::get;
use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::verb::DONE;

/// The rules and the dashboard that are shipped.
const SHIPPED: [&str; 2] = [
    include_str!("../../../../keeper/deploy/prometheus/alerts.yml"),
    include_str!("../../../../keeper/deploy/grafana/primis-keeper.json"),
];

/// Names of metrics in a text: ours, and the one of the process.
fn metric_names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("primis_keeper_") || word.starts_with("process_"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics_tell_how_it_is() -> Result<()> {
    let stand = Stand::due().await?;
    let (daemon, url, log) = stand.running(&["--log-format", "json"]).await?;
    stand.landed().await?;
    until("a keeper that is ready", async || {
        Ok(
            get(&format!("{url}/readyz")).await?
                == (200, json!({"status": "ready", "reasons": []})),
        )
    })
    .await?;
    assert_eq!(
        get(&format!("{url}/healthz")).await?,
        (200, json!({"status": "alive"}))
    );

    // As a container asks.
    let listen = format!("ops.listen={}", url.trim_start_matches("http://"));
    let asked = stand.call(&["--set", &listen, "healthcheck"]).await?;
    assert_eq!(asked.ended(DONE)?["status"], "alive");

    // Every metric a rule or the dashboard names is one this keeper has.
    let metrics = async || -> Result<String> {
        Ok(reqwest::get(format!("{url}/metrics")).await?.text().await?)
    };
    until("ready in the metrics", async || {
        Ok(metrics().await?.contains("primis_keeper_ready 1"))
    })
    .await?;
    let told = metrics().await?;
    let exported = metric_names(&told);
    for shipped in SHIPPED {
        let named = metric_names(shipped);
        assert!(named.len() > 5, "{named:?}");
        let missing: Vec<_> = named.difference(&exported).collect();
        assert!(missing.is_empty(), "{missing:?} is not exported");
    }
    conventions(&told)?;
    let value = |name: &str| {
        let line = told
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.and_then(|line| line.split_once(' ')?.1.parse::<f64>().ok())
    };
    assert_eq!(value("primis_keeper_interval_seconds"), Some(600.0));
    assert!(value("primis_keeper_distributed_lamports_total") > Some(0.0));
    for what in ["round", "rpc", "revenue", "price", "distribution"] {
        let at = value(&format!(
            "primis_keeper_{what}_last_success_timestamp_seconds"
        ));
        assert!(at > Some(1_600_000_000.0), "{what}: {at:?}");
    }

    // Empty the wallet: it is not able to distribute, and says why; refill it: it is again.
    let keeper = stand.roles.keeper.pubkey();
    let full = stand.wallet_lamports().await?;
    stand.chain.set_balance(&keeper, 1_000_000).await?;
    until("a keeper that is not ready", async || {
        let (status, body) = get(&format!("{url}/readyz")).await?;
        Ok(status == 503 && body["reasons"][0]["code"] == "wallet_low")
    })
    .await?;
    assert_eq!(
        get(&format!("{url}/healthz")).await?.0,
        200,
        "alive all the same"
    );
    stand.chain.set_balance(&keeper, full).await?;
    until("a keeper that is ready again", async || {
        Ok(get(&format!("{url}/readyz")).await?.0 == 200)
    })
    .await?;
    daemon.stop().await?;
    logs(&std::fs::read_to_string(log)?, stand.window.1)?;
    stand.chain.stop().await
}

/// Units in names, counters that end in `_total`, help for all.
fn conventions(told: &str) -> Result<()> {
    for line in told.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').context("no type")?;
        assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        let units = [
            "_seconds",
            "_lamports",
            "_nano_usd",
            "_slots",
            "_total",
            "_info",
        ];
        let has_unit = units.iter().any(|unit| name.ends_with(unit));
        let flags = [
            "_ready",
            "_needs_person",
            "_waiting_for_revenue",
            "_role",
            "_due",
        ];
        let is_flag = flags.iter().any(|flag| name.ends_with(flag));
        assert!(has_unit || is_flag, "{name} has no unit");
        assert!(
            told.contains(&format!("# HELP {name} ")),
            "{name} has no help"
        );
    }
    Ok(())
}

/// Every line is an object, and the attempt can be followed by its fields.
fn logs(log: &str, interval_id: i64) -> Result<()> {
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("no JSON: {line}")))
        .collect::<Result<_>>()?;
    let sending = lines
        .iter()
        .find(|line| line["span"]["name"] == "attempt")
        .context("no line of an attempt")?;
    let span = &sending["span"];
    assert_eq!(span["interval_id"], interval_id, "{sending}");
    assert_eq!(span["attempt"], 1, "{sending}");
    let signature = &span["signature"];
    assert!(signature.is_string(), "{sending}");
    let done = lines.iter().find(|line| line["message"] == "distributed");
    assert_eq!(
        &done.context("its end is not logged")?["signature"],
        signature
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_once_when_it_begins_and_once_when_it_is_over() -> Result<()> {
    let stand = Stand::due().await?;
    let (receiver, url) = Receiver::start().await?;
    std::fs::write(stand.path("webhook.url"), format!("{url}\n"))?;
    stand.add_to_config(&format!(
        "[alerts]\nwebhook_url_path = {:?}",
        stand.path("webhook.url")
    ))?;
    let keeper = stand.roles.keeper.pubkey();
    let full = stand.wallet_lamports().await?;
    stand.chain.set_balance(&keeper, 1_000_000).await?;
    let (daemon, ..) = stand.running(&[]).await?;
    until("the alert", async || {
        Ok(receiver.has("wallet_low", "firing"))
    })
    .await?;
    // The receiver that refused the first message held nothing up.
    stand.chain.set_balance(&keeper, full).await?;
    stand.landed().await?;
    until("its end", async || {
        Ok(receiver.has("wallet_low", "recovered"))
    })
    .await?;
    daemon.stop().await?;
    let came = receiver.came();
    let about: Vec<_> = came
        .iter()
        .filter(|message| message["alert"] == "wallet_low")
        .collect();
    assert_eq!(about.len(), 2, "{came:?}");
    assert_eq!(about[0]["vault"], stand.addresses.vault.to_string());
    assert!(
        about[0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("send SOL"))
    );
    stand.chain.stop().await
}
