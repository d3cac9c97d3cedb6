//! Bodies in fewer bytes for whoever takes them so.

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, VARY},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{FutureExt as _, future::ready};
use tower::{ServiceExt as _, service_fn};
use tower_http::compression::{
    Compression, Predicate as _,
    predicate::{NotForContentType, SizeAbove},
};

use super::ApiError;

/// Below this many bytes the frame of a compressed body outweighs what it saves.
const MIN_COMPRESSED_BYTES: u64 = 512;

/// `response` as `accepted`, an `Accept-Encoding`, allows.
///
/// The library's service is given the answer when it is there, not put around whoever makes it: most
/// programs accept no encoding, and theirs would pass through it for nothing.
pub(super) fn compressed(mut response: Response, accepted: Option<HeaderValue>) -> Response {
    let pays = SizeAbove::new(MIN_COMPRESSED_BYTES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES);
    if !pays.should_compress(&response) {
        return response;
    }
    let Some(accepted) = accepted else {
        // Nor may a cache tell it to those who accept one.
        let vary = HeaderValue::from(ACCEPT_ENCODING);
        response.headers_mut().append(VARY, vary);
        return response;
    };
    let status = response.status();
    let mut request = Request::new(Body::empty());
    request.headers_mut().insert(ACCEPT_ENCODING, accepted);
    // A service may be called again; this one is not.
    let mut response = Some(response);
    let answer = service_fn(|_| ready(response.take().ok_or(())));
    let compression = Compression::new(answer).compress_when(pays);
    match compression.oneshot(request).now_or_never() {
        Some(Ok(response)) => {
            let mut response = response.map(Body::new);
            // It says 406 where nothing it has is accepted; who can read JSON reads it plain too.
            *response.status_mut() = status;
            response
        }
        // It is asked once, of what is there.
        Some(Err(_)) | None => {
            ApiError::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}
