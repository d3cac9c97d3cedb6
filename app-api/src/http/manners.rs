//! What every answer has in common, whichever handler made it.

use std::{
    convert::Infallible,
    hash::{BuildHasher as _, RandomState},
    panic::AssertUnwindSafe,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::timeout;
use tower::{Layer, Service};
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use super::{
    ApiError, cached::Known, compressed::compressed, error, metrics::Measured, origin, unread::Read,
};

/// Longest path and query taken, bytes; the HTTP library itself hangs up past 64 KiB.
const MAX_URI_BYTES: usize = 8_000;
/// Longest wait for the next piece of a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(10);
/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Names a request in the log; a proxy's own name for it is kept.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
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

/// Gives routes all of it, once they are complete: what any answer has, panics, timeouts and what the
/// extractors refuse by themselves as refusals of the one form.
///
/// It is one layer: each of its own would be boxed anew for each request, which costs as much as an answer
/// from memory.
pub(crate) fn polite<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    within(routes, Manners::SAME_ORIGIN)
}

/// The same for what pages of any origin may ask: refusals can be read by them too.
pub(crate) fn polite_to_any_origin<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    within(routes, Manners::ANY_ORIGIN)
}

/// The same for what answers in another form and later.
pub(crate) fn polite_in_form<S>(
    routes: OpenApiRouter<S>,
    longest: Duration,
    form: fn(ApiError) -> Response,
) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let manners = Manners {
        longest,
        form: Some(form),
        ..Manners::SAME_ORIGIN
    };
    within(routes, manners)
}

/// Has the bodies of requests come in time.
pub(crate) fn bodies_in_time<S>(routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
}

/// Methods that a path does not take are answered before the layer, so that it surrounds them too: a
/// preflight is answered in their place.
fn within<S>(routes: OpenApiRouter<S>, manners: Manners) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (routes, document) = routes.split_for_parts();
    let routes = routes.method_not_allowed_fallback(error::method_not_allowed);
    OpenApiRouter::with_openapi(document)
        .merge(routes.into())
        .layer(manners)
}

/// The layer.
#[derive(Clone, Copy)]
struct Manners {
    any_origin: bool,
    longest: Duration,
    /// How refusals are told, if not as everywhere.
    form: Option<fn(ApiError) -> Response>,
}

impl Manners {
    const SAME_ORIGIN: Self = Self {
        any_origin: false,
        longest: TIMEOUT,
        form: None,
    };
    const ANY_ORIGIN: Self = Self {
        any_origin: true,
        longest: TIMEOUT,
        form: None,
    };
}

impl<S> Layer<S> for Manners {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let manners = *self;
        Surrounded { inner, manners }
    }
}

/// Routes with what surrounds their answers.
#[derive(Clone)]
struct Surrounded<S> {
    inner: S,
    manners: Manners,
}

impl<S> Service<Request> for Surrounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Manners {
            any_origin,
            longest,
            form,
        } = self.manners;
        let asked = Asked::of(&request);
        let (request, read) = Read::of(request);
        let told = if any_origin && origin::is_preflight(&request) {
            Ok(origin::preflight())
        } else if is_long(&asked.uri) {
            Ok(ApiError::of_status(StatusCode::URI_TOO_LONG).into_response())
        } else {
            Err(self.inner.call(request))
        };
        Box::pin(async move {
            let mut response = match told {
                Ok(response) => response,
                Err(answering) => answer(answering, longest).await,
            };
            if let Some(form) = form {
                response = error::in_form(response, form);
            }
            if any_origin {
                origin::admit(response.headers_mut());
            }
            read.tell(&mut response);
            Ok(asked.end(response))
        })
    }
}

/// The answer of a handler or, where there is none, why.
async fn answer(
    answering: impl Future<Output = Result<Response, Infallible>>,
    longest: Duration,
) -> Response {
    match timeout(longest, AssertUnwindSafe(answering).catch_unwind()).await {
        Ok(Ok(Ok(response))) => error::uniform(response),
        Ok(Err(panic)) => error::panicked(panic),
        Err(_) => ApiError::of_status(StatusCode::GATEWAY_TIMEOUT).into_response(),
    }
}

/// What is remembered of a request until it is answered.
struct Asked {
    id: HeaderValue,
    method: Method,
    uri: Uri,
    measured: Measured,
    known: Known,
    accepted: Option<HeaderValue>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            id: request_id(request),
            method: request.method().clone(),
            uri: request.uri().clone(),
            measured: Measured::begin(request),
            known: Known::of(request),
            accepted: request.headers().get(header::ACCEPT_ENCODING).cloned(),
        }
    }

    /// Gives the answer what any answer has.
    fn end(self, response: Response) -> Response {
        let (method, path, status) = (&self.method, self.uri.path(), response.status());
        if status.is_server_error() {
            tracing::warn!(%method, path, %status, id = ?self.id, "a request was not answered");
        } else {
            tracing::debug!(%method, path, %status, id = ?self.id, "answered");
        }
        let mut response = self.known.conditional(response);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, self.id);
        for (name, value) in UNLESS_TOLD {
            headers.entry(name).or_insert(value);
        }
        self.measured.end(&response);
        compressed(response, self.accepted)
    }
}

/// The name that the asker gave a request, or a new one: counted on from where this process began.
fn request_id(request: &Request) -> HeaderValue {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        // Of one length: never less than half of what fits.
        AtomicU64::new(RandomState::new().hash_one(()) | 1 << 63)
    });
    let given = request.headers().get(REQUEST_ID).cloned();
    given.unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed).into())
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
        let routes = within(
            routes,
            Manners {
                any_origin: false,
                longest: Duration::from_millis(200),
                form: None,
            },
        );
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
