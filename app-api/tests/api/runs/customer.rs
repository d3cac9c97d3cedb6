//! x402's own client pays for runs, and x402's own facilitator settles what it paid: both as their packages
//! have them, on a chain with the token program.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

use super::{Shop, told};
use crate::support::database::{Kind, on_both_databases};

on_both_databases!(
    a_client_buys_a_run,
    a_payment_is_good_once,
    payments_that_are_not_what_they_say,
);

/// Of a run of ten steps, in millionths of a dollar and in nano-USD.
const UNITS: u64 = 10_010;
const PRICE: i64 = 10_010_000;
/// What the customer with money has before.
const FUNDS: u64 = 1_000_000;
/// Whose key pair has money, and whose has none.
const RICH: u8 = 1;
const POOR: u8 = 9;

/// A chain with a facilitator, and a client's program.
struct X402 {
    folder: TempDir,
    said: Value,
    _services: Child,
}

impl X402 {
    async fn start() -> Self {
        let packages = std::env::var("X402_NODE").expect(
            "X402_NODE must name a folder with the packages of app-api/tests/x402/package.json. `cargo xtask \
             test` installs them and sets it; by hand: copy package.json and package-lock.json to \
             target/x402-node and run `npm ci --ignore-scripts` there",
        );
        // Programs find packages beside themselves.
        let folder = tempfile::tempdir().unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/x402");
        for name in ["chain.mjs", "globals.mjs", "pay.mjs", "services.mjs"] {
            std::fs::copy(scripts.join(name), folder.path().join(name)).unwrap();
        }
        let packages = std::fs::canonicalize(PathBuf::from(packages).join("node_modules")).unwrap();
        std::os::unix::fs::symlink(packages, folder.path().join("node_modules")).unwrap();
        let mut services = node(folder.path(), "services.mjs").spawn().unwrap();
        let output = services.stdout.take().unwrap();
        let line = BufReader::new(output).lines().next_line().await.unwrap();
        let line = line.expect("the services start");
        Self {
            said: serde_json::from_str(&line).unwrap(),
            folder,
            _services: services,
        }
    }

    fn text(&self, name: &str) -> String {
        self.said[name].as_str().unwrap().to_owned()
    }

    /// A shop that is paid here.
    async fn shop(&self, kind: Kind) -> Shop {
        Shop::with(kind, |settings| {
            let runs = &mut settings.runs;
            runs.facilitator_url = Some(self.text("facilitator"));
            // Node's answers are slow beside others' builds.
            runs.facilitator_timeout_seconds = 12;
            runs.network = self.text("network");
            runs.asset = self.text("asset");
            runs.pay_to = Some(self.text("payTo"));
        })
        .await
    }

