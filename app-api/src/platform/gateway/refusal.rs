//! Refusals in the form that OpenAI's SDKs read.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::ApiError,
    platform::{accounts::add_headers, ledger::LimitState},
};

/// A refusal, as OpenAI words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenAiError {
    /// What is wrong.
    error: Told,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OpenAiErrorTold)]
struct Told {
    /// For people: what is wrong, and what to do about it.
    message: String,
    /// Its kind, as the SDKs know it.
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    kind: &'static str,
    /// The field of the request that is meant.
    #[schema(example = "max_tokens")]
    param: Option<&'static str>,
    /// For programs: stays the same when the message is worded better.
    #[schema(example = "model_not_found")]
    code: Cow<'static, str>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its HTTP status.
    pub status: StatusCode,
    body: Box<OpenAiError>,
    retry_after_seconds: Option<u64>,
    limits: Vec<LimitState>,
}

impl Refusal {
    /// A refusal.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let kind = match status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::PAYMENT_REQUIRED => "insufficient_quota",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "api_error",
        };
        Self {
            status,
            body: Box::new(OpenAiError {
                error: Told {
                    message: message.into(),
                    kind,
                    param: None,
                    code: code.into(),
                },
            }),
            retry_after_seconds: None,
            limits: Vec::new(),
        }
    }

    /// 400 because of a field of the request.
    pub fn field(param: &'static str, code: &'static str, message: &str) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, code, message);
        refusal.body.error.param = Some(param);
        refusal
    }

    /// Says when asking again can help.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Tells the limit that was reached.
    #[must_use]
    pub fn with_limits(mut self, limits: Vec<LimitState>) -> Self {
        self.limits = limits;
        self
    }

    /// What is wrong, for people.
    #[cfg(test)]
    pub fn message(&self) -> &str {
        &self.body.error.message
    }

    /// As an event of a stream that has begun: the SDKs raise it.
    pub fn event(&self) -> String {
        let json = serde_json::to_string(&self.body).unwrap_or_default();
        format!("data: {json}\n\n")
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let (status, message, code, retry_after_seconds) = error.into_parts();
        Self {
            retry_after_seconds,
            ..Self::new(status, code, message)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        add_headers(headers, &self.limits);
        response
    }
}

/// The body is no object of JSON, or has names that are not to be taken.
pub(super) fn not_json(problem: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "invalid_body",
        format!("the body must be a JSON object: {problem}"),
    )
}

/// A field has to be there.
pub(super) fn missing(param: &'static str) -> Refusal {
    Refusal::field(
        param,
        "missing_required_parameter",
        &format!("{param} is missing: give it"),
    )
}

/// A field is not of its form.
pub(super) fn invalid(param: &'static str, form: &str) -> Refusal {
    Refusal::field(param, "invalid_value", &format!("{param} {form}"))
}
