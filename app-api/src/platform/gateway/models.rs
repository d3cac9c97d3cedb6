//! `GET /v1/models`: what is sold.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    routing::get,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    endpoints::{not_configured, unknown_model},
    refusal::{OpenAiError, Refusal},
    refusals::OfModels,
    rule::{Kind, Rule},
    rules::Rules,
    who,
};
use crate::{app::App, http::ApiError, platform::accounts::Scope};

/// All models, as OpenAI lists them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The models, by name. A price rule with a star sells more than can be listed.
    data: Vec<Model>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GatewayModel)]
pub(crate) struct Model {
    /// Its name.
    #[schema(example = "test/model")]
    id: String,
    /// `model`.
    #[schema(example = "model")]
    object: &'static str,
    /// Always zero: nobody says since when it is there.
    created: u64,
    /// Who answers.
    #[schema(example = "openrouter")]
    owned_by: String,
    /// What it does.
    kind: Kind,
    /// Most tokens of a prompt.
    max_context_tokens: u64,
    /// Most tokens of an answer.
    max_output_tokens: u64,
    /// What 1,000,000 tokens of a prompt cost, before the subsidy.
    prompt_nano_usd: String,
    /// The same for those that were cached.
    cached_nano_usd: String,
    /// The same for an answer.
    completion_nano_usd: String,
}

impl Model {
    fn of(id: &str, rule: &Rule) -> Self {
        let prices = rule.prices();
        let price = |nano_usd| {
            let cost = prices.on_top(i64::try_from(nano_usd).unwrap_or(i64::MAX));
            cost.list_nano_usd.to_string()
        };
        Self {
            id: id.to_owned(),
            object: "model",
            created: 0,
            owned_by: rule.upstream.clone(),
            kind: rule.kind,
            max_context_tokens: rule.max_context_tokens,
            max_output_tokens: rule.max_output_tokens,
            prompt_nano_usd: price(prices.prompt_nano_usd),
            cached_nano_usd: price(prices.cached_nano_usd),
            completion_nano_usd: price(prices.completion_nano_usd),
        }
    }
}

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(models))
        .routes(routes!(model))
        // Clients that do not escape the slash of a name.
        .route("/v1/models/{owner}/{name}", get(model_of_owner))
}

/// The models that are sold.
///
/// As OpenAI lists them, with prices.
#[utoipa::path(
    get, path = "/v1/models", tag = "gateway", operation_id = "listModels",
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The models", body = ModelList),
        OfModels,
    ),
)]
pub(crate) async fn models(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<ModelList>, Refusal> {
    let rules = sold(&app, &headers).await?;
    let mut data: Vec<Model> = Vec::new();
    // By name and priority: the first of a name is the one that is asked.
    for rule in rules.all().iter().filter(|rule| !rule.name.contains('*')) {
        if data.last().is_none_or(|model| model.id != rule.name) {
            data.push(Model::of(&rule.name, rule));
        }
    }
    Ok(Json(ModelList {
        object: "list",
        data,
    }))
}

/// One model.
///
/// Also one that is not listed, because the name of its price rule has a star.
#[utoipa::path(
    get, path = "/v1/models/{id}", tag = "gateway", operation_id = "retrieveModel",
    params(("id" = String, Path, description = "Its name", example = "test/model")),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The model", body = Model),
        (status = 404, description = "`model_not_found`", body = OpenAiError),
        OfModels,
    ),
)]
pub(crate) async fn model(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Model>, Refusal> {
    let rules = sold(&app, &headers).await?;
    let rule = [Kind::Chat, Kind::Embeddings]
        .into_iter()
        .find_map(|kind| rules.of(&id, kind).first().copied());
    let rule = rule.ok_or_else(|| unknown_model(&id))?;
    Ok(Json(Model::of(&id, rule)))
}

async fn model_of_owner(
    state: State<Arc<App>>,
    Path((owner, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Model>, Refusal> {
    model(state, Path(format!("{owner}/{name}")), headers).await
}

async fn sold(app: &App, headers: &HeaderMap) -> Result<Arc<Rules>, Refusal> {
    if !app.gateway.is_configured() {
        return Err(not_configured());
    }
    who::customer(app, headers, Scope::Read).await?;
    let rules = app.gateway.rules(&app.store).await;
    Ok(rules.map_err(|error| ApiError::internal(&error))?)
}