    /// The client orders a job; see `pay.mjs`.
    async fn client(&self, shop: &Shop, key: u8, job: &Value, change: Option<Value>) -> Value {
        let mut client = node(self.folder.path(), "pay.mjs").spawn().unwrap();
        let order = json!({
            "url": format!("{}/api/simulate", shop.server.base), "rpc": self.text("rpc"), "key": key,
            "body": job, "change": change,
        });
        let mut input = client.stdin.take().unwrap();
        input.write_all(order.to_string().as_bytes()).await.unwrap();
        drop(input);
        let output = client.wait_with_output().await.unwrap();
        assert!(output.status.success(), "the client failed");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A payment that the client made of what was asked, changed so, and did not send.
    async fn payment(&self, shop: &Shop, key: u8, change: Value) -> Value {
        let made = self.client(shop, key, &shop.job(0), Some(change)).await;
        let header = made["payment"].as_str().unwrap();
        serde_json::from_slice(&STANDARD.decode(header).unwrap()).unwrap()
    }

    /// How much an owner has.
    async fn balance(&self, owner: &str) -> u64 {
        let url = format!("{}/balance/{}", self.text("rpc"), self.text(owner));
        let balance: String = fetched(&url).await;
        balance.parse().unwrap()
    }

    /// How often the facilitator was asked to settle.
    async fn settlements(&self) -> u64 {
        fetched(&format!("{}/settlements", self.text("facilitator"))).await
    }
}

fn node(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command
        .arg(script)
        .current_dir(folder)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn fetched<T: serde::de::DeserializeOwned>(url: &str) -> T {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build();
    let answer = client.unwrap().get(url).send().await.unwrap();
    answer.json().await.unwrap()
}

fn header(payment: &Value) -> String {
    STANDARD.encode(payment.to_string())
}

async fn a_client_buys_a_run(kind: Kind) {
    let x402 = X402::start().await;
    let shop = x402.shop(kind).await;
    let bought = x402.client(&shop, RICH, &shop.job(0), None).await;
    assert_eq!(bought["status"], 200, "{bought}");
    let run = &bought["body"];
    assert_eq!(
        (&run["state"], &run["paidBy"], &run["result"]["rows"]),
        (&json!("done"), &json!("x402"), &json!(11)),
        "{bought}"
    );
    let receipt = &bought["receipt"];
    assert_eq!(receipt["success"], true);
    assert_eq!(receipt["network"], x402.text("network"));
    assert_eq!(receipt["payer"], x402.text("payer"));
    // What was asked, no more and no less, went from the one to the other.
    assert_eq!(x402.balance("payTo").await, UNITS);
    assert_eq!(x402.balance("payer").await, FUNDS - UNITS);
    assert_eq!(shop.earned().await, PRICE);
    let path = run["result"]["csv"].as_str().unwrap();
    let csv = shop.server.request(reqwest::Method::GET, path);
    let csv = told(csv.header("x-run-token", run["token"].as_str().unwrap())).await;
    assert_eq!(csv.status, StatusCode::OK);
    assert!(
        csv.body
            .as_str()
            .unwrap()
            .starts_with("time,x,count\n0.0,1.0,0\n")
    );
    // Another order of the same client is another payment, though the chain has moved by nothing else.
    let again = x402.client(&shop, RICH, &shop.job(0), None).await;
    assert_eq!(again["status"], 200, "{again}");
    assert_ne!(again["body"]["id"], run["id"]);
    assert_eq!(x402.balance("payTo").await, 2 * UNITS);
    assert_eq!(shop.earned().await, 2 * PRICE);
}

async fn a_payment_is_good_once(kind: Kind) {
    let x402 = X402::start().await;
    let shop = x402.shop(kind).await;
    let job = shop.job(0);
    let bought = x402.client(&shop, RICH, &job, None).await;
    assert_eq!(bought["status"], 200, "{bought}");
    let payment = bought["payment"].as_str().unwrap();
    // Sent again for the same it is the same run; for another it is refused.
    let replayed = told(shop.paid(&job, payment)).await;
    assert_eq!(
        (replayed.status, &replayed.body),
        (StatusCode::OK, &bought["body"])
    );
    let other = told(shop.paid(&shop.job(9), payment)).await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (StatusCode::CONFLICT, &json!("payment_used"))
    );
    // At a shop that never saw it, the facilitator and the chain know it.
    let stranger = x402.shop(kind).await;
    let stolen = told(stranger.paid(&stranger.job(0), payment)).await;
    assert_eq!(
        (stolen.status.as_u16(), &stolen.body["code"]),
        (402, &json!("payment_refused")),
        "{stolen:?}"
    );
    assert_eq!(x402.balance("payTo").await, UNITS);
    assert_eq!((shop.runs().await, stranger.runs().await), (1, 0));
    assert_eq!(x402.settlements().await, 1);
}

async fn payments_that_are_not_what_they_say(kind: Kind) {
    let x402 = X402::start().await;
    let shop = x402.shop(kind).await;
    let job = shop.job(0);
    let good = x402.payment(&shop, RICH, json!({})).await;
    let mut forged = good.clone();
    let signed = forged["payload"]["transaction"].as_str().unwrap();
    let mut bytes = STANDARD.decode(signed).unwrap();
    // The second signature is the customer's.
    bytes[1 + 64] ^= 1;
    forged["payload"]["transaction"] = STANDARD.encode(bytes).into();
    // A payment for less that says so is not even shown to the facilitator.
    let mut honest = x402
        .payment(&shop, RICH, json!({ "amount": "10009" }))
        .await;
    honest["accepted"]["amount"] = "10009".into();
    let pay = |key, change| x402.payment(&shop, key, change);
    for (payment, reason) in [
        (forged, "signature"),
        (honest, "something else"),
        (pay(RICH, json!({ "amount": "10009" })).await, "amount"),
        (pay(RICH, json!({ "amount": "10011" })).await, "amount"),
        (
            pay(RICH, json!({ "asset": x402.text("otherAsset") })).await,
            "mint",
        ),
        (
            pay(RICH, json!({ "payTo": x402.text("payer") })).await,
            "recipient",
        ),
        // Nobody can spend what they have not got.
        (pay(POOR, json!({})).await, "simulation"),
    ] {
        let refused = told(shop.paid(&job, &header(&payment))).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (402, &json!("payment_refused")),
            "{refused:?}"
        );
        assert!(
            refused.text("message").contains(reason),
            "{reason}: {refused:?}"
        );
        assert!(refused.headers.contains_key("payment-required"));
    }
    for broken in ["%", "e30=", &header(&json!({ "x402Version": 1 }))] {
        let refused = told(shop.paid(&job, broken)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_payment"))
        );
    }
    assert_eq!((x402.settlements().await, shop.runs().await), (0, 0));
    assert_eq!(x402.balance("payTo").await, 0);
}
