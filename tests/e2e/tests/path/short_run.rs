//! The main job, as a newcomer starts it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use primis_localnet::daemon;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_short_run_accounts_for_every_lamport() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("report.json");
    let file_name = file.to_str().context("not text")?;
    let ran = daemon::run(
        "primis-localnet",
        &[
            "--headless",
            "--interval",
            "5",
            "--seconds",
            "40",
            "--report",
            file_name,
            "--rpc-port",
            "0",
            "--ws-port",
            "0",
            "--api-port",
            "0",
        ],
    )
    .await;
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let report: Value = serde_json::from_str(&written).unwrap_or_default();
    let said = ran.with_context(|| format!("its faults: {}", report["faults"]))?;
    let number = |name: &str| {
        report
            .get(name)
            .and_then(Value::as_i64)
            .with_context(|| format!("{name} is missing in {report:#}"))
    };
    for holds in [
        "conserved",
        "api_matches_chain",
        "revenue_matches_distributions",
        "ledger_balances",
        "usage_matches_services",
    ] {
        assert_eq!(
            report.get(holds),
            Some(&Value::Bool(true)),
            "{holds}: {report:#}"
        );
    }
    assert!(number("intervals")? >= 4, "{report:#}");
    assert_eq!(number("intervals")?, number("distributions")?, "{report:#}");
    for some in [
        "customers",
        "top_ups",
        "plan_fees",
        "model_calls",
        "streamed",
        "prompt_tokens",
        "completion_tokens",
        "webhook_duplicates",
        "metered_calls",
        "run_packs",
        "runs_prepaid",
        "run_nano_usd",
        "billed_nano_usd",
        "funded_lamports",
        "harvested_lamports",
        "bucket_lamports",
        "owed_lamports",
        "claimed_lamports",
        "streaming_lamports",
    ] {
        assert!(number(some)? > 0, "{some} is not above 0 in {report:#}");
    }
    for some in [
        "delegations",
        "deactivations",
        "reclaims",
        "harvests",
        "staking_distributions",
        "ticket_payments",
    ] {
        let count = report["staking"][some].as_u64();
        assert!(count > Some(0), "{some} is not above 0 in {report:#}");
    }
    assert_eq!(report["staking"]["tickets_opened"], 1, "{report:#}");
    assert_eq!(report["staking"]["tickets_served"], 1, "{report:#}");
    // From balances: what the funders paid in and validators earned is in one of these places, to the
    // lamport.
    let places = [
        "undistributed_lamports",
        "bucket_lamports",
        "swept_lamports",
        "owed_lamports",
        "claimed_lamports",
        "streaming_lamports",
        "carried_lamports",
        "forfeited_lamports",
        "dust_lamports",
    ];
    let found: i64 = places
        .into_iter()
        .map(number)
        .collect::<Result<Vec<_>>>()?
        .iter()
        .sum();
    let came = number("funded_lamports")? + number("harvested_lamports")?;
    assert_eq!(found, came, "{report:#}");
    // One unit of rounding at most for each time something was settled; here far below 1,000.
    assert!((0..1_000).contains(&number("dust_lamports")?), "{report:#}");

    let told: BTreeSet<&str> = [
        "RPC",
        "websocket",
        "API",
        "console",
        "customers have called models",
        "Ada stakes",
        "Fay stakes 2.0000 of mSOL-like",
        "Gus stakes 3.0000 of jitoSOL-like",
        "the keeper delegates",
        "rewards the stake with",
        "the keeper harvests",
        "a ticket waits for it",
        "the keeper deactivates",
        "the keeper reclaims",
        "in full",
        "the keeper distributes",
    ]
    .into_iter()
    .filter(|line| !said.contains(line))
    .collect();
    assert!(told.is_empty(), "it did not tell of {told:?}:\n{said}");
    Ok(())
}
