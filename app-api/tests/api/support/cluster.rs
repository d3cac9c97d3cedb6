//! A cluster as its JSON-RPC shows it: transactions, accounts, a slot. It answers as Solana's does,
//! paging, ordering and errors included.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_vault_interface::ID;
use serde_json::{Value, json};
use solana_address::Address;
use tokio::net::TcpListener;

/// Devnet's first block.
pub const GENESIS: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
pub const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";

#[derive(Clone, Debug)]
pub struct Transaction {
    pub signature: String,
    pub slot: u64,
    /// The clock in its slot.
    pub block_time: i64,
    pub failed: bool,
    pub log: Vec<String>,
    pub names: Vec<Address>,
    /// Not listed yet by the endpoint, as when its nodes lag.
    pub hidden: bool,
}

#[derive(Debug, Default)]
pub struct ClusterState {
    /// The slot that is open: what happens, happens in it. Only those before it are told of, whole,
    /// as a cluster does of what is confirmed; else a look in the middle of a slot would find half of
    /// it, and the order of the rest would be anybody's guess.
    pub slot: u64,
    pub clock_unix: i64,
    pub transactions: Vec<Transaction>,
    pub accounts: BTreeMap<String, Vec<u8>>,
    /// Calls by method.
    pub calls: BTreeMap<String, u64>,
    /// Calls of a method that fail, so many times.
    pub failures: BTreeMap<String, u64>,
    /// Calls of a method that are answered; those after them fail.
    pub answered: BTreeMap<String, u64>,
    /// Slots by which finality is behind.
    pub final_behind: u64,
    /// The first slot the endpoint still knows.
    pub first_slot: u64,
    /// Whether it has lost what it knew of statuses.
    pub forgets_statuses: bool,
    /// Slots by which the nodes lag that answer for several accounts.
    pub accounts_behind: u64,
    /// Rows of a page, if less than what is asked for.
    pub page: Option<usize>,
}

/// Shared with the server that answers for it.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub state: Arc<Mutex<ClusterState>>,
    pub url: String,
}

impl ClusterState {
    /// The newest slot that is complete.
    pub fn confirmed_slot(&self) -> u64 {
        self.slot - 1
    }

    pub fn final_slot(&self) -> u64 {
        self.confirmed_slot().saturating_sub(self.final_behind)
    }

    fn confirmation(&self, slot: u64) -> &'static str {
        if slot <= self.final_slot() {
            "finalized"
        } else {
            "confirmed"
        }
    }
}

impl Cluster {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(ClusterState {
            slot: 1_000,
            clock_unix: 1_700_000_000,
            ..ClusterState::default()
        }));
        let router = Router::new()
            .route("/", post(answer))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { state, url }
    }

    /// Another endpoint of the cluster, which answers only while `open`.
    pub async fn door(&self, open: Arc<AtomicBool>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::clone(&self.state);
        let router = Router::new().route(
            "/",
            post(move |request: Json<Value>| async move {
                if open.load(Ordering::SeqCst) {
                    Ok(answer(State(state), request).await)
                } else {
                    Err(StatusCode::SERVICE_UNAVAILABLE)
                }
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    pub fn with<T>(&self, f: impl FnOnce(&mut ClusterState) -> T) -> T {
        f(&mut self.state.lock().unwrap())
    }
}

async fn answer(
    State(state): State<Arc<Mutex<ClusterState>>>,
    Json(request): Json<Value>,
) -> Json<Value> {
    let mut state = state.lock().unwrap();
    let method = request["method"].as_str().unwrap();
    *state.calls.entry(method.to_owned()).or_default() += 1;
    let (calls, bound) = (state.calls[method], state.answered.get(method));
    let beyond = bound.is_some_and(|bound| calls > *bound);
    let failing = state
        .failures
        .get_mut(method)
        .filter(|left| **left > 0)
        .map(|left| *left -= 1);
    if beyond || failing.is_some() {
        let error = json!({ "code": -32603, "message": "internal error" });
        return Json(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }));
    }
    let params = &request["params"];
    let result = match method {
        "getSlot" if params[0]["commitment"] == "finalized" => json!(state.final_slot()),
        "getGenesisHash" => json!(GENESIS),
        "getSlot" => json!(state.confirmed_slot()),
        "getFirstAvailableBlock" => json!(state.first_slot),
        "getSignatureStatuses" => statuses(&state, params),
        "getSignaturesForAddress" => list(&state, params),
        "getTransaction" => {
            let final_only = params[1]["commitment"] == "finalized";
            transaction(&state, params[0].as_str().unwrap(), final_only)
        }
        "getMultipleAccounts" => {
            let values: Vec<Value> = params[0]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| account(&state, name.as_str().unwrap()))
                .collect();
            let slot = state.confirmed_slot().saturating_sub(state.accounts_behind);
            json!({ "context": { "slot": slot, "apiVersion": "4.2.2" }, "value": values })
        }
        "getProgramAccounts" => program_accounts(&state, params),
        other => panic!("the indexer asked for {other}"),
    };
    Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}

