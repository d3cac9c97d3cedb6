//! A short run of `cargo xtask chaos`: a fault in almost every interval, and each second of revenue
//! distributed once, for what it earned.

use std::collections::BTreeSet;

use anyhow::Result;
use primis_tests_e2e::chaos::{self, Options};
use serde_json::json;

/// A minute of faults, and some seconds to catch up.
const OPTIONS: Options = Options {
    intervals: 30,
    seed: 295,
    interval_seconds: 2,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_short_run_distributes_each_interval_once() -> Result<()> {
    let faults: BTreeSet<_> = chaos::plan(&OPTIONS).iter().map(|e| e.fault).collect();
    assert!(faults.len() >= 12, "{faults:?}");
    let report = chaos::run(&OPTIONS, &|line| println!("{line}")).await?;
    let told = report.json();
    for (field, value) in [
        ("intervals", json!(OPTIONS.intervals)),
        ("distributed", json!(OPTIONS.intervals)),
        ("doubled", json!(0)),
        ("lost", json!(0)),
        ("wrong_lamports", json!(0)),
        ("findings", json!([])),
    ] {
        assert_eq!(told[field], value, "{field}: {told}");
    }
    assert!(told["longest_recovery_intervals"].is_u64(), "{told}");
    assert!(report.is_sound());
    Ok(())
}
