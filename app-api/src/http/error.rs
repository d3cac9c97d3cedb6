//! Every refusal as `{ "message", "code" }`, also where no handler was reached.

use std::any::Any;

use axum::{
    Json,
    extract::rejection::{BytesRejection, JsonRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tower_http::timeout::TimeoutError;
use utoipa::ToSchema;

use crate::store::StoreError;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// For people: what is wrong, and what to do about it.
    message: String,
    /// For programs: stays the same when the message is worded better.
    code: &'static str,
}

/// A refusal: its body, its status, and when to ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    /// A refusal.
    pub fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self {
            status,
            body: ErrorBody {
                message: message.to_owned(),
                code,
            },
            retry_after_seconds: None,
        }
    }

    /// 400: the request says nothing that could be answered.
    pub fn bad_request(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 503: the server was not told what this needs.
    pub fn not_configured(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_configured", message)
    }

    /// 503: the vault has not been read from the chain yet.
    pub fn not_indexed() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "chain_not_indexed",
            "the vault has not been read from the chain yet: check [chain] vault and /readyz",
        )
    }

    /// 500: logged with its cause, told without it.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "request failed");
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Says when asking again can help.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// A body that is not the JSON it should be.
    pub fn from_json(rejection: JsonRejection) -> Self {
        let text = rejection.body_text();
        Self::of_json(&rejection, &text)
    }

    /// The same without a word of the body, which may be a secret in the wrong place.
    pub fn from_private_json(rejection: JsonRejection) -> Self {
        let text = "send JSON of the documented form, as application/json: GET /docs shows it";
        Self::of_json(&rejection, text)
    }

    fn of_json(rejection: &JsonRejection, text: &str) -> Self {
        if comes_from_timeout(rejection) {
            return Self::of_status(StatusCode::REQUEST_TIMEOUT);
        }
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not_json",
            _ => "invalid_body",
        };
        Self::new(rejection.status(), code, text)
    }

    /// A body that could not be read.
    pub fn from_bytes(rejection: BytesRejection) -> Self {
        if comes_from_timeout(&rejection) {
            return Self::of_status(StatusCode::REQUEST_TIMEOUT);
        }
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::of_status(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Self::new(rejection.status(), "invalid_body", &rejection.body_text())
    }

    /// Status, message, code and when to ask again, for an answer of another form.
    pub(crate) fn into_parts(self) -> (StatusCode, String, &'static str, Option<u64>) {
        let ErrorBody { message, code } = self.body;
        (self.status, message, code, self.retry_after_seconds)
    }

    /// What a status alone says.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::NOT_FOUND => ("not_found", "no such path: GET /docs lists them"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method_not_allowed",
                "this path takes another method: GET /docs lists them",
            ),
            StatusCode::REQUEST_TIMEOUT => (
                "request_timeout",
                "the body did not arrive in time: send it again",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
            StatusCode::URI_TOO_LONG => (
                "uri_too_long",
                "path and query together may have 8,000 bytes",
            ),
            StatusCode::INTERNAL_SERVER_ERROR => {
                ("internal", "something failed on this side; it is logged")
            }
            StatusCode::GATEWAY_TIMEOUT => (
                "timeout",
                "no answer could be made in time: ask again in a moment",
            ),
            status if status.is_client_error() => ("refused", "the request cannot be served"),
            _ => ("failed", "the request cannot be served now"),
        };
        Self::new(status, code, message)
    }
}

/// Whether reading failed because nothing came for too long.
fn comes_from_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<TimeoutError>())
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let told = self.clone();
        let mut response = (self.status, Json(self.body)).into_response();
        // For those who tell it in another form.
        response.extensions_mut().insert(told);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// No such path.
pub(super) async fn not_found() -> ApiError {
    ApiError::of_status(StatusCode::NOT_FOUND)
}

/// A path asked with another method.
pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::of_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// A handler that panicked: the connection goes on, and the log has the panic's place.
pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = text, "a handler panicked");
    ApiError::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Tells a refusal in another form; its headers stay.
pub(super) fn in_form(mut response: Response, form: fn(ApiError) -> Response) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else {
        return response;
    };
    let mut told = form(error);
    for (name, value) in response.headers() {
        if ![CONTENT_TYPE, CONTENT_LENGTH].contains(name) && !told.headers().contains_key(name) {
            told.headers_mut().append(name, value.clone());
        }
    }
    told
}

/// Gives refusals of the layers around the handlers, which have no body or a plain one, theirs.
pub(super) fn uniform(response: Response) -> Response {
    let status = response.status();
    let json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    if json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut refusal = ApiError::of_status(status).into_response();
    for (name, value) in response.headers() {
        if ![CONTENT_TYPE, CONTENT_LENGTH].contains(name) {
            refusal.headers_mut().append(name, value.clone());
        }
    }
    refusal
}