fn list(state: &ClusterState, params: &Value) -> Value {
    let address = params[0].as_str().unwrap().parse::<Address>().unwrap();
    let config = &params[1];
    let limit = usize::try_from(config["limit"].as_u64().unwrap_or(1_000)).unwrap();
    let limit = state.page.map_or(limit, |page| limit.min(page));
    let mut newest_first: Vec<&Transaction> = state
        .transactions
        .iter()
        .filter(|t| t.names.contains(&address) && !t.hidden && t.slot <= state.confirmed_slot())
        .collect();
    newest_first.reverse();
    let position = |signature: &Value| {
        newest_first
            .iter()
            .position(|t| signature.as_str() == Some(&t.signature))
    };
    let begin = position(&config["before"]).map_or(0, |at| at + 1);
    let end = position(&config["until"])
        .unwrap_or(newest_first.len())
        .max(begin);
    newest_first[begin..end]
        .iter()
        .take(limit)
        .map(|t| {
            let err = if t.failed {
                json!({ "InstructionError": [0, { "Custom": 6000 }] })
            } else {
                Value::Null
            };
            json!({
                "signature": t.signature, "slot": t.slot, "err": err, "memo": null,
                "blockTime": t.block_time, "confirmationStatus": state.confirmation(t.slot),
            })
        })
        .collect()
}

fn statuses(state: &ClusterState, params: &Value) -> Value {
    assert_eq!(params[1]["searchTransactionHistory"], true);
    let status = |signature: &Value| {
        let t = state.transactions.iter().find(|t| {
            signature.as_str() == Some(&t.signature)
                && t.slot <= state.confirmed_slot()
                && !state.forgets_statuses
        })?;
        let error = json!({ "InstructionError": [0, { "Custom": 6000 }] });
        let (err, status) = if t.failed {
            (error.clone(), json!({ "Err": error }))
        } else {
            (Value::Null, json!({ "Ok": null }))
        };
        Some(json!({
            "slot": t.slot, "confirmations": null, "err": err, "status": status,
            "confirmationStatus": state.confirmation(t.slot),
        }))
    };
    let rows: Vec<Option<Value>> = params[0].as_array().unwrap().iter().map(status).collect();
    json!({ "context": { "slot": state.confirmed_slot(), "apiVersion": "4.2.2" }, "value": rows })
}

fn transaction(state: &ClusterState, signature: &str, final_only: bool) -> Value {
    let known =
        |t: &&Transaction| t.signature == signature && !(final_only && t.slot > state.final_slot());
    let Some(t) = state.transactions.iter().find(known) else {
        return Value::Null;
    };
    json!({
        "slot": t.slot, "blockTime": t.block_time, "version": 0, "transaction": ["", "base64"],
        "meta": { "err": null, "status": { "Ok": null }, "fee": 5000, "logMessages": t.log },
    })
}

fn account(state: &ClusterState, name: &str) -> Value {
    let data = if name == CLOCK {
        let mut bytes = vec![0u8; 40];
        bytes[..8].copy_from_slice(&state.slot.to_le_bytes());
        bytes[32..].copy_from_slice(&state.clock_unix.to_le_bytes());
        bytes
    } else {
        match state.accounts.get(name) {
            Some(data) => data.clone(),
            None => return Value::Null,
        }
    };
    json!({
        "lamports": 1, "data": [STANDARD.encode(&data), "base64"], "owner": ID.to_string(),
        "executable": false, "rentEpoch": u64::MAX, "space": data.len(),
    })
}

fn program_accounts(state: &ClusterState, params: &Value) -> Value {
    let filters: Vec<(usize, Vec<u8>)> = params[1]["filters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|filter| {
            let memcmp = &filter["memcmp"];
            let bytes = STANDARD.decode(memcmp["bytes"].as_str().unwrap()).unwrap();
            (
                usize::try_from(memcmp["offset"].as_u64().unwrap()).unwrap(),
                bytes,
            )
        })
        .collect();
    let rows: Vec<Value> = state
        .accounts
        .iter()
        .filter(|(_, data)| {
            filters
                .iter()
                .all(|(offset, bytes)| data[*offset..].starts_with(bytes))
        })
        .map(|(name, _)| json!({ "pubkey": name, "account": account(state, name) }))
        .collect();
    json!({ "context": { "slot": state.confirmed_slot() }, "value": rows })
}
