//! Passing on signed transactions, and telling what became of them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
};
use serde::{Deserialize, Serialize};
use solana_signature::Signature;
use utoipa::ToSchema;

use super::{
    refusal::{explain, simulation_failed},
    wire::Signed,
};
use crate::{app::App, http::ApiError};

/// A transaction to pass on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RelayRequest {
    /// Base64 of the signed transaction.
    transaction: String,
}

/// The transaction is on its way, or has landed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Relayed {
    /// By which `GET /api/transactions/{signature}` finds it.
    signature: String,
}

/// What became of a transaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionView {
    /// Its first signature, base58.
    signature: String,
    /// How far it has come.
    status: TransactionStatus,
    /// The slot it landed in.
    slot: Option<u64>,
    /// Why it failed, in plain words.
    error: Option<String>,
}

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionStatus {
    /// The cluster has not seen it, or has forgotten it.
    Unknown,
    /// In a block.
    Processed,
    /// Voted on by two thirds of the stake.
    Confirmed,
    /// Rooted.
    Finalized,
    /// In a block, without effect but for its fee.
    Failed,
}

/// Sends a signed transaction of the staking vault
///
/// It is simulated first, and refused with the program's own reason where it would fail. Sending the
/// same one again is harmless and answers the same.
#[utoipa::path(
    post,
    path = "/api/transactions",
    tag = "network",
    operation_id = "sendTransaction",
    request_body = RelayRequest,
    responses(
        (status = 200, description = "Sent", body = Relayed),
        (status = 400, description = "`invalid_body`: not the JSON it should be; `invalid_transaction`: not a signed transaction; `foreign_program`: not one of the vault"),
        (status = 413, description = "`body_too_large`: over 8 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`insufficient_funds`, `deposits_paused`, `pool_closed`, `cap_exceeded`, `below_minimum`, `nothing_to_claim`, `invalid_amount`, `simulation_failed`: it would fail, and why; `invalid_body`: JSON of another shape"),
        (status = 503, description = "`rpc_unavailable`: the Solana network cannot be reached; `busy`: too many ask at once"),
    )
)]
pub(crate) async fn send(
    State(app): State<Arc<App>>,
    body: Result<Json<RelayRequest>, JsonRejection>,
) -> Result<Json<Relayed>, ApiError> {
    let Json(request) = body.map_err(ApiError::from_json)?;
    let signed = Signed::parse(&request.transaction)?;
    let signature = signed.signature.to_string();
    let relayed = || {
        Json(Relayed {
            signature: signature.clone(),
        })
    };
    let rpc = &app.actions.rpc;
    if rpc.status(&signature).await?.is_some() {
        return Ok(relayed());
    }
    let simulated = rpc.simulate(&signed.bytes, true, &[]).await?;
    if let Some(error) = simulated.err {
        // It landed between the two questions, and may have been simulated on top of itself.
        if error.as_str() == Some("AlreadyProcessed") || rpc.status(&signature).await?.is_some() {
            return Ok(relayed());
        }
        let logs = simulated.logs.unwrap_or_default();
        return Err(simulation_failed(&error, &logs, &signed.programs));
    }
    rpc.send(&signed.bytes).await?;
    Ok(relayed())
}

/// Tells what became of a transaction
///
/// As the cluster says at this moment.
#[utoipa::path(
    get,
    path = "/api/transactions/{signature}",
    tag = "network",
    operation_id = "transaction",
    params(("signature" = String, Path, description = "its first signature, base58")),
    responses(
        (status = 200, description = "What is known", body = TransactionView),
        (status = 400, description = "`invalid_signature`: not a base58 signature of 64 bytes"),
        (status = 503, description = "`rpc_unavailable`: the Solana network cannot be reached; `busy`: too many ask at once"),
    )
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    Path(signature): Path<String>,
) -> Result<Json<TransactionView>, ApiError> {
    let signature: Signature = signature.parse().map_err(|_| {
        ApiError::bad_request("invalid_signature", "not a base58 signature of 64 bytes")
    })?;
    let signature = signature.to_string();
    let found = app.actions.rpc.status(&signature).await?;
    let view = match found {
        None => TransactionView {
            signature,
            status: TransactionStatus::Unknown,
            slot: None,
            error: None,
        },
        Some(found) => TransactionView {
            signature,
            status: match (&found.err, found.confirmation_status.as_deref()) {
                (Some(_), _) => TransactionStatus::Failed,
                (None, Some("processed")) => TransactionStatus::Processed,
                (None, Some("confirmed")) => TransactionStatus::Confirmed,
                // Without a status it is older than the endpoint keeps votes of.
                (None, _) => TransactionStatus::Finalized,
            },
            slot: Some(found.slot),
            error: found.err.map(|error| explain(&error, &[], &[]).1),
        },
    };
    Ok(Json(view))
}
