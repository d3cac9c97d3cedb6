//! `history`: the chain's own account, with the memory beside it.

use anyhow::Result;
use serde_json::{Value, json};

use primis_tests_e2e::books::revenue_lamports;
use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, output};

#[tokio::test(flavor = "multi_thread")]
async fn shows_what_the_chain_shows_with_the_attempts_beside_it() -> Result<()> {
    let mut stand = Stand::due().await?;
    let before = stand.call(&["history"]).await?;
    let shown = before.ended(DONE)?;
    assert_eq!(
        (&shown["distributions"], &shown["distribution_count"]),
        (&json!([]), &json!(0))
    );
    assert!(!stand.memory().exists(), "looking remembers nothing");

    let (from, middle) = stand.window;
    stand.verb("once").await?.ended(DONE)?;
    stand.pass_windows(1).await?;
    let to = stand.window.1;
    stand.verb("once").await?.ended(DONE)?;
    let calls = stand.proxy.calls("sendTransaction");

    let after = stand.call(&["history"]).await?;
    let shown = after.ended(DONE)?;
    assert_eq!(shown["distribution_count"], 2);
    assert_eq!(shown["other_attempts"], json!([]));
    assert_eq!(shown["notes"], json!([]));
    let rows = shown["distributions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(rows.len(), 2, "{shown}");
    for (row, (from, to)) in rows.iter().zip([(middle, to), (from, middle)]) {
        let lamports = json!(revenue_lamports(from, to)?.to_string());
        for (field, value) in [
            ("previous_interval_id", &json!(from)),
            ("interval_id", &json!(to)),
            ("distributed_lamports", &lamports),
            ("funded_lamports", &lamports),
        ] {
            assert_eq!(&row[field], value, "{field}");
        }
        assert_eq!(row["attempt"]["state"], "landed");
        assert_eq!(row["attempt"]["signature"], row["signature"]);
        assert_eq!(row["attempt"]["nano_usd_per_sol"], "150000000000");
    }

    let count = async |arguments: &[&str]| -> Result<Vec<Value>> {
        let shown = stand.call(arguments).await?;
        let rows = shown.ended(DONE)?["distributions"].as_array().cloned();
        Ok(rows.unwrap_or_default())
    };
    let newest = count(&["history", "--limit", "1"]).await?;
    assert_eq!((newest.len(), &newest[0]), (1, &rows[0]));
    let seconds = middle.to_string();
    assert_eq!(count(&["history", "--from", &seconds]).await?, rows[..1]);
    assert_eq!(count(&["history", "--to", &seconds]).await?, rows[1..]);
    assert_eq!(count(&["history", "--to", "2001-09-09"]).await?, rows[..0]);

    let staking = ["history", "--source", "staking"];
    assert_eq!(count(&staking).await?, rows[..0]);

    // Without its memory the keeper still shows what was distributed.
    stand.forget()?;
    let forgotten = count(&["history"]).await?;
    assert_eq!(forgotten.len(), 2);
    assert_eq!(forgotten[0]["attempt"], Value::Null);
    let (code, said, _) = output(&stand.config(), &["history"]).await?;
    assert_eq!(code, DONE);
    assert!(
        said.contains("not ours") && said.contains("2 distribution(s) of compute in all"),
        "{said}"
    );
    assert_eq!(
        stand.proxy.calls("sendTransaction"),
        calls,
        "it sends nothing"
    );
    stand.chain.stop().await
}
