//! Bodies with secrets in them: what is wrong with one is said without a word of it.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, rejection::JsonRejection},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::refusal::unprocessable;
use crate::http::ApiError;

/// A JSON body.
pub(in crate::platform) struct Private<T>(pub(in crate::platform) T);

/// The same, or the default where no body was sent, or `null`.
pub(super) struct OrDefault<T>(pub(super) T);

impl<S, T> FromRequest<S> for Private<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(body) = Json::from_request(request, state)
            .await
            .map_err(ApiError::from_private_json)?;
        Ok(Self(body))
    }
}

impl<S, T> FromRequest<S> for OrDefault<T>
where
    S: Send + Sync,
    T: Default + DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state)
            .await
            .map_err(|rejection| ApiError::from_private_json(rejection.into()))?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(parts, bytes.into());
        // By way of an object: a struct of fields that all have defaults is made of an array too.
        let Private(fields) =
            Private::<Option<Map<String, Value>>>::from_request(request, state).await?;
        let fields = Value::Object(fields.unwrap_or_default());
        let body = serde_json::from_value(fields);
        // The library's words may have a secret in them.
        body.map(Self).map_err(|_| {
            unprocessable(
                "invalid_body",
                "the body has fields of other names or forms: GET /docs shows them",
            )
        })
    }
}
