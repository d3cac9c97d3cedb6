//! `reconcile`: agreement, a price that is forgotten, a ledger that was changed, a source that
//! does not answer.

use anyhow::Result;
use serde_json::json;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, TRY_LATER, output};

#[tokio::test(flavor = "multi_thread")]
async fn compares_and_tells() -> Result<()> {
    let mut stand = Stand::due().await?;
    stand.verb("once").await?.ended(DONE)?;
    stand.pass_windows(2).await?;
    stand.verb("once").await?.ended(DONE)?;
    let calls = stand.proxy.calls("sendTransaction");

    let agreed = stand.call(&["reconcile"]).await?;
    let shown = agreed.ended(DONE)?;
    assert_eq!(
        [
            &shown["agree_count"],
            &shown["differ_count"],
            &shown["unverified_count"]
        ],
        [&json!(2), &json!(0), &json!(0)],
        "{shown}"
    );
    assert_eq!(
        (&shown["differences"], &shown["notes"]),
        (&json!([]), &json!([]))
    );
    for row in shown["stretches"].as_array().into_iter().flatten() {
        assert_eq!(row["expected_lamports"], row["funded_lamports"]);
        assert_eq!(row["verdict"], "agrees");
    }

    // The ledger tells another story than it told then.
    let volume = "revenue.simulator.yearly_compute_volume_usd=10000001";
    let changed = stand.call(&["--set", volume, "reconcile"]).await?;
    let shown = changed.ended(NEEDS_PERSON)?;
    assert_eq!(shown["differ_count"], 2);
    let reason = shown["stretches"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("after the fact"), "{reason}");
    let middle = stand.window.1.to_string();
    let span = ["--set", volume, "reconcile", "--from", &middle];
    assert_eq!(
        stand.call(&span).await?.ended(DONE)?["stretches"],
        json!([])
    );

    // Without the memory the prices are not known; what they must have been is.
    stand.forget()?;
    let forgotten = stand.call(&["reconcile"]).await?;
    let shown = forgotten.ended(DONE)?;
    assert_eq!(shown["unverified_count"], 2);
    let implied = shown["stretches"][0]["implied_nano_usd_per_sol"].as_str();
    let implied: u64 = implied.unwrap_or_default().parse()?;
    assert!(implied.abs_diff(150_000_000_000) < 1_000_000, "{implied}");
    assert!(
        shown["notes"][0]
            .as_str()
            .is_some_and(|note| note.contains("another keeper"))
    );

    let (code, said, _) = output(&stand.config(), &["reconcile"]).await?;
    assert_eq!(code, DONE);
    assert!(
        said.contains("2 could not be verified") && said.contains("vault holds"),
        "{said}"
    );
    assert_eq!(
        stand.proxy.calls("sendTransaction"),
        calls,
        "it sends nothing"
    );
    assert!(!stand.memory().exists(), "and remembers nothing");

    // A platform that does not answer is no difference.
    std::fs::write(stand.path("revenue.secret"), "a secret")?;
    let secret = format!(
        "revenue.ledger.secret_path={}",
        stand.path("revenue.secret").display()
    );
    let dead = [
        "--set",
        "revenue.kind=ledger",
        "--set",
        "revenue.ledger.url=http://127.0.0.1:1",
        "--set",
        &secret,
        "reconcile",
    ];
    let error = stand.call(&dead).await?;
    assert!(error.error(TRY_LATER)?.contains("did not answer"));
    stand.chain.stop().await
}
