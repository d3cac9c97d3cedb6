//! What every answer has in common, whichever handler made it.

use std::{
    hash::{BuildHasher as _, RandomState},
    panic::AssertUnwindSafe,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use tokio::time::timeout;
use tower_http::{
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    cors::{Any, CorsLayer},
    timeout::RequestBodyTimeoutLayer,
};
use utoipa_axum::router::OpenApiRouter;

use super::{ApiError, cached::Known, error, metrics::Measured};

/// Longest path and query taken, bytes; the HTTP library itself hangs up past 64 KiB.
const MAX_URI_BYTES: usize = 8_000;
/// Longest wait for the next piece of a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(10);
/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Below this many bytes the frame of a compressed body outweighs what it saves.
const MIN_COMPRESSED_BYTES: u64 = 512;
/// How long a browser may remember what another origin's page may do.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(86_400);
/// Names a request in the log; a proxy's own name for it is kept.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What an answer says unless its handler says otherwise.
const UNLESS_TOLD: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    // What does not say how long it may be kept is of this moment and this asker.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // An answer is data: a browser that takes it for a page runs and loads nothing.
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
];

/// [`surround`] as a layer; its type has no name that a function could answer.
macro_rules! surrounding {
    ($answer:expr) => {{
        let answer = $answer;
        middleware::from_fn(move |request: Request, next: Next| surround(answer, request, next))
    }};
}
/// Gives routes all of it, once they are complete: what any answer has, panics, timeouts and what the
/// extractors refuse by themselves as refusals of the one form.
///
/// It is one layer: each of its own would be boxed anew for each request, which costs as much as an answer
/// from memory.
pub(crate) fn polite<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    within(routes, TIMEOUT)
}

/// The same for what pages of any origin may ask: refusals can be read by them too.
pub(crate) fn polite_to_any_origin<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    complete(routes).layer((any_origin(), surrounding!(TIMEOUT), compressing()))
}

/// Has the bodies of requests come in time.
pub(crate) fn bodies_in_time<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
}

fn within<S>(routes: OpenApiRouter<S>, answer: Duration) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    complete(routes).layer((surrounding!(answer), compressing()))
}

/// Answers methods that a path does not take, before any layer, so that all of them surround it: a
/// preflight is answered in its place.
fn complete<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (routes, document) = routes.split_for_parts();
    let routes = routes.method_not_allowed_fallback(error::method_not_allowed);
    OpenApiRouter::with_openapi(document).merge(routes.into())
}

/// Pages of any origin may ask what carries no credentials.
fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(Any)
        .expose_headers([header::ETAG, header::LINK, header::RETRY_AFTER, REQUEST_ID])
        // The answer is the same for every origin: a shared cache keeps one.
        .vary([])
        .max_age(PREFLIGHT_MAX_AGE)
}

fn compressing() -> CompressionLayer<impl Predicate> {
    let compressed = SizeAbove::new(MIN_COMPRESSED_BYTES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES);
    CompressionLayer::new().compress_when(compressed)
}

async fn surround(answer: Duration, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let measured = Measured::begin(&request);
    let known = Known::of(&request);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = if is_long(&uri) {
        ApiError::of_status(StatusCode::URI_TOO_LONG).into_response()
    } else {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind();
        match timeout(answer, answered).await {
            Ok(Ok(response)) => error::uniform(response),
            Ok(Err(panic)) => error::panicked(panic),
            Err(_) => ApiError::of_status(StatusCode::GATEWAY_TIMEOUT).into_response(),
        }
    };
    let status = response.status();
    if status.is_server_error() {
        let path = uri.path();
        tracing::warn!(%method, path, %status, ?id, "a request was not answered");
    } else {
        tracing::debug!(%method, path = uri.path(), %status, ?id, "answered");
    }
    let mut response = known.conditional(response);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    for (name, value) in UNLESS_TOLD {
        headers.entry(name).or_insert(value);
    }
    measured.end(&response);
    response
}

/// The name that the asker gave a request, or a new one: of this process, and counted on.
fn request_id(request: &Request) -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    request
        .headers()
        .get(REQUEST_ID)
        .cloned()
        .unwrap_or_else(|| {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            // Hexadecimal digits are always a header's value.
            HeaderValue::try_from(format!("{:016x}-{count:x}", *PROCESS))
                .unwrap_or_else(|_| HeaderValue::from_static("none"))
        })
}

/// Whether path and query have a length that nothing here asks for.
fn is_long(uri: &Uri) -> bool {
    let text = uri.path_and_query().map_or("", |text| text.as_str());
    text.len() > MAX_URI_BYTES
}

#[cfg(test)]
mod tests {
    use axum::{
        Json, Router,
        body::{Body, to_bytes},
        extract::rejection::JsonRejection,
        routing::{get, post},
    };
    use futures_util::{StreamExt as _, stream};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    async fn asked(routes: Router, request: axum::http::Request<Body>) -> (u16, Value) {
        let routes = OpenApiRouter::from(routes).layer(RequestBodyTimeoutLayer::new(SHORT));
        let routes = within(routes, Duration::from_millis(200));
        let response = Router::from(routes).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(response.headers().contains_key(REQUEST_ID));
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn to(path: &str) -> axum::http::Request<Body> {
        axum::http::Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_and_tells_nothing() {
        async fn fails() -> String {
            panic!("secret")
        }
        let routes = Router::new().route("/", get(fails));
        let (status, body) = asked(routes, to("/")).await;
        assert_eq!((status, &body["code"]), (500, &"internal".into()));
        assert!(!body.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long() {
        let routes = Router::new().route("/", get(std::future::pending::<String>));
        let (status, body) = asked(routes, to("/")).await;
        assert_eq!((status, &body["code"]), (504, &"timeout".into()));
    }

    #[tokio::test]
    async fn a_body_that_does_not_come() {
        async fn take(body: Result<Json<Value>, JsonRejection>) -> Result<Json<Value>, ApiError> {
            body.map_err(ApiError::from_json)
        }
        let begun = stream::iter([Ok::<_, std::io::Error>("[")]).chain(stream::pending());
        let request = axum::http::Request::post("/")
            .header("content-type", "application/json")
            .body(Body::from_stream(begun))
            .unwrap();
        let (status, body) = asked(Router::new().route("/", post(take)), request).await;
        assert_eq!((status, &body["code"]), (408, &"request_timeout".into()));
    }

    #[tokio::test]
    async fn a_refusal_without_a_body_gets_one_and_keeps_its_headers() {
        async fn refuse() -> impl axum::response::IntoResponse {
            (StatusCode::IM_A_TEAPOT, [(header::ALLOW, "TEA")], "plain")
        }
        let routes = Router::new().route("/", get(refuse));
        let response = Router::from(polite(routes.into()))
            .oneshot(to("/"))
            .await
            .unwrap();
        assert_eq!(response.headers()[header::ALLOW], "TEA");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "refused");
    }
}
