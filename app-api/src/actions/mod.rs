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

use axum::{extract::DefaultBodyLimit, middleware::from_fn_with_state, routing::get};
use solana_address::Address;
use tokio::sync::Semaphore;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use self::verb::Verb;

use self::rpc::Rpc;
use crate::{
    app::App,
    config::{Actions as Fees, Cluster, Settings},
    http::manners::{bodies_in_time, polite, polite_to_any_origin},
    symbols::Symbols,
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
    symbols: Symbols,
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
            symbols: Symbols::of(&settings.pools),
            permits: Semaphore::new(settings.actions.max_concurrent),
        }
    }
}

/// The routes as they are served, for pages of any origin; they carry no credentials.
pub(crate) fn served(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let limited = || from_fn_with_state(Arc::clone(app), limit::limit);
    let headers = from_fn_with_state(Arc::clone(app), headers::add);
    polite_to_any_origin(bodies_in_time(chain().layer(limited())))
        .merge(polite(bodies_in_time(site().layer(limited()))).layer(headers))
}

/// The routes alone, for the document.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    chain().merge(site())
}

fn chain() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(network::network))
        .routes(routes!(relay::send))
        .routes(routes!(relay::status))
        .routes(routes!(faucet::give))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

fn site() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(site::actions_json))
        // An image is no part of the interface: its address is told with each action.
        .route(ICON_PATH, get(site::icon))
        .routes(routes!(verbs::show, verbs::build))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}
