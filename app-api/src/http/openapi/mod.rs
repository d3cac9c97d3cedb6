//! The OpenAPI document of every endpoint, out of the routes themselves: `GET /api/openapi.json`, and
//! `app-api/openapi.json` in the tree.
//!
//! A handler says by `#[utoipa::path]` what it takes and answers. In the description of a refusal its
//! codes stand in backticks, and no other lower-case word does. What all handlers have in common is added by [`convention`].

mod convention;
mod security;
pub(crate) mod words;

use std::sync::LazyLock;

use utoipa::{
    OpenApi as _,
    openapi::{OpenApi, Server},
};

use super::{ApiError, Cached, ErrorBody, Keep};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Primis",
        description = "Statistics of a staking vault on Solana, usage metering, and the revenue report.\n\n\
            Amounts of lamports and units are decimal strings, for they exceed what a double holds. Times \
            are Unix seconds by the chain's clock. Rates are percent a year. What is not known is `null`, \
            never zero; every field is always there.\n\n\
            A refusal is `{ \"message\", \"code\" }`: the message is for people, the code stays. Every answer carries \
            an `x-request-id`, the one that was sent or a new one, which the log has too.",
    ),
    tags(
        (name = "statistics", description = "What everybody may see of the vault. Any origin."),
        (name = "wallets", description = "What one wallet has and gets. Any origin."),
        (name = "network", description = "Which network this is, and what becomes of a transaction. Any origin."),
        (name = "actions", description = "Solana Actions: unsigned transactions for a wallet to sign. Any origin."),
        (name = "accounts", description = "Customers: accounts, sessions, API keys. An authenticated answer tells by `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds) how far the tightest limit of its key is used. A key that is revoked, a session that is ended and an account that is closed are refused within two seconds on every replica."),
        (name = "billing", description = "Prepaid credit, plans, invoices and statements."),
        (name = "runs", description = "Jobs paid one by one: uploaded functional mock-up units."),
        (name = "systems", description = "Metered systems: measurements, alerts on them, and webhooks that are told of alerts. What there is of them, a plan says."),
        (name = "platform", description = "Metered work in."),
        (name = "gateway", description = "Models in OpenAI's form, paid from prepaid money, and what was used of them."),
        (name = "operation", description = "Whether the server is well, and what it is asked for."),
        (name = "internal", description = "For the keeper and the operators: not on the public address where `internal_listen` is set."),
    ),
    // One path of it takes both pages and the table, so the table is not a route.
    paths(crate::stats::history::csv::table),
    components(schemas(ErrorBody, crate::actions::Verb)),
)]
struct Frame;

/// The document of all routes, public and internal.
pub fn document() -> OpenApi {
    let routes = super::public_routes(crate::actions::routes()).merge(super::internal_routes());
    let mut document = Frame::openapi().merge_from(routes.into_openapi());
    document.servers = Some(vec![Server::new("/")]);
    security::add(&mut document);
    convention::apply(&mut document);
    document
}

/// The OpenAPI document.
///
/// What you read, for programs.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operation", operation_id = "openApi",
    responses(
        (status = 200, description = "The document", content_type = "application/json", body = Object),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
    ),
)]
pub(super) async fn openapi() -> Result<Cached, ApiError> {
    static ANSWER: LazyLock<Result<Cached, ApiError>> =
        LazyLock::new(|| Cached::json(&document(), Keep::Document));
    ANSWER.clone()
}
