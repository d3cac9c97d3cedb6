//! `plan` and `status` look and touch nothing.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use solana_signer::Signer as _;

use primis_tests_e2e::books::revenue_lamports;
use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, output};

/// The bytes of the vault's account and of its pool's, and the keeper's wallet.
async fn everything(stand: &Stand) -> Result<(Vec<u8>, Vec<u8>, u64)> {
    let rpc = &stand.chain.rpc;
    Ok((
        rpc.get_account_data(&stand.addresses.vault).await?,
        rpc.get_account_data(&stand.addresses.pool).await?,
        stand.wallet_lamports().await?,
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_sends_nothing_and_stores_nothing() -> Result<()> {
    let stand = Stand::due().await?;
    let before = everything(&stand).await?;
    let plan = stand.verb("plan").await?;
    let planned = plan.ended(DONE)?;
    let (from, to) = stand.window;
    let lamports = revenue_lamports(from, to)?.to_string();
    for (field, value) in [
        ("action", json!("distribute")),
        ("previous_interval_id", json!(from)),
        ("interval_id", json!(to)),
        ("windows", json!(1)),
        ("fund_lamports", json!(lamports)),
        ("distribute_lamports", json!(lamports)),
        ("simulation", json!("succeeds")),
    ] {
        assert_eq!(planned[field], value, "{field}");
    }
    let units = planned["compute_units"].as_u64().context("no units")?;
    let limit = (units * 6).div_ceil(5) + 15_000;
    assert_eq!(planned["compute_unit_limit"], limit);

    let (code, said, _) = output(&stand.config(), &["plan"]).await?;
    assert_eq!(code, DONE);
    assert!(said.contains("nothing was sent"), "{said}");

    // It would land in the next block at the latest.
    stand.next_block().await?;
    stand.next_block().await?;
    assert_eq!(everything(&stand).await?, before);
    assert_eq!(stand.proxy.calls("sendTransaction"), 0);
    assert!(!stand.memory().exists(), "a dry run remembers nothing");

    // What it showed is what `once` does; then there is nothing left.
    stand.verb("once").await?.ended(DONE)?;
    stand.distributed_once().await?;
    let plan = stand.verb("plan").await?;
    let planned = plan.ended(DONE)?;
    assert_eq!(
        (&planned["action"], &planned["reason"]),
        (&json!("wait"), &json!("window_end"))
    );
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_shows_what_is_on_chain() -> Result<()> {
    let stand = Stand::due().await?;
    let (from, to) = stand.window;
    let status = stand.verb("status").await?;
    let shown = status.ended(DONE)?;
    agrees(&stand, shown).await?;
    assert_eq!(shown["last_interval_id"], from);
    assert_eq!(
        shown["next_due_unix_seconds"], shown["chain_clock_unix_seconds"],
        "it is due now"
    );
    assert_eq!(shown["attempts"], json!([]));
    assert!(!stand.memory().exists(), "looking remembers nothing");

    stand.verb("once").await?.ended(DONE)?;
    let status = stand.verb("status").await?;
    let shown = status.ended(DONE)?;
    agrees(&stand, shown).await?;
    let lamports = revenue_lamports(from, to)?.to_string();
    assert_eq!(shown["last_interval_id"], to);
    assert_eq!(shown["distribution_count"], 1);
    assert_eq!(shown["distributed_total_lamports"], lamports);
    assert_eq!(shown["attempts"][0]["state"], "landed");
    assert_eq!(shown["attempts"][0]["distribute_lamports"], lamports);
    assert_eq!(stand.proxy.calls("sendTransaction"), 1);

    let (code, said, _) = output(&stand.config(), &["status"]).await?;
    assert_eq!(code, DONE);
    assert!(said.contains(&stand.addresses.vault.to_string()), "{said}");
    stand.chain.stop().await
}

/// What is shown against what the chain answers to somebody else.
async fn agrees(stand: &Stand, shown: &Value) -> Result<()> {
    let view = stand.chain.vault(&stand.addresses).await?;
    let compute = view.vault.compute;
    for (field, value) in [
        ("vault", json!(stand.addresses.vault.to_string())),
        ("keeper", json!(stand.roles.keeper.pubkey().to_string())),
        ("is_keeper", json!(true)),
        ("is_paused", json!(false)),
        (
            "wallet_lamports",
            json!(stand.wallet_lamports().await?.to_string()),
        ),
        (
            "total_value_lamports",
            json!(view.pool.total_units.to_string()),
        ),
        ("last_interval_id", json!(compute.last_interval_id)),
        (
            "last_distributed_unix_seconds",
            json!(compute.last_distributed_at),
        ),
        ("distribution_count", json!(compute.distribution_count)),
        (
            "funded_lamports",
            json!(compute.funded_lamports.to_string()),
        ),
        ("trouble", Value::Null),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    Ok(())
}
