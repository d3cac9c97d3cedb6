//! `GET /api`: what there is to ask.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::app::App;

/// Lists the endpoints.
pub(super) async fn index(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "name": "primis-app-api",
        "version": env!("CARGO_PKG_VERSION"),
        "program": primis_vault_interface::ID.to_string(),
        "vault": app.vault,
        "endpoints": {
            "GET /": "the dashboard",
            "GET /api/stats": "stake, stakers, jobs and revenue",
            "GET /api/yield/stats": "realised and projected yield, and where every lamport of it is",
            "GET /api/yield/revenue-model": "the revenue the projections assume",
            "GET /api/yield/apy/{stakeSOL}": "what a stake would earn",
            "GET /api/yield/my-apy/{wallet}": "what a wallet's stake would earn",
            "GET /api/yield/distributions?limit&cursor": "distributions, newest first",
            "GET /api/yield/history?by=day|interval&pool&limit&cursor": "stake and yield over time, newest first",
            "GET /api/yield/history/{wallet}?limit&cursor": "what happened to a wallet's positions, newest first",
            "GET /api/yield/history/{wallet}.csv": "all of it as a table",
            "GET /api/stream": "distributions, claims, prices and statistics as they happen, server-sent events",
            "GET /api/pools": "each asset with its price, stake and stream",
            "GET /api/positions/{wallet}": "a wallet's stake and what it is owed now",
            "GET /api/network": "which network, program and vault",
            "GET /actions.json": "where wallets find the Solana Actions",
            "GET /api/actions/stake?pool": "the action of staking; so for unstake, claim and compound",
            "POST /api/actions/stake?pool&amount": "its transaction for a wallet to sign",
            "POST /api/transactions": "sends a signed transaction",
            "GET /api/transactions/{signature}": "what became of it",
            "POST /v1/usage/events": "metered work in",
            "GET /healthz": "the process answers",
            "GET /readyz": "the database answers and the chain is followed closely",
        },
    }))
}
