//! SIGHUP: what is safe is taken over, what is not is named, what makes no sense changes nothing.

use anyhow::Result;
use primis_tests_e2e::machine::hang_up;
use primis_tests_e2e::proxy::Proxy;
use primis_tests_e2e::stand::{KEEPER, Stand};
use primis_tests_e2e::trap::{Calls, Fault};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn another_rpc_while_it_runs_and_mistakes_change_nothing() -> Result<()> {
    let mut stand = Stand::due().await?;
    let keeper = stand.start()?;
    stand.prints(KEEPER, "landed", 1).await?;
    let first = stand.window;

    // A mistake.
    std::fs::write(stand.config(), "[chain]\nrpc_urls = 7")?;
    hang_up(&keeper)?;
    let refused = stand.prints(KEEPER, "reload_refused", 1).await?;
    assert!(
        refused["error"]
            .as_str()
            .unwrap_or_default()
            .contains("rpc_urls"),
        "{refused}"
    );

    // Another cluster.
    let other = Proxy::to(stand.chain.rpc_url()).await?;
    let genesis = json!("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d");
    let _trap = other.rule("getGenesisHash", Calls::All, Fault::Pretend(genesis));
    let text = stand.config_text();
    std::fs::write(stand.config(), text.replace(&stand.proxy.url, &other.url))?;
    hang_up(&keeper)?;
    let refused = stand.prints(KEEPER, "reload_refused", 2).await?;
    assert!(
        refused["error"]
            .as_str()
            .unwrap_or_default()
            .contains("clusters"),
        "{refused}"
    );
    other.heal();

    // Something safe, and something that is not.
    let changed = text
        .replace(&stand.proxy.url, &other.url)
        .replace("interval_seconds = 600", "interval_seconds = 60");
    std::fs::write(stand.config(), changed)?;
    hang_up(&keeper)?;
    let reloaded = stand.prints(KEEPER, "reloaded", 1).await?;
    assert_eq!(reloaded["needs_restart"], json!(["schedule"]));
    let before = stand.proxy.all_calls();
    stand.next_window().await?;
    stand.prints(KEEPER, "landed", 2).await?;
    assert_eq!(stand.proxy.all_calls(), before, "the old RPC is left alone");
    assert!(other.calls("sendTransaction") > 0);
    // The interval is the old one: one distribution for all of the window.
    stand.distributed(&[first, stand.window]).await?;
    keeper.stop().await?;
    stand.chain.stop().await
}
