//! Answers that may be kept and asked for again: `ETag`, `If-None-Match` and `Cache-Control`.
//!
//! A [`Cached`] is made once for a body, which costs a hash of it; cloning it and answering with it
//! costs neither. [`Known::conditional`] turns it into a 304 where the asker has it already.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ApiError;

/// Bytes of the hash that are told: enough that no two bodies meet.
const TAG_BYTES: usize = 16;

/// Headers of an answer when it is complete.
const HEADERS: usize = 12;

/// How long an answer may be used without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What everybody sees and each slot may change: a moment, and a little longer while it is
    /// fetched anew.
    Statistics,
    /// What one wallet sees, who has perhaps just moved: never without asking.
    Wallet,
    /// What changes with configuration or a release.
    Document,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Statistics => "public, max-age=2, stale-while-revalidate=10",
            Self::Wallet => "private, no-cache",
            Self::Document => "public, max-age=300",
        })
    }
}

/// A whole body with its tag.
#[derive(Clone, Debug)]
pub struct Cached {
    body: Bytes,
    content_type: HeaderValue,
    etag: HeaderValue,
    keep: Keep,
}

impl Cached {
    /// `value` as JSON.
    ///
    /// # Errors
    /// 500 if it cannot be written as JSON.
    pub fn json(value: &impl Serialize, keep: Keep) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(value).map_err(|error| ApiError::internal(&error))?;
        Ok(Self::new(body, "application/json", keep))
    }

    /// A body of any kind; hashed here, and only here.
    pub fn new(body: impl Into<Bytes>, content_type: &'static str, keep: Keep) -> Self {
        let body = body.into();
        let hash = Sha256::digest(&body);
        let hash = hex::encode(hash.get(..TAG_BYTES).unwrap_or(&hash));
        // Weak: compression changes the bytes behind it. Hex in quotes is always a header's value.
        let etag = HeaderValue::try_from(format!("W/\"{hash}\""))
            .unwrap_or_else(|_| HeaderValue::from_static("W/\"\""));
        Self {
            body,
            content_type: HeaderValue::from_static(content_type),
            etag,
            keep,
        }
    }
}

impl IntoResponse for Cached {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        let headers = response.headers_mut();
        // Room for what any answer has too, so that nothing is moved.
        headers.reserve(HEADERS);
        headers.insert(header::CONTENT_TYPE, self.content_type);
        headers.insert(header::ETAG, self.etag);
        headers.insert(header::CACHE_CONTROL, self.keep.header());
        response
    }
}

/// The answers that an asker has already.
pub(super) struct Known(Vec<HeaderValue>);

impl Known {
    /// As its `If-None-Match` says.
    pub(super) fn of(request: &Request) -> Self {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let told = request.headers().get_all(header::IF_NONE_MATCH);
        // Values are shared, not copied.
        Self(told.iter().filter(|_| reads).cloned().collect())
    }

    /// 304 without a body where the answer is one of them.
    pub(super) fn conditional(&self, response: Response) -> Response {
        let same = !self.0.is_empty()
            && response.status() == StatusCode::OK
            && response
                .headers()
                .get(header::ETAG)
                .is_some_and(|etag| self.0.iter().any(|known| names(known, etag)));
        if !same {
            return response;
        }
        let (mut parts, _) = response.into_parts();
        parts.status = StatusCode::NOT_MODIFIED;
        for of_body in [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
        ] {
            parts.headers.remove(of_body);
        }
        Response::from_parts(parts, Body::empty())
    }
}

/// RFC 9110 §13.1.2: `*`, or a list with the tag in it, weak or strong alike.
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    known.trim() == "*" || known.split(',').any(|tag| strong(tag) == strong(etag))
}

/// A tag without the mark of a weak one.
fn strong(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_body_alone() {
        let tag = |body: &'static str| Cached::new(body, "text/plain", Keep::Document).etag;
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
        // SHA-256 of nothing, to 128 bits: replicas and releases agree on it.
        assert_eq!(tag(""), "W/\"e3b0c44298fc1c149afbf4c8996fb924\"");
    }

    #[test]
    fn tags_compare_weakly_and_in_lists() {
        let etag = HeaderValue::from_static("W/\"abc\"");
        for (known, same) in [
            ("W/\"abc\"", true),
            ("\"abc\"", true),
            ("\"x\", W/\"abc\"", true),
            ("\"x\",\"abc\"", true),
            (" * ", true),
            ("\"ab\"", false),
            ("abc", false),
            ("", false),
            ("\"x\"", false),
        ] {
            assert_eq!(
                names(&HeaderValue::from_static(known), &etag),
                same,
                "{known}"
            );
        }
    }
}
