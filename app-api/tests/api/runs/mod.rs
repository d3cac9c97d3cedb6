//! Jobs paid one by one.

mod card;
mod confined;
mod crashed;
mod customer;
mod failed;
mod packs;
mod prepaid;
mod till;
mod unknown;
mod unpaid;
mod x402;

use std::path::Path;

use primis_app_api::config::Settings;
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    ledger::Books,
    support::{
        database::Kind,
        facilitator::{self, ASSET, Facilitator, NETWORK, PAY_TO},
        fmu,
        server::TestServer,
        stand::eventually,
    },
};

pub const SECRET: &str = "test-runs-secret-0123456789abcdef";

/// A server that sells runs, and whoever settles payments.
pub struct Shop {
    pub books: Books,
    pub facilitator: Facilitator,
    pub server: TestServer,
    pub fmu: String,
    dir: TempDir,
}

/// An answer.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Told {
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .to_str()
            .unwrap()
            .to_owned()
    }

    pub fn text(&self, name: &str) -> String {
        let value = self.body[name].as_str();
        value
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .to_owned()
    }
}

/// Sends a request.
pub async fn told(request: RequestBuilder) -> Told {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Told {
        status,
        headers,
        body,
    }
}

/// Settings of a shop whose files lie in `dir`.
pub fn settings(settings: &mut Settings, dir: &Path, facilitator: &Facilitator) {
    let secret = dir.join("runs-secret");
    std::fs::write(&secret, SECRET).unwrap();
    let runs = &mut settings.runs;
    runs.directory = Some(dir.join("runs").display().to_string());
    runs.token_secret_path = Some(secret.display().to_string());
    runs.simulator_path = Some(env!("CARGO_BIN_EXE_primis-app-api").into());
    runs.facilitator_url = Some(facilitator.url.clone());
    runs.facilitator_timeout_seconds = 2;
    runs.network = NETWORK.into();
    runs.asset = ASSET.into();
    runs.pay_to = Some(PAY_TO.into());
    // A debug build beside others: address space is what its file takes.
    runs.memory_mib = 2_048;
    runs.cpu_seconds = 2;
}

impl Shop {
    pub async fn open(kind: Kind) -> Self {
        Self::with(kind, |_| {}).await
    }

    pub async fn with(kind: Kind, change: impl FnOnce(&mut Settings)) -> Self {
        let books = Books::new(kind).await;
        let facilitator = Facilitator::start().await;
        let dir = tempfile::tempdir().unwrap();
        let server = TestServer::start(&books.store.store, books.clock.clone(), |given| {
            settings(given, dir.path(), &facilitator);
            change(given);
        })
        .await;
        let uploaded = told(server.request(Method::POST, "/api/fmus").body(fmu::two())).await;
        assert_eq!(uploaded.status, StatusCode::CREATED, "{uploaded:?}");
        let fmu = uploaded.text("id");
        Self {
            books,
            facilitator,
            server,
            fmu,
            dir,
        }
    }

    /// Another server on the same database and files.
    pub async fn beside(&self, change: impl FnOnce(&mut Settings)) -> TestServer {
        TestServer::start(&self.books.store.store, self.books.clock.clone(), |given| {
            settings(given, self.dir.path(), &self.facilitator);
            change(given);
        })
        .await
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A run of ten steps in which the unit behaves so.
    pub fn job(&self, mode: i64) -> Value {
        json!({
            "fmu": self.fmu, "startValues": { "k": 2, "mode": mode }, "stopTime": 1.0, "stepSize": 0.1,
            "outputs": ["x", "count"],
        })
    }

    pub fn simulate(&self, job: &Value) -> RequestBuilder {
        self.server.request(Method::POST, "/api/simulate").json(job)
    }

    /// A payment of its own for a job.
    pub async fn payment(&self, job: &Value, message: &str) -> String {
        let unpaid = told(self.simulate(job)).await;
        assert_eq!(unpaid.status, StatusCode::PAYMENT_REQUIRED, "{unpaid:?}");
        facilitator::payment(&unpaid.header("payment-required"), message)
    }

    pub fn paid(&self, job: &Value, payment: &str) -> RequestBuilder {
        self.simulate(job).header("payment-signature", payment)
    }

    /// Reads a run with its token.
    pub async fn run(&self, told_of_it: &Told) -> Told {
        let path = format!("/api/runs/{}", told_of_it.text("id"));
        let token = told_of_it.text("token");
        told(
            self.server
                .request(Method::GET, &path)
                .header("x-run-token", token),
        )
        .await
    }

    /// Waits for a run's end.
    pub async fn ended(&self, told_of_it: &Told) -> Told {
        eventually("the run ends", || async {
            let run = self.run(told_of_it).await;
            matches!(&*run.text("state"), "done" | "failed").then_some(run)
        })
        .await
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.books.store.rows(sql).await[0].1
    }

    pub async fn runs(&self) -> i64 {
        self.count("SELECT 'runs', COUNT(*) FROM runs").await
    }

    /// What x402 brought, nano-USD, once all of it is in the ledger; the books agree.
    pub async fn earned(&self) -> i64 {
        eventually("payments are booked", || async {
            let open =
                "SELECT 'open', COUNT(*) FROM x402_payments WHERE state = 'settled' AND booked = 0";
            (self.count(open).await == 0).then_some(())
        })
        .await;
        self.books.agree().await;
        self.count(
            "SELECT 'x402', CAST(COALESCE(SUM(amount_nano_usd), 0) AS BIGINT) FROM entries WHERE book = 'x402'",
        )
        .await
    }
}
