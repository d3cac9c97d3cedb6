//! `init-vault`, once, again, and against an id that is not free.

use anyhow::{Context as _, Result};
use primis_vault_interface::NATIVE_MINT;
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use primis_tests_e2e::stand::{INTERVAL_SECONDS, Stand, VAULT_ID};
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, Verb, output};

#[tokio::test(flavor = "multi_thread")]
async fn creates_what_the_configuration_says_and_leaves_it_alone_after() -> Result<()> {
    let stand = Stand::bare().await?;
    let init = stand.verb("init-vault").await?;
    let created = init.ended(DONE)?;
    for (field, value) in [
        ("event", json!("init_vault")),
        ("created_vault", json!(true)),
        ("created_pool", json!(true)),
        ("vault_id", json!(VAULT_ID)),
        ("vault", json!(stand.addresses.vault.to_string())),
        ("pool", json!(stand.addresses.pool.to_string())),
        (
            "authority",
            json!(stand.roles.authority.pubkey().to_string()),
        ),
    ] {
        assert_eq!(created[field], value, "{field}");
    }
    let view = stand.chain.vault(&stand.addresses).await?;
    let (vault, pool) = (view.vault, view.pool);
    let [keeper, guardian, treasury] = stand.roles.addresses();
    assert_eq!(
        (vault.authority, vault.keeper, vault.guardian),
        (stand.roles.authority.pubkey(), keeper, guardian)
    );
    assert_eq!(vault.config.treasury_address, treasury);
    assert_eq!(
        vault.config.stream_seconds,
        u64::try_from(INTERVAL_SECONDS)?
    );
    let split = vault.config.compute_split;
    assert_eq!((split.stakers_bps, split.treasury_bps), (5_000, 5_000));
    assert_eq!((vault.pool_count, pool.mint), (1, NATIVE_MINT));

    let rpc = &stand.chain.rpc;
    let authority = stand.roles.authority.pubkey();
    let before = (
        rpc.get_account(&stand.addresses.vault).await?.data,
        rpc.get_balance(&authority).await?,
    );
    let init = stand.verb("init-vault").await?;
    let again = init.ended(DONE)?;
    assert_eq!(
        (&again["created_vault"], &again["created_pool"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(again["vault"], created["vault"]);
    let (code, said, _) = output(&stand.config(), &["init-vault"]).await?;
    assert_eq!(code, DONE);
    assert!(said.contains("exist already"), "{said}");
    let after = (
        rpc.get_account(&stand.addresses.vault).await?.data,
        rpc.get_balance(&authority).await?,
    );
    assert_eq!(after, before, "nothing is changed and nothing is paid");
    stand.chain.stop().await
}

/// Killed while its transaction lands: run again it finds what is there.
#[tokio::test(flavor = "multi_thread")]
async fn killed_on_the_way_it_is_run_again() -> Result<()> {
    let stand = Stand::bare().await?;
    let mut trap = stand
        .proxy
        .rule("sendTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let config = stand.config();
    let arguments = [
        "--config",
        config.to_str().context("the path is not text")?,
        "init-vault",
    ];
    let log = stand.path("init.log");
    let daemon = primis_localnet::Daemon::start("primis-keeper", &arguments, log)?;
    trap.sprung().await?;
    daemon.kill().await?;
    stand.proxy.heal();
    stand.next_block().await?;
    let init = stand.verb("init-vault").await?;
    assert_eq!(init.ended(DONE)?["created_vault"], false);
    stand.chain.vault(&stand.addresses).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn lamports_at_the_address_do_not_block_it() -> Result<()> {
    let stand = Stand::bare().await?;
    for address in [stand.addresses.vault, stand.addresses.pool] {
        stand.chain.set_balance(&address, 1_000_000).await?;
    }
    let init = stand.verb("init-vault").await?;
    assert_eq!(init.ended(DONE)?["created_vault"], true);
    stand.chain.vault(&stand.addresses).await?;
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_somebody_else_needs_a_person() -> Result<()> {
    let stand = Stand::bare().await?;
    stand.verb("init-vault").await?.ended(DONE)?;
    stand.write_key("stranger.json", &Keypair::new())?;
    let stranger = stand.config_with("stranger.toml", "authority.json", "stranger.json")?;
    let init = Verb::run(&stranger, "init-vault").await?;
    let error = init.error(NEEDS_PERSON)?;
    let owner = stand.roles.authority.pubkey().to_string();
    assert!(
        error.contains(&owner) && error.contains("choose another init.vault_id"),
        "{error}"
    );
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_without_sol_needs_a_person() -> Result<()> {
    let stand = Stand::bare().await?;
    stand.write_key("poor.json", &Keypair::new())?;
    let poor = stand.config_with("poor.toml", "authority.json", "poor.json")?;
    let init = Verb::run(&poor, "init-vault").await?;
    let error = init.error(NEEDS_PERSON)?;
    assert!(error.contains("send SOL to it"), "{error}");
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_addresses_for_one_vault_need_a_person() -> Result<()> {
    let stand = Stand::bare().await?;
    let wrong = stand.config_with("wrong.toml", "vault_id = 1\n", "vault_id = 2\n")?;
    let init = Verb::run(&wrong, "init-vault").await?;
    let error = init.error(NEEDS_PERSON)?;
    assert!(
        error.contains("chain.vault") && error.contains("init.vault_id 2"),
        "{error}"
    );
    stand.chain.stop().await
}
