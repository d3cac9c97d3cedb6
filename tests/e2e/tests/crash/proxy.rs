//! A proxy in front of the chain's RPC that passes calls on, and fails those it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use primis_localnet::Port;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::trap::{self, Calls, Fault, Snare, Trap};

/// What a real RPC answers while it catches up.
const BEHIND: (i64, &str) = (-32_005, "Node is behind by 42 slots");
/// What a real RPC answers that was started without `--enable-rpc-transaction-history`.
const NO_HISTORY: (i64, &str) = (
    -32_011,
    "Transaction history is not available from this node",
);

/// One rule, and what its trap watches.
struct Rule {
    method: &'static str,
    calls: Calls,
    fault: Fault,
    seen: usize,
    snare: Snare,
}

#[derive(Default)]
struct Book {
    rules: Vec<Rule>,
    calls: BTreeMap<String, usize>,
}

/// What every request of the proxy needs.
struct Inside {
    target: String,
    client: reqwest::Client,
    book: Mutex<Book>,
}

/// A running proxy; it stops when dropped.
pub struct Proxy {
    /// Its address.
    pub url: String,
    inside: Arc<Inside>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy on a free port, passing calls on to the RPC at `target`.
    pub async fn to(target: String) -> Result<Self> {
        let listener = Port::Any.listen().await?;
        let url = format!("http://{}", listener.local_addr()?);
        let inside = Arc::new(Inside {
            target,
            client: reqwest::Client::new(),
            book: Mutex::default(),
        });
        let app = Router::new().fallback(call).with_state(inside.clone());
        let task = tokio::spawn(async move {
            // Ends with the task; an error of one connection is that client's.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { url, inside, task })
    }

    /// From now on these calls of the method fail. Of several rules for a call the first counts.
    pub fn rule(&self, method: &'static str, calls: Calls, fault: Fault) -> Trap {
        let (trap, snare) = trap::set();
        self.inside.book().rules.push(Rule {
            method,
            calls,
            fault,
            seen: 0,
            snare,
        });
        trap
    }

    /// From now on every call is passed on. What is held stays held.
    pub fn heal(&self) {
        self.inside.book().rules.clear();
    }

    /// Calls of a method so far, failed ones included.
    pub fn calls(&self, method: &str) -> usize {
        self.inside.book().calls.get(method).copied().unwrap_or(0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inside {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and finds the rule it runs into.
    fn fault(&self, method: &str) -> Option<(Fault, Snare)> {
        let mut book = self.book();
        *book.calls.entry(method.to_owned()).or_default() += 1;
        let mut found = None;
        for rule in book.rules.iter_mut().filter(|rule| rule.method == method) {
            rule.seen += 1;
            if found.is_none() && rule.calls.include(rule.seen) {
                found = Some((rule.fault.clone(), rule.snare.clone()));
            }
        }
        found
    }

    async fn pass_on(&self, body: Bytes) -> Result<Response> {
        let request = self.client.post(&self.target).body(body);
        let answer = request
            .header(CONTENT_TYPE, "application/json")
            .send()
            .await?;
        Ok(as_json(answer.status(), answer.bytes().await?))
    }

    async fn handle(&self, body: Bytes) -> Result<Response> {
        let request: Value = serde_json::from_slice(&body)?;
        let method = request["method"].as_str().context("no method")?;
        let Some((fault, snare)) = self.fault(method) else {
            return self.pass_on(body).await;
        };
        let Snare {
            caught,
            mut released,
            answered,
        } = snare;
        let caught = || caught.send_modify(|count| *count += 1);
        let answer = |field: &str, value: Value| {
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], field: value});
            as_json(StatusCode::OK, Bytes::from(answer.to_string()))
        };
        let refuse = |(code, message): (i64, &str)| {
            answer("error", json!({"code": code, "message": message}))
        };
        match fault {
            Fault::HoldRequest => {
                caught();
                released.wait_for(|released| *released).await?;
                let answer = self.pass_on(body).await;
                answered.send_modify(|count| *count += 1);
                answer
            }
            Fault::HoldAnswer => {
                let answer = self.pass_on(body).await;
                answered.send_modify(|count| *count += 1);
                caught();
                released.wait_for(|released| *released).await?;
                answer
            }
            Fault::LoseAnswer => {
                self.pass_on(body).await?;
                caught();
                anyhow::bail!("lost")
            }
            Fault::Pretend(result) => {
                caught();
                Ok(answer("result", result))
            }
            Fault::Refuse => {
                caught();
                Ok(refuse(BEHIND))
            }
            Fault::NoHistory if request["params"][1]["searchTransactionHistory"] == true => {
                caught();
                Ok(refuse(NO_HISTORY))
            }
            Fault::NoHistory => self.pass_on(body).await,
            Fault::Lag(time) => {
                tokio::time::sleep(time).await;
                let answer = self.pass_on(body).await;
                caught();
                answer
            }
        }
    }
}

/// A task of its own: what a client sent is on its way, whether the client still lives or not.
async fn call(State(inside): State<Arc<Inside>>, body: Bytes) -> Response {
    let handled = tokio::spawn(async move { inside.handle(body).await }).await;
    match handled {
        Ok(Ok(response)) => response,
        // As a gateway says that it heard nothing from behind.
        Ok(Err(_)) | Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

fn as_json(status: StatusCode, body: Bytes) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
