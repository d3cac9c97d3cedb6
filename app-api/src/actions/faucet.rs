//! SOL for trying things, where the network gives some.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{amount::sol, refusal::refused, wallet};
use crate::{app::App, http::ApiError};

/// A wallet that holds this many gifts gets no more.
const GIFTS: u64 = 10;

/// Who is given SOL.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FaucetRequest {
    /// The wallet, base58.
    account: String,
}

/// SOL is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gift {
    /// Of the cluster's transaction.
    signature: String,
    /// How much, lamports.
    lamports: String,
}

/// Gives a wallet SOL to try things with
///
/// Only on networks where SOL is worth nothing, and only up to a bound.
#[utoipa::path(
    post,
    path = "/api/faucet",
    tag = "network",
    request_body = FaucetRequest,
    responses(
        (status = 200, body = Gift),
        (status = 400, description = "`invalid_account`: no wallet; `invalid_body`: no JSON"),
        (status = 404, description = "`no_faucet`: there is none on this network"),
        (status = 413, description = "`body_too_large`: more than 8 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`wallet_full`: the wallet has enough; `invalid_body`: a field is missing"),
        (status = 503, description = "`rpc_unavailable`: the cluster cannot be reached; `busy`: too many wallets ask at once"),
    )
)]
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    body: Result<Json<FaucetRequest>, JsonRejection>,
) -> Result<Json<Gift>, ApiError> {
    let no_faucet = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "no_faucet",
            "there is no faucet on this network",
        )
    };
    if app.actions.faucet_lamports.is_none() {
        return Err(no_faucet());
    }
    let Json(request) = body.map_err(ApiError::from_json)?;
    let account = wallet::parse(&request.account)?;
    let (cluster, _) = app.actions.cluster().await?;
    let lamports = app.actions.faucet_lamports(cluster).ok_or_else(no_faucet)?;
    let rpc = &app.actions.rpc;
    let held = rpc.accounts(&[account]).await?;
    let held = held.into_iter().flatten().next().map_or(0, |a| a.lamports);
    if held >= lamports.saturating_mul(GIFTS) {
        let text = format!(
            "the wallet holds {} SOL, enough to try everything",
            sol(held)
        );
        return Err(refused("wallet_full", &text));
    }
    Ok(Json(Gift {
        signature: rpc.airdrop(&account, lamports).await?,
        lamports: lamports.to_string(),
    }))
}
