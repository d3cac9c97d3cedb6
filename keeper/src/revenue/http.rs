//! What the sources over HTTP share.

use std::time::Duration;

use reqwest::{Client, Response, Url, header::HeaderMap, redirect};

use super::{Asked, RevenueError};

/// How much of an error's body is shown, characters.
const SHOWN_BODY_CHARS: usize = 200;

/// An address that is http(s) and can have a path, or what is wrong with it.
///
/// # Errors
/// [`RevenueError::Config`], with `key`.
pub(super) fn base_url(key: &str, url: &str) -> Result<Url, RevenueError> {
    let bad = |why: &str| {
        RevenueError::Config(format!(
            "{key} must be an http(s) address, not {url:?}: {why}"
        ))
    };
    let parsed = Url::parse(url).map_err(|e| bad(&e.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.cannot_be_a_base() {
        return Err(bad("another scheme"));
    }
    Ok(parsed)
}

/// A client for `url`. It follows no redirects: keys and signatures are for the configured host.
///
/// # Errors
/// [`RevenueError::Config`] where TLS cannot be set up.
pub(super) fn client(url: &Url, timeout: Duration) -> Result<Client, RevenueError> {
    let mut builder = Client::builder()
        .timeout(timeout)
        .redirect(redirect::Policy::none());
    if url.scheme() == "http" {
        // Plain HTTP is for a service nearby: it needs no proxy and no certificates.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    builder
        .build()
        .map_err(|e| RevenueError::Config(format!("the HTTP client cannot be set up: {e}")))
}

/// A header as text.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The body, if it is at most `max_bytes` long.
///
/// # Errors
/// [`RevenueError::Malformed`] where it is longer, [`RevenueError::Unreachable`] where it breaks
/// off.
pub(super) async fn read_bounded(
    mut response: Response,
    max_bytes: usize,
    asked: Asked,
) -> Result<Vec<u8>, RevenueError> {
    let mut body = Vec::new();
    let broken = |e| unreachable(asked, e);
    while let Some(part) = response.chunk().await.map_err(broken)? {
        if body.len().saturating_add(part.len()) > max_bytes {
            return Err(RevenueError::Malformed {
                asked,
                cause: format!("longer than {max_bytes} bytes"),
            });
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// An error status with the start of its body.
pub(super) fn refused(asked: Asked, status: u16, body: &[u8]) -> RevenueError {
    let body = String::from_utf8_lossy(body)
        .chars()
        .take(SHOWN_BODY_CHARS)
        .collect();
    RevenueError::Status {
        asked,
        status,
        body,
    }
}

/// The error without the address, with its first cause.
pub(super) fn unreachable(asked: Asked, error: reqwest::Error) -> RevenueError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    RevenueError::Unreachable {
        asked,
        cause: format!("{error}{cause}"),
    }
}
