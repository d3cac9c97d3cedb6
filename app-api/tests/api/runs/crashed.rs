//! A server that is killed with money or a run in its hands: another one finishes it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SECRET, Told, told};
use crate::{
    ledger::NOW,
    support::{
        database::{Kind, TestStore, on_both_databases, open},
        facilitator::{self, ASSET, Facilitator, Mood, NETWORK, PAY_TO},
        fmu,
        server::{ManualClock, TestServer},
        stand::eventually,
    },
};

on_both_databases!(between_settling_and_knowing, in_the_middle_of_a_run);

/// The program, killed when it is dropped.
struct Killed {
    child: Child,
    base: String,
}

impl Killed {
    fn start(store: &TestStore, dir: &Path, facilitator: &Facilitator) -> Self {
        let secret = dir.join("runs-secret");
        std::fs::write(&secret, SECRET).unwrap();
        let variable = |name: &str| format!("PRIMIS_API__RUNS__{name}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_primis-app-api"))
            .env_clear()
            .env(variable("DIRECTORY"), dir.join("runs"))
            .env(variable("TOKEN_SECRET_PATH"), secret)
            .env(variable("FACILITATOR_URL"), &facilitator.url)
            .env(variable("PAY_TO"), PAY_TO)
            .env(variable("NETWORK"), NETWORK)
            .env(variable("ASSET"), ASSET)
            .env(variable("MEMORY_MIB"), "2048")
            .env(variable("WALL_SECONDS"), "600")
            .env(variable("CPU_SECONDS"), "600")
            .args(["--listen", "127.0.0.1:0", "--database-url", &store.url])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let base = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self { child, base }
    }

    /// Uploads a unit, and pays a run of it until it is `there`; then the program is killed.
    async fn dies(mut self, mode: i64, there: impl AsyncFn() -> bool) -> (Value, String) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let post = |path: &str| client.request(Method::POST, format!("{}{path}", self.base));
        let unit = told(post("/api/fmus").body(fmu::two())).await;
        let job = json!({
            "fmu": unit.text("id"), "startValues": { "mode": mode }, "stopTime": 1, "stepSize": 0.1,
        });
        let unpaid = told(post("/api/simulate").json(&job)).await;
        let payment = facilitator::payment(&unpaid.header("payment-required"), "one");
        let paid = post("/api/simulate")
            .json(&job)
            .header("payment-signature", &payment);
        let asked = tokio::spawn(paid.send());
        eventually("the server is in the middle of it", || async {
            there().await.then_some(())
        })
        .await;
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        assert!(asked.await.unwrap().is_err());
        (job, payment)
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another server, once the leases of the dead one are over.
async fn successor(store: &TestStore, dir: &Path, facilitator: &Facilitator) -> TestServer {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let later = i64::try_from(now).unwrap() + 3_000;
    assert!(later < NOW, "the test's clock stands behind the machine's");
    TestServer::start(&store.store, ManualClock::at(later), |given| {
        super::settings(given, dir, facilitator);
        given.runs.wall_seconds = 2;
    })
    .await
}

async fn answer(server: &TestServer, job: &Value, payment: &str) -> Told {
    eventually("the run ends", || async {
        let request = server.request(Method::POST, "/api/simulate").json(job);
        let answer = told(request.header("payment-signature", payment)).await;
        assert!(answer.status.is_success(), "{answer:?}");
        (answer.status == StatusCode::OK).then_some(answer)
    })
    .await
}

async fn between_settling_and_knowing(kind: Kind) {
    let (store, facilitator) = (open(kind).await, Facilitator::start().await);
    let dir = tempfile::tempdir().unwrap();
    facilitator.will([Mood::HangsAfter]);
    let (job, payment) = Killed::start(&store, dir.path(), &facilitator)
        .dies(0, async || {
            // It is on the chain, and the program was not told.
            let settling =
                "SELECT 'settling', COUNT(*) FROM x402_payments WHERE state = 'settling'";
            facilitator.settled() == 1 && store.rows(settling).await[0].1 == 1
        })
        .await;
    let server = successor(&store, dir.path(), &facilitator).await;
    let run = answer(&server, &job, &payment).await;
    assert_eq!(run.text("state"), "done");
    assert_eq!(facilitator.settled(), 1);
    assert_eq!(
        store.rows("SELECT 'runs', COUNT(*) FROM runs").await[0].1,
        1
    );
}

async fn in_the_middle_of_a_run(kind: Kind) {
    let (store, facilitator) = (open(kind).await, Facilitator::start().await);
    let dir = tempfile::tempdir().unwrap();
    let (job, payment) = Killed::start(&store, dir.path(), &facilitator)
        .dies(12, async || {
            let running = "SELECT 'running', COUNT(*) FROM runs WHERE state = 'running'";
            store.rows(running).await[0].1 == 1
        })
        .await;
    let server = successor(&store, dir.path(), &facilitator).await;
    let run = answer(&server, &job, &payment).await;
    // It sleeps for ever, and was begun twice.
    assert_eq!(run.body["failure"]["code"], "wall_time");
    assert_eq!(
        store.rows("SELECT 'attempts', attempts FROM runs").await[0].1,
        2
    );
    assert_eq!((facilitator.asked(), facilitator.settled()), (1, 1));
}
