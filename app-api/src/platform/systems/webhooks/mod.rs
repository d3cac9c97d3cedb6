//! Outbound webhooks, signed as Standard Webhooks says: <https://www.standardwebhooks.com>.
//!
//! What is told is written with what caused it. A sender takes it for the time of a lease, so two replicas do
//! not send it at the same time, and one that was killed has another send it: at least once in all. The
//! receiver knows a repetition by its `webhook-id`.

mod address;
mod backoff;
mod client;
mod deliveries;
mod endpoints;
mod sender;
mod signing;

pub(super) use deliveries::{__path_deliveries, deliveries};
pub(super) use endpoints::{
    __path_create, __path_delete, __path_list, __path_rotate, create, delete, list, rotate,
};
pub(super) use sender::send_until;

use axum::http::StatusCode;

use crate::http::ApiError;

/// 404.
fn no_such_webhook() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_webhook",
        "the account has no webhook of this id: GET /api/webhooks lists them",
    )
}
