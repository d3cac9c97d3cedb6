//! The server against its own OpenAPI document: schemathesis asks what the document allows and what it
//! does not, and no answer may be a server error or one that the document does not have.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use primis_app_api::{
    platform::ledger::{Book, Ledger, Posting, Reported, Short},
    store::Store,
};
use primis_vault_interface::Source;
use reqwest::Method;
use serde_json::{Value, json};
use solana_address::Address;
use tokio::process::Command;

use crate::runs;
use crate::support::{
    database::Kind,
    facilitator::Facilitator,
    hermes,
    platform::{Customer, answer},
    server::{ADMIN_KEY, KEY, ManualClock, SECRET, event},
    services::gateway,
    stand::Stand,
    stripe::Stripe,
    upstream::{self, Upstream},
    vault::{BORN, SOL, World, owner},
};

/// A vault in which everything has happened once, with usage and a price.
async fn populated(runs_dir: &Path) -> Stand {
    let mut world = World::new().await;
    let token = world.add_token_pool(Address::new_from_array([201; 32]));
    world.add_token_pool(Address::new_from_array([202; 32]));
    world.deposit(&owner(1), 100 * SOL);
    world.refresh_price(token, 1_250_000_000);
    world.deposit_tokens(token, &owner(2), 80 * SOL);
    world.pass(600);
    world.distribute(SOL);
    world.pass(600);
    world.distribute_from(Source::Staking, SOL);
    world.claim(&owner(1));
    world.withdraw(&owner(1), SOL);
    let price = hermes::serve(150, BORN).await;
    let facilitator = Facilitator::start().await;
    let stripe = Stripe::start(BORN).await;
    let models = Upstream::start().await;
    let dir = tempfile::tempdir().unwrap();
    let key_path = dir.path().join("key");
    std::fs::write(&key_path, upstream::KEY).unwrap();
    let gateway = gateway(&models, &models, key_path.to_str().unwrap());
    let stand = Stand::with(Kind::Sqlite, world, |settings| {
        runs::settings(settings, runs_dir, &facilitator);
        settings.price = Some(price);
        settings.gateway = gateway;
        settings.model.base_staking_apr_bps = Some(633);
        // The clock stands still, and so does the window.
        settings.accounts.requests_per_minute = 1_000_000;
        settings.accounts.attempts_per_account = 1_000_000;
        crate::billing::sell(settings, &stripe.url);
    })
    .await;
    stand.caught_up().await;
    let events = json!({ "events": [event("earlier", "api.call", 1)] });
    assert_eq!(stand.server.post_usage(&events).await.0, 200);
    stand
}

/// Gives an account money for any number of models' answers.
async fn paid_in(store: &Store, account: &str) {
    let clock = Arc::new(ManualClock::at(BORN));
    let ledger = Ledger::new(store.clone(), clock, Duration::from_secs(10));
    let amount = 1_000_000_000_000_000;
    let posting = Posting {
        id: "test:top_up".into(),
        kind: "top_up",
        entries: vec![
            (Book::Stripe, amount),
            (Book::Customer(account.to_owned()), -amount),
        ],
        short: Short::Refuse,
        reported: Reported::default(),
        reference: "{}".into(),
    };
    ledger.post(posting).await.unwrap();
}

/// A system and a webhook of a customer with a plan that has them.
async fn on_pro(stand: &Stand, customer: &Customer) -> (String, String) {
    stand
        .store
        .execute(
            "INSERT INTO stripe_subscriptions (subscription, version, account, customer, item, catalogue, \
             plan, plan_version, status, in_force, cancel_at_period_end, created_at, period_start, \
             period_end) SELECT 'sub_' || id, 1, id, 'cus', 'si', 'metered', 'enterprise', 1, 'active', 1, \
             0, 0, 0, 9999999999 FROM customers",
        )
        .await;
    let made = async |path: &str, body: Value| {
        let request = customer.request(&stand.server, Method::POST, path);
        let (status, body) = answer(request.json(&body)).await;
        assert_eq!(status, 201, "{body}");
        body
    };
    let system = made("/api/systems", json!({ "name": "one" })).await;
    let hook = json!({ "url": "https://customer.example/hook" });
    let webhook = made("/api/webhooks", hook).await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (id(&system), id(&webhook["webhook"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_error_and_no_undocumented_answer() {
    let program = std::env::var("SCHEMATHESIS").expect(
        "SCHEMATHESIS must name the schemathesis program. `cargo xtask test` installs it and sets it; \
         by hand: python3 -m venv target/schemathesis && target/schemathesis/bin/pip install -r \
         app-api/tests/schemathesis/requirements.txt, then \
         SCHEMATHESIS=$PWD/target/schemathesis/bin/schemathesis cargo test …",
    );
    let runs_dir = tempfile::tempdir().unwrap();
    let stand = populated(runs_dir.path()).await;
    let metered = Customer::new(&stand.server).await;
    // Before there are others: the plan is everybody's.
    let (system, webhook) = on_pro(&stand, &metered).await;
    let customer = Customer::new(&stand.server).await;
    paid_in(&stand.store.store, &customer.account).await;
    let leaving = Customer::new(&stand.server).await;
    let base = &stand.server.base;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    // Whatever it writes beside its report goes where it is thrown away.
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["run", "--phases", "examples,coverage,fuzzing"])
        .arg(format!("{base}/api/openapi.json"))
        .current_dir(scratch.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("NO_PROXY", "127.0.0.1")
        .env("WALLET", owner(1).to_string())
        .env("NOW", BORN.to_string())
        .env("REVENUE_SECRET", SECRET)
        .env("USAGE_KEY", KEY)
        .env("ADMIN_KEY", ADMIN_KEY)
        .env("CUSTOMER_KEY", &customer.key)
        .env("METERED_KEY", &metered.key)
        .env("SYSTEM", &system)
        .env("WEBHOOK", &webhook)
        .env("LEAVING_KEY", &leaving.key)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("SCHEMATHESIS names a program that can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Every operation was asked, and those that need a key with one: usage came in.
    let document = primis_app_api::http::document();
    let operations = document
        .paths
        .paths
        .values()
        .flat_map(|item| [&item.get, &item.post, &item.put, &item.patch, &item.delete])
        .flatten()
        .count();
    // But for the document itself, which it begins with, the stream, which does not end, and the prices, which
    // the others need.
    let tested = format!("Tested: {}\n", operations - 3);
    assert!(said.contains(&tested), "{said}");
    assert!(!said.to_lowercase().contains("authentication"), "{said}");
    assert!(stand.store.store.usage_event_count().await.unwrap() > 1);
}
