//! What is said to whom nobody knows. It is the same whatever the reason: the reason helps who guesses.

use axum::http::StatusCode;

use crate::http::ApiError;

/// 401: without a key or a token that is taken.
pub(super) fn unauthorized() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "send an API key or an access token as `Authorization: Bearer …`, or a key as `x-api-key`",
    )
}

/// 401: neither this address nor this password, or not together.
pub(super) fn wrong_login() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "wrong_login",
        "no account has this e-mail and this password",
    )
}

/// 401: a refresh token that is not taken, or none.
pub(super) fn wrong_refresh() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "session_over",
        "the session is over: log in again",
    )
}

/// 422: a field that cannot be taken as it is.
pub(in crate::platform) fn unprocessable(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}
