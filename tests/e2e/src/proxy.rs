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

/// What a real RPC answers that has not come to the slot it was asked for.
const NOT_REACHED: (i64, &str) = (-32_016, "Minimum context slot has not been reached");
/// The method of a rule for all methods.
pub const ANY: &str = "*";

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
    /// What a frozen endpoint answered, by method and parameters without the slot asked for.
    frozen: BTreeMap<String, Value>,
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

    /// From now on these calls of the method, or of [`ANY`], fail. Of several rules for a call the
    /// first counts.
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
        let mut book = self.inside.book();
        book.rules.clear();
        book.frozen.clear();
    }

    /// Calls of all methods so far.
    pub fn all_calls(&self) -> usize {
        self.inside.book().calls.values().sum()
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
        let is_for = |rule: &&mut Rule| rule.method == method || rule.method == ANY;
        for rule in book.rules.iter_mut().filter(is_for) {
            rule.seen += 1;
            if found.is_none() && rule.calls.include(rule.seen) {
                found = Some((rule.fault.clone(), rule.snare.clone()));
            }
        }
        found
    }

    async fn pass_on(&self, body: Bytes) -> Result<Response> {
        let (status, answer) = self.passed(body).await?;
        Ok(as_json(status, answer))
    }

    async fn passed(&self, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let request = self.client.post(&self.target).body(body);
        let answer = request
            .header(CONTENT_TYPE, "application/json")
            .send()
            .await?;
        Ok((answer.status(), answer.bytes().await?))
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
        let reply = |field: &str, value: Value| {
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], field: value});
            as_json(StatusCode::OK, Bytes::from(answer.to_string()))
        };
        let refuse = |(code, message): (i64, &str)| {
            reply("error", json!({"code": code, "message": message}))
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
            Fault::Drop => {
                caught();
                anyhow::bail!("dropped")
            }
            Fault::Twice => {
                self.pass_on(body.clone()).await?;
                caught();
                self.pass_on(body).await
            }
            Fault::Freeze { is_honest } => {
                let (question, least) = without_slot(&request);
                let known = self.book().frozen.get(&question).cloned();
                let Some(result) = known else {
                    let answer: Value = serde_json::from_slice(&self.passed(body).await?.1)?;
                    let result = answer["result"].clone();
                    self.book().frozen.insert(question, result.clone());
                    return Ok(reply("result", result));
                };
                caught();
                let at = result["context"]["slot"].as_u64();
                Ok(match at {
                    Some(at) if is_honest && at < least => refuse(NOT_REACHED),
                    _ => reply("result", result),
                })
            }
            Fault::Pretend(result) => {
                caught();
                Ok(reply("result", result))
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

/// The question apart from the least slot it is asked for, and that slot.
fn without_slot(request: &Value) -> (String, u64) {
    let mut params = request["params"].clone();
    let mut least = 0;
    for param in params.as_array_mut().into_iter().flatten() {
        if let Some(slot) = param
            .as_object_mut()
            .and_then(|param| param.remove("minContextSlot"))
        {
            least = slot.as_u64().unwrap_or(0);
        }
    }
    (format!("{} {params}", request["method"]), least)
}

fn as_json(status: StatusCode, body: Bytes) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
