//! The handlers of the actions: GET describes one, POST hands out its transaction.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::HeaderMap,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use primis_vault_interface::{Layout as _, accounts::Position};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    Verb,
    document::{ActionView, describe},
    earned, headers,
    now::{PoolNow, WalletNow},
    plan::Plan,
    stake,
    transaction::{Simulation, prepare},
    unstake, wallet,
};
use crate::{app::App, http::ApiError, stats};

/// What an address says of the action.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// A decimal number in the asset's own unit, such as `1.5`; to unstake also `all`, or `cancel` for
    /// the newest withdrawal ticket.
    amount: Option<String>,
    /// The pool's address, its mint, or `SOL`, which is meant where it is left out.
    pool: Option<String>,
}

/// Who is to sign.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ActionRequest {
    /// The wallet, base58.
    account: String,
    /// What was put into inputs that the address has no place for.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// A transaction to sign.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionTransaction {
    /// `transaction`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Base64 of the unsigned transaction, version 0.
    transaction: String,
    /// What it does, in a sentence.
    message: String,
    /// What it would do now.
    simulation: Simulation,
}

type Segment = Result<Path<String>, PathRejection>;
type Pairs = Result<Query<Asked>, QueryRejection>;

/// Describes an action of a pool, as the specification of Solana Actions has it
///
/// With the rate of now, the bounds of an amount, and why it cannot be done where it cannot.
#[utoipa::path(
    get,
    path = "/api/actions/{action}",
    tag = "actions",
    operation_id = "action",
    params(("action" = Verb, Path, description = "what to do"), Asked),
    responses(
        (status = 200, description = "The action", body = ActionView),
        (status = 400, description = "`invalid_query`: an unreadable parameter; `no_host`: the request names no host"),
        (status = 404, description = "`unknown_action`: not one of the four; `unknown_pool`: the vault has no such pool"),
        (status = 503, description = "`rpc_unavailable`: the Solana network cannot be reached; `busy`: too many ask at once; `not_configured`: no vault is followed"),
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    verb: Segment,
    asked: Pairs,
    headers: HeaderMap,
) -> Result<Json<ActionView>, ApiError> {
    let verb = named(verb)?;
    let asked = parsed(asked)?;
    let base = headers::base_url(&app, &headers)?;
    let pool = PoolNow::find(&app.actions, asked.pool.as_deref()).await?;
    // Without the store's history there is no rate to tell; the action works all the same.
    let headline = stats::headline(&app, pool.is_sol()).await.unwrap_or(None);
    Ok(Json(describe(verb, &pool, headline, &base)))
}

/// Builds, simulates and hands out the transaction of an action for a wallet to sign
///
/// It is simulated as it is handed out; where it would fail, the refusal says why.
#[utoipa::path(
    post,
    path = "/api/actions/{action}",
    tag = "actions",
    operation_id = "actionTransaction",
    params(("action" = Verb, Path, description = "what to do"), Asked),
    request_body = ActionRequest,
    responses(
        (status = 200, description = "The transaction", body = ActionTransaction),
        (status = 400, description = "`invalid_account`: not the address of a wallet; `invalid_amount`: not an amount of this asset; `invalid_query`: an unreadable parameter; `invalid_body`: not the JSON it should be"),
        (status = 413, description = "`body_too_large`: over 8 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 404, description = "`unknown_action`: not one of the four; `unknown_pool`: the vault has no such pool"),
        (status = 422, description = "`insufficient_funds`, `deposits_paused`, `pool_closed`, `cap_exceeded`, `below_minimum`, `nothing_to_claim`, `nothing_staked`, `simulation_failed`: not possible as things are, and why; `invalid_body`: JSON of another shape"),
        (status = 503, description = "`rpc_unavailable`: the Solana network cannot be reached; `busy`: too many ask at once; `not_configured`: no vault is followed"),
    )
)]
pub(crate) async fn build(
    State(app): State<Arc<App>>,
    verb: Segment,
    asked: Pairs,
    body: Result<Json<ActionRequest>, JsonRejection>,
) -> Result<Json<ActionTransaction>, ApiError> {
    let verb = named(verb)?;
    let asked = parsed(asked)?;
    let Json(request) = body.map_err(ApiError::from_json)?;
    let account = wallet::parse(&request.account)?;
    let amount = asked
        .amount
        .filter(|text| !text.is_empty())
        .or_else(|| entered(&request.data));
    let pool = PoolNow::find(&app.actions, asked.pool.as_deref()).await?;
    let wallet = WalletNow::read(&app.actions, &pool, account).await?;
    let plan = plan(&app, verb, &pool, &wallet, amount.as_deref()).await?;
    let prepared = prepare(&app.actions, &wallet, &plan).await?;
    Ok(Json(ActionTransaction {
        kind: "transaction",
        transaction: STANDARD.encode(prepared.bytes),
        message: plan.message,
        simulation: prepared.simulation,
    }))
}

async fn plan(
    app: &App,
    verb: Verb,
    pool: &PoolNow,
    wallet: &WalletNow,
    amount: Option<&str>,
) -> Result<Plan, ApiError> {
    match verb {
        Verb::Stake => {
            let rent = app.actions.rpc.rent_lamports(Position::SPACE).await?;
            stake::plan(pool, wallet, amount, rent)
        }
        Verb::Unstake
            if amount.is_some_and(|text| text.eq_ignore_ascii_case(unstake::CANCEL))
                && pool.is_sol() =>
        {
            let tickets = wallet.waiting_tickets(&app.actions, pool).await?;
            unstake::cancel(pool, wallet, &tickets)
        }
        Verb::Unstake => unstake::plan(pool, wallet, amount),
        Verb::Claim => earned::claim(pool, wallet),
        Verb::Compound => earned::compound(pool, wallet),
    }
}

fn named(verb: Segment) -> Result<Verb, ApiError> {
    // What cannot be read is the name of no action.
    Verb::parse(verb.as_deref().map_or("", |name| name.as_str()))
}

fn parsed(asked: Pairs) -> Result<Asked, ApiError> {
    asked
        .map(|Query(asked)| asked)
        .map_err(|rejection| ApiError::bad_request("invalid_query", &rejection.body_text()))
}

/// The amount among inputs; clients send a text, or a list of one.
fn entered(data: &Map<String, Value>) -> Option<String> {
    let entered = data.get("amount")?;
    let entered = entered.get(0).unwrap_or(entered);
    match entered {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
