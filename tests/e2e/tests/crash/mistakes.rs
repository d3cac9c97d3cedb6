//! What an operator gets wrong, and what the keeper says to it.

use anyhow::Result;
use primis_vault_interface::{instructions::SetPause, vault_address};
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, Verb, output};

/// Pause flag of distributions.
const DISTRIBUTIONS: u8 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_not_the_keepers_is_told_what_to_do() -> Result<()> {
    let stand = Stand::due().await?;
    let stranger = Keypair::new();
    stand.write_key("stranger.json", &stranger)?;
    let wrong = stand.config_with("wrong.toml", "keeper.json", "stranger.json")?;
    let once = Verb::run(&wrong, "once").await?;
    let error = once.error(NEEDS_PERSON)?;
    assert!(
        error.contains("use the keeper's keypair") && error.contains("set_keeper"),
        "{error}"
    );
    let plan = Verb::run(&wrong, "plan").await?;
    assert_eq!(plan.ended(NEEDS_PERSON)?["trouble"], "not_keeper");
    let status = Verb::run(&wrong, "status").await?;
    let shown = status.ended(NEEDS_PERSON)?;
    assert_eq!(shown["trouble"], "not_keeper");
    assert_eq!(shown["keeper"], stranger.pubkey().to_string());

    let (code, said, log) = output(&wrong, &["once"]).await?;
    assert_eq!((code, said.as_str()), (NEEDS_PERSON, ""));
    assert!(log.contains("a person must act: this key is not"), "{log}");
    stand.recovers(&["landed"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_wallet_is_filled_and_the_window_is_not_lost() -> Result<()> {
    let stand = Stand::due().await?;
    let keeper = stand.roles.keeper.pubkey();
    let full = stand.wallet_lamports().await?;
    stand.chain.set_balance(&keeper, 1_000_000).await?;
    let once = stand.verb("once").await?;
    let error = once.error(NEEDS_PERSON)?;
    assert!(error.contains("send SOL to it"), "{error}");
    assert_eq!(stand.proxy.calls("simulateTransaction"), 0);
    stand.chain.set_balance(&keeper, full).await?;
    stand.recovers(&["landed"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_vault_waits_for_its_authority() -> Result<()> {
    let stand = Stand::due().await?;
    let pause = |flags, by: &Keypair| {
        let accounts = SetPause {
            signer: by.pubkey(),
            vault: stand.addresses.vault,
        };
        accounts.instruction(flags)
    };
    let authority = &stand.roles.authority;
    let paused = [pause(DISTRIBUTIONS, authority)];
    stand.chain.send(&paused, &[authority]).await?;
    let once = stand.verb("once").await?;
    let error = once.error(NEEDS_PERSON)?;
    assert!(error.contains("set_pause"), "{error}");
    let status = stand.verb("status").await?;
    assert_eq!(status.ended(NEEDS_PERSON)?["is_paused"], true);

    // A keeper that runs through the pause goes on by itself.
    let from = stand.printed().len();
    let keeper = stand.start()?;
    let prints = async |event: &str| {
        until(event, async || {
            let printed = stand.printed();
            let new = printed.get(from..).unwrap_or_default();
            Ok(new.iter().any(|line| line["event"] == event))
        })
        .await
    };
    prints("error").await?;
    let lifted = [pause(0, authority)];
    stand.chain.send(&lifted, &[authority]).await?;
    prints("landed").await?;
    keeper.stop().await?;
    stand.recovers(&["landed"]).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_not_there_is_named() -> Result<()> {
    let stand = Stand::bare().await?;
    for verb in ["once", "plan", "status"] {
        let ended = stand.verb(verb).await?;
        let error = ended.error(NEEDS_PERSON)?;
        assert!(
            error.contains(&stand.addresses.vault.to_string()) && error.contains("init-vault"),
            "{verb}: {error}"
        );
    }
    // An account that exists and is no vault.
    let vault = stand.addresses.vault.to_string();
    let wallet = stand.roles.keeper.pubkey().to_string();
    let wrong = stand.config_with(
        "wrong.toml",
        &format!("vault = {vault:?}"),
        &format!("vault = {wallet:?}"),
    )?;
    let once = Verb::run(&wrong, "once").await?;
    let error = once.error(NEEDS_PERSON)?;
    assert!(
        error.contains(&wallet) && error.contains("chain.vault"),
        "{error}"
    );
    stand.chain.stop().await
}

/// Every mistake is found before the chain is asked, and names its field.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_the_configuration_name_their_field() -> Result<()> {
    let stand = Stand::bare().await?;
    let url = format!("[{:?}]", stand.proxy.url);
    let vault = format!(
        "{:?}",
        vault_address(primis_tests_e2e::stand::VAULT_ID).to_string()
    );
    for (piece, by, named) in [
        (
            "interval_seconds = 600",
            "interval_seconds = 0",
            "schedule.interval_seconds",
        ),
        (
            "interval_seconds = 600",
            "interval_seconds = \"often\"",
            "schedule.interval_seconds",
        ),
        (
            "interval_seconds = 600",
            "interval_minutes = 10",
            "interval_minutes",
        ),
        (url.as_str(), "[]", "chain.rpc_urls"),
        (url.as_str(), "[\"127.0.0.1:8899\"]", "chain.rpc_urls"),
        (vault.as_str(), "\"Vau1t\"", "chain.vault"),
        ("keeper.json", "nowhere.json", "chain.keypair_path"),
        ("keeper.json", "keeper.toml", "chain.keypair_path"),
        ("kind = \"simulator\"", "kind = \"paypal\"", "revenue.kind"),
        (
            "kind = \"simulator\"",
            "kind = \"stripe\"",
            "revenue.stripe",
        ),
        (
            "kind = \"simulator\"",
            "kind = \"ledger\"",
            "revenue.ledger",
        ),
        (
            "platform_fee_bps = 1000",
            "platform_fee_bps = 0",
            "revenue.simulator",
        ),
        (
            "usd_per_sol_cents = 15000",
            "usd_per_sol_cents = 0",
            "price.fixed.usd_per_sol_cents",
        ),
        ("kind = \"fixed\"", "kind = \"hermes\"", "price.hermes"),
        ("[ops]", "[opps]", "opps"),
    ] {
        let config = stand.config_with("mistake.toml", piece, by)?;
        let once = Verb::run(&config, "once").await?;
        let error = once.error(NEEDS_PERSON)?;
        assert!(
            error.starts_with("configuration: ") && error.contains(named),
            "{by}: {error}"
        );
    }
    let missing = Verb::run(&stand.path("nowhere.toml"), "status").await?;
    let error = missing.error(NEEDS_PERSON)?;
    assert!(error.contains("nowhere.toml"), "{error}");
    assert_eq!(stand.proxy.calls("getMultipleAccounts"), 0);
    assert!(!stand.memory().exists());

    let (code, said, _) = output(&stand.config(), &["--help"]).await?;
    assert_eq!(code, DONE);
    assert!(said.contains("init-vault"), "{said}");
    stand.chain.stop().await
}
