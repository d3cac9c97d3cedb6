//! Pages of any origin may ask what carries no credentials (CORS, the Fetch standard §3.2). The answers
//! are the same for every origin, so that a shared cache keeps one.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// Whoever asks may read the answer, and these headers of it.
const ADMITTED: [(HeaderName, HeaderValue); 2] = [
    (
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    ),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("etag,link,retry-after,x-request-id"),
    ),
];
/// What may be asked, and how long a browser may remember it, seconds.
const ALLOWED: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,HEAD,POST"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    (header::ACCESS_CONTROL_MAX_AGE, "86400"),
];

/// Whether a browser asks what it may ask.
pub(super) fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
}

/// The answer to that.
pub(super) fn preflight() -> Response {
    let allowed = ALLOWED.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (StatusCode::OK, allowed).into_response()
}

/// Lets the asker's page read an answer.
pub(super) fn admit(headers: &mut HeaderMap) {
    headers.reserve(ADMITTED.len());
    headers.extend(ADMITTED);
}
