//! What wallets need: Solana Actions, which hand out transactions to sign; passing on what they signed;
//! which network this is, and SOL to try things with.
//!
//! Everything here asks the cluster at the moment it is asked, not the store: a wallet signs for what
//! is, not for what was. A plan (`stake`, `unstake`, `earned`) is pure; `now` reads what it goes by,
//! `transaction` makes it bytes.

mod amount;
mod document;
mod earned;
mod faucet;
mod headers;
mod limit;
mod network;
mod now;
mod plan;
mod programs;
mod refusal;
mod relay;
mod rpc;
mod site;
mod stake;
mod transaction;
mod unstake;
mod verb;
mod verbs;
mod wallet;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use solana_address::Address;
use tokio::sync::Semaphore;
use tower_http::cors::CorsLayer;

use self::{rpc::Rpc, verb::Verb};
use crate::{
    app::App,
    config::{Actions as Fees, Cluster, Settings},
};

/// Longest body taken, bytes: a transaction in base64 is 1,644, and JSON around it.
const MAX_BODY_BYTES: usize = 8 * 1024;
/// Where the image lies.
const ICON_PATH: &str = "/api/actions/icon.svg";

/// What serves wallets.
pub(crate) struct Actions {
    rpc: Rpc,
    vault: Option<Address>,
    named_cluster: Option<Cluster>,
    faucet_lamports: Option<u64>,
    fees: Fees,
    public_url: Option<String>,
    /// One for each request that may ask the cluster.
    permits: Semaphore,
}

impl Actions {
    /// With settings that were checked.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rpc: Rpc::new(&settings.chain.rpc_url),
            vault: settings.chain.vault_address().ok().flatten(),
            named_cluster: settings.chain.network,
            faucet_lamports: settings.chain.faucet_lamports,
            fees: settings.actions.clone(),
            public_url: settings.http.public_url.clone(),
            permits: Semaphore::new(settings.actions.max_concurrent),
        }
    }
}

/// The routes, for pages of any origin; they carry no credentials.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let limited = || from_fn_with_state(Arc::clone(app), limit::limit);
    let chain = Router::new()
        .route("/api/network", get(network::network))
        .route("/api/transactions", post(relay::send))
        .route("/api/transactions/{signature}", get(relay::status))
        .route("/api/faucet", post(faucet::give))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(limited())
        .layer(CorsLayer::permissive());
    let action = get(verbs::show)
        .post(verbs::build)
        .fallback(verbs::no_such_method);
    let actions = Router::new()
        .route(
            "/actions.json",
            get(site::actions_json).fallback(verbs::no_such_method),
        )
        .route(ICON_PATH, get(site::icon).fallback(verbs::no_such_method))
        .route("/api/actions/{action}", action)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(limited())
        .layer(from_fn_with_state(Arc::clone(app), headers::add));
    chain.merge(actions)
}
