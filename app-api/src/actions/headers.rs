//! The headers that make an action readable for a page of any origin, on every answer, refusals
//! included; and the address this server is reached at.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            HOST,
        },
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use tokio::time::timeout;

use super::network::caip2;
use crate::{app::App, http::ApiError};

/// The version of the specification that is answered by.
const ACTION_VERSION: &str = "2.4.2";
const X_ACTION_VERSION: HeaderName = HeaderName::from_static("x-action-version");
const X_BLOCKCHAIN_IDS: HeaderName = HeaderName::from_static("x-blockchain-ids");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How long an answer waits to know the network's name. It is asked once, unless it does not answer.
const NETWORK_PATIENCE: Duration = Duration::from_secs(2);

/// Headers that are the same on every answer.
const FIXED: [(HeaderName, &str); 6] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,PUT,OPTIONS"),
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        "Content-Type, Authorization, Content-Encoding, Accept-Encoding, X-Accept-Action-Version, X-Accept-Blockchain-Ids",
    ),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        "X-Action-Version, X-Blockchain-Ids",
    ),
    (ACCESS_CONTROL_MAX_AGE, "600"),
    (X_ACTION_VERSION, ACTION_VERSION),
];

/// Adds them; answers OPTIONS by itself.
pub(super) async fn add(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Where the cluster cannot be asked the answer is a refusal, or needs no network.
    let genesis = timeout(NETWORK_PATIENCE, app.actions.rpc.genesis()).await;
    let genesis = genesis.ok().and_then(Result::ok);
    if let Some(ids) = genesis.and_then(|genesis| HeaderValue::try_from(caip2(&genesis)).ok()) {
        headers.insert(X_BLOCKCHAIN_IDS, ids);
    }
    response
}

/// The address the world reaches this server at, without a slash at its end.
///
/// # Errors
/// If neither the configuration nor the request says.
pub(super) fn base_url(app: &App, headers: &HeaderMap) -> Result<String, ApiError> {
    if let Some(url) = &app.actions.public_url {
        return Ok(url.clone());
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).filter(|host| is_host(host)).ok_or_else(|| {
        ApiError::bad_request("no_host", "the request names no host to answer from")
    })?;
    let scheme = match text(X_FORWARDED_PROTO) {
        Some("https") => "https",
        _ => "http",
    };
    Ok(format!("{scheme}://{host}"))
}

/// Letters, digits, and what names, addresses and ports are written with: nothing that could end the
/// host in an address made of it.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_bring_a_path_along() {
        for host in ["localhost:8080", "primis.example", "[::1]:80"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a/b", "a b", "a?x", "a@b", "a\"b", "ä"] {
            assert!(!is_host(host), "{host}");
        }
    }
}
