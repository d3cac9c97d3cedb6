//! Errors that upstreams tell, and what the customer is told of them.

use std::{borrow::Cow, fmt};

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    answer::{is_said, read},
    refusal::Refusal,
};

/// Longest message of an upstream that is passed on, characters.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// An error that an upstream told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    status: Option<StatusCode>,
    message: String,
}

#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

/// Reads an error, an object or a mere text; `None` for null.
pub(super) fn failed(raw: &RawValue) -> Option<Failed> {
    if !is_said(raw) {
        return None;
    }
    let wire: Option<WireError<'_>> = serde_json::from_str(raw.get()).ok();
    let text = || serde_json::from_str::<String>(raw.get()).ok();
    let status = wire
        .as_ref()
        .and_then(|wire| wire.code)
        .and_then(|code| code.get().trim_matches('"').parse::<u16>().ok())
        .filter(|status| (400..600).contains(status))
        .and_then(|status| StatusCode::from_u16(status).ok());
    let message = wire
        .and_then(|wire| wire.message)
        .map(Cow::into_owned)
        .or_else(text)
        .unwrap_or_default();
    Some(Failed { status, message })
}

impl Failed {
    /// A refusal with an HTTP status; the body may tell more.
    pub fn of_status(status: StatusCode, body: &[u8]) -> Self {
        let message = read(body)
            .and_then(|told| told.error)
            .map(|failed| failed.message);
        Self {
            status: Some(status),
            message: message.unwrap_or_default(),
        }
    }

    /// Whether the upstream had no time for the request and so did nothing for it.
    pub fn is_busy(&self) -> bool {
        matches!(
            self.status,
            Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        )
    }

    /// What the customer is told of it. What an upstream refuses because of the platform's own key or money
    /// with it is not the customer's fault, nor his business.
    pub fn refusal(&self) -> Refusal {
        let told = if self.message.is_empty() {
            "it does not say why".to_owned()
        } else {
            self.message.chars().take(MAX_MESSAGE_CHARS).collect()
        };
        match self.status {
            Some(StatusCode::TOO_MANY_REQUESTS) => Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "upstream_busy",
                "the model has too many requests: ask again in a moment",
            )
            .retry_after_seconds(1),
            Some(StatusCode::SERVICE_UNAVAILABLE) => Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "upstream_busy",
                "the model cannot be asked now: ask again in a moment",
            )
            .retry_after_seconds(1),
            Some(
                status @ (StatusCode::BAD_REQUEST
                | StatusCode::NOT_FOUND
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY),
            ) => Refusal::new(
                status,
                "upstream_refused",
                format!("the model refuses the request: {told}"),
            ),
            Some(status) if status.is_client_error() => Refusal::new(
                StatusCode::BAD_GATEWAY,
                "upstream_failed",
                "the model cannot be asked at present; it is logged",
            ),
            _ => Refusal::new(
                StatusCode::BAD_GATEWAY,
                "upstream_failed",
                format!("the model failed: {told}"),
            ),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or(0, |status| status.as_u16());
        let message: String = self.message.chars().take(MAX_MESSAGE_CHARS).collect();
        write!(f, "{status} {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn error(value: &Value) -> Option<Failed> {
        read(value.to_string().as_bytes()).unwrap().error
    }

    #[test]
    fn errors_in_every_form() {
        for (error, status) in [
            (
                json!({"code": 429, "message": "slow down", "metadata": {}}),
                429,
            ),
            (json!({"code": "503", "message": "x"}), 503),
            (json!({"code": "server_error", "message": "x"}), 502),
            (json!({"code": 200, "message": "x"}), 502),
            (json!("boom"), 502),
            (
                json!({"code": 401, "message": "key sk-secret is wrong"}),
                502,
            ),
            (json!({"code": 400, "message": "x"}), 400),
        ] {
            let failed = super::tests::error(&json!({"error": error})).unwrap();
            let refusal = failed.refusal();
            assert_eq!(refusal.status.as_u16(), status, "{error}");
            assert!(!refusal.message().contains("secret"));
        }
        let inside = json!({"choices": [{"error": {"code": 502, "message": "x"}, "message": {"content": ""}}]});
        assert!(super::tests::error(&inside).is_some());
    }
}
