//! `once`, as a scheduler calls it.

use anyhow::Result;
use serde_json::json;

use primis_tests_e2e::books::revenue_lamports;
use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, output};

#[tokio::test(flavor = "multi_thread")]
async fn twice_in_one_interval_distributes_once() -> Result<()> {
    let stand = Stand::due().await?;
    let first = stand.verb("once").await?;
    let landed = first.ended(DONE)?;
    let (from, to) = stand.window;
    let lamports = json!(revenue_lamports(from, to)?.to_string());
    assert_eq!(
        [
            &landed["event"],
            &landed["previous_interval_id"],
            &landed["interval_id"],
            &landed["fund_lamports"],
            &landed["distribute_lamports"],
        ],
        [
            &json!("landed"),
            &json!(from),
            &json!(to),
            &lamports,
            &lamports
        ]
    );
    let signature = landed["signature"].as_str().unwrap_or_default().parse()?;
    let status = stand.chain.rpc.get_signature_status(&signature).await?;
    assert_eq!(
        status,
        Some(Ok(())),
        "the signature it prints is the chain's"
    );
    stand.distributed_once().await?;

    let second = stand.verb("once").await?;
    let waiting = second.ended(DONE)?;
    assert_eq!(
        (&waiting["event"], &waiting["reason"]),
        (&json!("waiting"), &json!("window_end"))
    );
    stand.distributed_once().await?;
    stand.remembers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_caught_up_in_one_step() -> Result<()> {
    let mut stand = Stand::due().await?;
    stand.pass_windows(3).await?;
    let once = stand.verb("once").await?;
    once.ended(DONE)?;
    assert_eq!(once.events(), ["landed"]);
    stand.distributed_once().await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_sentences() -> Result<()> {
    let stand = Stand::due().await?;
    for sentence in ["distributed 0.", "nothing to do now: "] {
        let (code, said, _) = output(&stand.config(), &["once"]).await?;
        assert_eq!(code, DONE);
        assert!(said.starts_with(sentence), "{said}");
    }
    stand.distributed_once().await?;
    stand.chain.stop().await
}
