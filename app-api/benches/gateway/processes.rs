//! The processes: an upstream, a bare proxy, and the gateway with a customer.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
    routing::post,
};
use primis_app_api::{
    clock::SystemClock,
    platform::ledger::{Book, Ledger, Posting, Reported, Short},
    store::Store,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the customer has: a million dollars.
const BALANCE_NANO_USD: i64 = 1_000_000_000_000_000;
/// Longest wait for the charges of the last answers.
const SETTLED: Duration = Duration::from_secs(30);

/// Killed when dropped.
pub struct Process {
    pub base: String,
    child: Child,
}

impl Process {
    /// A part of this program.
    pub fn this(arguments: &[&str]) -> Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).args(arguments))
    }

    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(base) = line.trim_end().strip_prefix("listening on ") else {
            let _ = child.kill();
            let status = child.wait()?;
            bail!("{command:?} did not start: {status}");
        };
        Ok(Self {
            base: base.to_owned(),
            child,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The real server with a customer that has money and a key.
pub struct Gateway {
    pub process: Process,
    pub key: String,
    store: Store,
}

impl Gateway {
    pub async fn start(database: &str, upstream: &str, dir: &Path) -> Result<Self> {
        let file = |name: &str, text: &str| -> Result<String> {
            let path = dir.join(name);
            std::fs::write(&path, text)?;
            Ok(path.display().to_string())
        };
        let models = file(
            "models.toml",
            "[[models]]\nname = \"bench/model\"\nupstream = \"local\"\nprompt_nano_usd = 400_000_000\n\
             completion_nano_usd = 1_600_000_000\nmax_context_tokens = 8192\nmax_output_tokens = 1024\n",
        )?;
        let secret = file("secret", &"s".repeat(40))?;
        let config = file(
            "app-api.toml",
            &format!(
                "listen = \"127.0.0.1:0\"\n[database]\nurl = \"{database}\"\n\
                 [chain]\nrpc_url = \"http://127.0.0.1:9\"\n\
                 [accounts]\ntoken_secret_path = \"{secret}\"\nkey_pepper_path = \"{secret}\"\n\
                 requests_per_minute = 100_000_000\n\
                 [gateway]\nmodels_path = \"{models}\"\n\
                 [[gateway.upstreams]]\nname = \"local\"\nbase_url = \"{upstream}/v1\"\n"
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_primis-app-api"));
        command.env("RUST_LOG", "error").arg("--config").arg(config);
        let process = Process::start(&mut command)?;
        let (account, key) = customer(&process.base).await?;
        let store = Store::open(database, 2).await?;
        let ledger = Ledger::new(
            store.clone(),
            Arc::new(SystemClock),
            Duration::from_secs(10),
        );
        let top_up = Posting {
            id: "bench:top_up".into(),
            kind: "top_up",
            entries: vec![
                (Book::Stripe, BALANCE_NANO_USD),
                (Book::Customer(account), -BALANCE_NANO_USD),
            ],
            short: Short::Refuse,
            reported: Reported::default(),
            reference: "{}".into(),
        };
        ledger.post(top_up).await?;
        Ok(Self {
            process,
            key,
            store,
        })
    }

    /// Answers that are charged, once none is under way.
    pub async fn charged(&self) -> Result<u64> {
        let client = client()?;
        let started = Instant::now();
        loop {
            let summary: Value = client
                .get(format!("{}/api/usage/summary", self.process.base))
                .bearer_auth(&self.key)
                .send()
                .await?
                .json()
                .await?;
            let charged = summary
                .pointer("/sums/0/requests")
                .and_then(Value::as_u64)
                .with_context(|| format!("no sum: {summary}"))?;
            let open = self.store.open_hold_count().await?;
            if open == 0 {
                return Ok(charged);
            }
            ensure!(started.elapsed() < SETTLED, "{open} holds are still open");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn client() -> Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    Ok(client.build()?)
}

/// Signs up; the account, and a key of it.
async fn customer(base: &str) -> Result<(String, String)> {
    let client = client()?;
    let credentials = json!({"email": "bench@example.com", "password": "correct horse battery"});
    let signed_up = client.post(format!("{base}/api/auth/signup"));
    signed_up
        .json(&credentials)
        .send()
        .await?
        .error_for_status()?;
    let log_in = client.post(format!("{base}/api/auth/login"));
    let session: Value = log_in.json(&credentials).send().await?.json().await?;
    let text = |value: &Value, pointer: &str| -> Result<String> {
        let found = value.pointer(pointer).and_then(Value::as_str);
        Ok(found.with_context(|| format!("no {pointer}"))?.to_owned())
    };
    let key: Value = client
        .post(format!("{base}/api/keys"))
        .bearer_auth(text(&session, "/accessToken")?)
        .json(&json!({"name": "bench", "scopes": ["read", "write"]}))
        .send()
        .await?
        .json()
        .await?;
    Ok((text(&session, "/accountId")?, text(&key, "/secret")?))
}

/// Answers every request at once.
pub async fn upstream() -> Result<()> {
    let answer = json!({
        "id": "gen-1", "object": "chat.completion", "created": 1_800_000_000, "model": "bench/model",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "This is a test."}}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    });
    let router = Router::new().route(
        "/v1/chat/completions",
        post(move |_: Bytes| std::future::ready(Json(answer.clone()))),
    );
    serve(router).await
}

/// Passes on, and does nothing else.
pub async fn proxy(upstream: &str) -> Result<()> {
    let upstream = format!("{upstream}/v1/chat/completions");
    let router = Router::new()
        .route("/v1/chat/completions", post(pass_on))
        .with_state((client()?, upstream));
    serve(router).await
}

async fn pass_on(
    State((client, upstream)): State<(reqwest::Client, String)>,
    body: Bytes,
) -> Response {
    let request = client
        .post(upstream)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    match request.send().await {
        Ok(response) => {
            let kind = response.headers().get(CONTENT_TYPE).cloned();
            match (response.bytes().await, kind) {
                (Ok(bytes), Some(kind)) => {
                    ([(CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
                }
                _ => StatusCode::BAD_GATEWAY.into_response(),
            }
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn serve(router: Router) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}
