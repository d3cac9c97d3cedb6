//! The console in a real Chromium, against the API with a local Stripe and a local model. The visits
//! themselves are in `tests/e2e/browser`; screenshots of every state go to `target/tmp/console`.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Path as Named, http::StatusCode, routing::post};
use primis_app_api::{
    clock::{Clock as _, SystemClock},
    config::{OpenIdProvider, RunPack},
};
use primis_npm::{Packages, Wanted};
use tokio::{net::TcpListener, process::Command, time::timeout};

use crate::{
    billing::sell,
    support::{
        database::{Kind, open},
        openid::OpenId,
        server::{ManualClock, TestServer},
        services::{gateway, provider},
        stripe::{Delivery, Stripe},
        upstream::{KEY, Upstream},
    },
};

/// Longest that one visit may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_signs_up_pays_and_asks_a_model() {
    let store = open(Kind::Sqlite).await;
    // As the browser's, until the visitor moves it.
    let clock = ManualClock::at(SystemClock.now_unix());
    let stripe = Stripe::start(clock.now_unix()).await;
    let (first, second) = (Upstream::start().await, Upstream::start().await);
    let openid = OpenId::start(clock.now_unix()).await;
    let server = TestServer::start(&store.store, clock.clone(), |settings| {
        sell(settings, &stripe.url);
        settings.stripe.run_packs = vec![RunPack {
            id: "runs-100".into(),
            runs: 100,
            cents: 1_000,
        }];
        settings.accounts.providers = vec![OpenIdProvider {
            name: "my-company".into(),
            ..provider(&openid, settings)
        }];
        settings.accounts.after_login = "/console".into();
        let admin = Path::new(settings.platform.admin_key_path.as_ref().unwrap());
        let key_path = admin.with_file_name("upstream-key");
        std::fs::write(&key_path, KEY).unwrap();
        settings.gateway = gateway(&first, &second, key_path.to_str().unwrap());
        // The model waits for the visitor.
        for upstream in &mut settings.gateway.upstreams {
            upstream.idle_milliseconds = 60_000;
            upstream.first_byte_milliseconds = 60_000;
        }
    })
    .await;
    let server = Arc::new(server);
    let control = control(server.clone(), stripe, first, clock).await;
    visit("console.mjs", &server.base, [("CONTROL", control.as_str())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_set_up_is_said_in_words() {
    let store = open(Kind::Sqlite).await;
    let server = TestServer::start(&store.store, SystemClock, |_| {}).await;
    visit("console-bare.mjs", &server.base, [("BARE", "shop")]).await;
    server.stop().await;
    let server = TestServer::start(&store.store, SystemClock, |settings| {
        settings.accounts.token_secret_path = None;
        settings.accounts.key_pepper_path = None;
    })
    .await;
    visit("console-bare.mjs", &server.base, [("BARE", "accounts")]).await;
    server.stop().await;
}

/// What the visitor cannot do in the browser: pay at the provider, let the model write on, and wait.
async fn control(
    server: Arc<TestServer>,
    stripe: Stripe,
    upstream: Upstream,
    clock: ManualClock,
) -> String {
    let now = clock.now_unix();
    let pay = async move |Named(session): Named<String>| {
        stripe.pay(&session);
        Delivery::at(now).all(&*server, &stripe.events()).await;
        StatusCode::OK
    };
    let gate = async move |Named(pieces): Named<usize>| {
        upstream.gate.add_permits(pieces);
        StatusCode::OK
    };
    let wait = async move |Named(days): Named<i64>| {
        clock.set(clock.now_unix() + days * 86_400);
        StatusCode::OK
    };
    let router = Router::new()
        .route("/pay/{session}", post(pay))
        .route("/gate/{pieces}", post(gate))
        .route("/wait/{days}", post(wait));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Runs a script against the server at `url`.
async fn visit(script: &str, url: &str, with: [(&str, &str); 1]) {
    let path = env::var_os("PATH").unwrap_or_default();
    let chromium = env::split_paths(&path)
        .map(|folder| folder.join("chromium"))
        .find(|file| file.is_file());
    let chromium = chromium.expect(
        "chromium is not installed: start the tests with `cargo xtask test`, which installs it, \
         or run `apt-get install chromium`",
    );
    let visit = Command::new("node")
        .arg(scripts(script).join(script))
        .env("DASHBOARD_URL", url)
        .env("CHROMIUM", chromium)
        .env("SCREENSHOTS", temporary().join("console"))
        .envs(with)
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, visit).await;
    let output = output.expect("the visit takes too long").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{said}");
}

fn temporary() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The scripts beside their packages, where Node looks for them: in a folder for each, as tests run at once.
fn scripts(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/browser");
    let folder = temporary().join(format!("console-{name}"));
    Packages::install(&source, &folder, Wanted::Build).unwrap();
    for entry in std::fs::read_dir(&source).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    folder
}
