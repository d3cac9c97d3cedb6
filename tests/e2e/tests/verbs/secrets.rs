//! No secret is ever in what the keeper prints or logs, at any level.

use anyhow::Result;
use solana_signer::Signer as _;

use crate::receiver::Receiver;
use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::verb::output;

/// In the query of an RPC's address, where providers put keys.
const RPC_KEY: &str = "k3y-of-the-rpc";
const REVENUE_SECRET: &str = "s3cret-of-the-revenue";
const WEBHOOK_SECRET: &str = "s3cret-of-the-webhook";
const WEBHOOK_TOKEN: &str = "t0ken-of-the-webhook";

#[tokio::test(flavor = "multi_thread")]
async fn no_output_of_any_verb_holds_a_secret() -> Result<()> {
    let stand = Stand::due().await?;
    let (receiver, url) = Receiver::start().await?;
    for (name, text) in [
        ("webhook.url", url.as_str()),
        ("webhook.secret", WEBHOOK_SECRET),
        ("revenue.secret", REVENUE_SECRET),
    ] {
        std::fs::write(stand.path(name), text)?;
    }
    stand.add_to_config(&format!(
        "[alerts]\nwebhook_url_path = {:?}\nsecret_path = {:?}\n[revenue.ledger]\nurl = \"http://127.0.0.1:1\"\nsecret_path = {:?}",
        stand.path("webhook.url"), stand.path("webhook.secret"), stand.path("revenue.secret"),
    ))?;
    let keyed = format!("chain.rpc_urls={}/?api-key={RPC_KEY}", stand.proxy.url);
    let dead = format!("chain.rpc_urls=http://127.0.0.1:1/?api-key={RPC_KEY}");
    // As the HTTP client does not write it.
    let unusual = format!("chain.rpc_urls=HTTP://127.0.0.1:1?api-key={RPC_KEY}");
    let keypair = stand.roles.keeper.to_bytes();
    let key_list = format!("{:?}", &keypair[..32]);
    let secrets = [
        RPC_KEY.to_owned(),
        REVENUE_SECRET.to_owned(),
        WEBHOOK_SECRET.to_owned(),
        WEBHOOK_TOKEN.to_owned(),
        key_list.replace(' ', ""),
        key_list,
        stand.roles.keeper.to_base58_string(),
    ];
    let mut said = String::new();
    for urls in [keyed.as_str(), dead.as_str(), unusual.as_str()] {
        for kind in ["revenue.kind=simulator", "revenue.kind=ledger"] {
            for verb in [
                "check-config",
                "plan",
                "status",
                "once",
                "history",
                "reconcile",
            ] {
                for json in [&["--json"][..], &[]] {
                    let flags = ["--log-level", "trace", "--set", urls, "--set", kind, verb];
                    let (_, stdout, stderr) =
                        output(&stand.config(), &[json, &flags[..]].concat()).await?;
                    said.push_str(&stdout);
                    said.push_str(&stderr);
                }
            }
        }
    }
    // A keeper that runs into trouble and calls for a person.
    let keeper = stand.roles.keeper.pubkey();
    stand.chain.set_balance(&keeper, 1_000_000).await?;
    let (daemon, ..) = stand
        .running(&[
            "--log-level",
            "trace",
            "--log-format",
            "json",
            "--set",
            &keyed,
        ])
        .await?;
    until(
        "an alert",
        async || Ok(receiver.has("wallet_low", "firing")),
    )
    .await?;
    daemon.stop().await?;
    said.push_str(&std::fs::read_to_string(stand.path("run.log"))?);

    assert!(said.contains("did not answer"), "the failures were told");
    assert!(said.contains("the webhook did not take a message"));
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} is in what was said");
    }
    stand.chain.stop().await
}
