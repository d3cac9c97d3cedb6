//! `POST /v1/chat/completions` and `/v1/embeddings`.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

use super::{
    call::{AnswerBody, Answered, Call, Candidate, Customer},
    refusal::Refusal,
    refusals::OfAnswers,
    relay,
    request::Asked,
    rule::Kind,
    who,
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{self, Scope},
        id,
    },
};

/// Longest body taken, bytes: a long context, or some images.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// Names the request, its hold and its usage line.
const REQUEST: HeaderName = HeaderName::from_static("x-primis-request-id");
/// Proxies must not collect a stream.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What models answer. Fields that are not listed are passed on to the model as they are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes; what is read is in `request`")]
pub(crate) struct ChatRequest {
    /// A model of `/v1/models`, or one that a price rule matches.
    #[schema(min_length = 1, max_length = 200, example = "test/model")]
    model: String,
    /// The conversation, as the model takes it.
    #[schema(value_type = Vec<Object>, example = json!([{"role": "user", "content": "Say this is a test"}]))]
    messages: Vec<Value>,
    /// Whether the answer comes as server-sent events.
    #[schema(default = false)]
    stream: Option<bool>,
    /// Most tokens of an answer; what the model's price rule allows where it is left out or higher.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_u64, example = 16)]
    max_tokens: Option<u64>,
    /// Answers to the one prompt.
    #[schema(minimum = 1, maximum = 128, default = 1)]
    n: Option<u64>,
}

/// Texts of which vectors are made. Fields that are not listed are passed on to the model as they are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes; what is read is in `request`")]
pub(crate) struct EmbeddingsRequest {
    /// A model of `/v1/models`, or one that a price rule matches.
    #[schema(min_length = 1, max_length = 200, example = "test/vectors")]
    model: String,
    /// A text, texts, or tokens.
    #[schema(value_type = Value, example = json!(["a text"]))]
    input: Value,
}

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    let limit = || DefaultBodyLimit::max(MAX_BODY_BYTES);
    OpenApiRouter::new()
        .routes(routes!(chat_completions).layer(limit()))
        .routes(routes!(embeddings).layer(limit()))
}

/// An answer of a model.
///
/// OpenAI's API: its SDKs work with this server's address and a key. What the answer can cost at most is
/// held before the model is asked; what it used is charged when it has ended, also where nobody reads it.
#[utoipa::path(
    post, path = "/v1/chat/completions", tag = "gateway", operation_id = "createChatCompletion",
    request_body = ChatRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The answer: a completion, or server-sent events with its pieces", content((Object = "application/json"), (Object = "text/event-stream"))),
        OfAnswers,
    ),
)]
pub(crate) async fn chat_completions(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Refusal> {
    serve(app, Kind::Chat, request).await
}

/// Vectors of texts.
///
/// As `/v1/chat/completions`.
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "gateway", operation_id = "createEmbedding",
    request_body = EmbeddingsRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The vectors", body = Object),
        OfAnswers,
    ),
)]
pub(crate) async fn embeddings(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Refusal> {
    serve(app, Kind::Embeddings, request).await
}

async fn serve(app: Arc<App>, kind: Kind, request: Request) -> Result<Response, Refusal> {
    if !app.gateway.is_configured() {
        return Err(not_configured());
    }
    let customer = who::customer(&app, request.headers(), Scope::Write).await?;
    let raw = Bytes::from_request(request, &())
        .await
        .map_err(ApiError::from_bytes)?;
    let call = prepare(app, kind, customer, raw).await?;
    let id = call.id.clone();
    let (reply, replied) = oneshot::channel();
    // Its own task: it goes on when the customer hangs up and this future is dropped.
    tokio::spawn(call.run(reply));
    let answered = replied.await.unwrap_or_else(|_| Err(failed()));
    let mut response = match answered {
        Ok(answered) => respond(answered),
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST, id);
    }
    Ok(response)
}

/// Finds out who can be asked and what it costs at most.
async fn prepare(
    app: Arc<App>,
    kind: Kind,
    customer: Customer,
    raw: Bytes,
) -> Result<Call, Refusal> {
    let asked = Asked::parse(kind, &raw)?;
    let rules = app.gateway.rules(&app.store).await;
    let rules = rules.map_err(|error| ApiError::internal(&error))?;
    let matching = rules.of(&asked.model, kind);
    if matching.is_empty() {
        return Err(unknown_model(&asked.model));
    }
    let candidates: Vec<Candidate> = matching
        .into_iter()
        .filter_map(|rule| {
            Some(Candidate {
                upstream: Arc::clone(app.gateway.upstreams.get(&rule.upstream)?),
                bounds: asked.bounds(rule),
                rule: rule.clone(),
            })
        })
        .collect();
    let first = candidates.first().ok_or_else(not_configured)?;
    let name = first.rule.upstream_name(&asked.model);
    let first_body = asked
        .body(&name, first.bounds, first.upstream.max_tokens_field)
        .into();
    let slot = Arc::clone(&app.gateway.slots).try_acquire_owned();
    let slot = slot.map_err(|_| {
        let busy = "too many requests are under way: ask again in a moment";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy).retry_after_seconds(1)
    })?;
    Ok(Call {
        id: id::of_request(app.clock.now_unix()),
        kind,
        model: asked.model.clone(),
        include_usage: asked.include_usage,
        candidates,
        first_body,
        customer,
        slot,
        raw: raw.clone(),
        app,
    })
}

fn respond(answered: Answered) -> Response {
    let mut response = match answered.body {
        AnswerBody::Whole(body) => {
            let mut response = Response::new(Body::from(body));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        AnswerBody::Pieces(pieces) => {
            let mut response = Response::new(relay::body(pieces));
            let headers = response.headers_mut();
            let events = HeaderValue::from_static("text/event-stream");
            headers.insert(CONTENT_TYPE, events);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
            response
        }
    };
    accounts::add_headers(response.headers_mut(), &answered.limits);
    response
}

/// There is no rule for it.
pub(super) fn unknown_model(model: &str) -> Refusal {
    let model = Value::from(model);
    Refusal::new(
        StatusCode::NOT_FOUND,
        "model_not_found",
        format!("the model {model} is not sold here: GET /v1/models lists those that are"),
    )
}

pub(super) fn not_configured() -> Refusal {
    Refusal::from(ApiError::not_configured(
        "set [[gateway.upstreams]] and [gateway] models_path to serve models",
    ))
}

/// The task that answers is gone: it panicked.
fn failed() -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "something failed on this side; it is logged",
    )
}
