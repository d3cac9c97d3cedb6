//! `GET /api/stream`: what happens, as it happens, by server-sent events.

mod following;
mod hub;
mod message;
mod poll;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event as Frame, KeepAlive},
    },
};
use futures_util::{StreamExt as _, stream};

pub use hub::Hub;

use super::paging;
use crate::{app::App, http::ApiError, store::Place};
use following::Following;
use message::Message;

/// Pause between two comments that keep an idle connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pause before a listener that lost its connection comes back.
const RETRY: Duration = Duration::from_secs(3);
/// Proxies must not collect the stream.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

/// Distributions, claims, prices and statistics as they happen
///
/// Server-sent events. `distribution`: a row as in `/api/yield/distributions`. `claim`: a wallet was paid
/// yield. `price`: what a SOL costs. `stats`: what `/api/stats` answers, at the begin and whenever it
/// changes. Distributions and claims have an `id`: a listener that comes back with it as `Last-Event-ID`
/// is told what it missed. What a fork moved is told again, with its new slot. A listener that does not
/// keep up is disconnected.
#[utoipa::path(
    get, path = "/api/stream", tag = "statistics", operation_id = "stream",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was received", example = "343012345.0.3"),
    ),
    responses(
        (status = 200, description = "The stream; it ends when the server stops", content_type = "text/event-stream", body = String),
        (status = 400, description = "`invalid_last_event_id`: not an `id` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer; `too_many_listeners`"),
    ),
)]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let after = last_event_id(&headers)?;
    let vault = app.vault.clone().ok_or_else(ApiError::not_indexed)?;
    if app.store.progress(&vault).await?.polled_at == 0 {
        return Err(ApiError::not_indexed());
    }
    // Before anything is read: what happens meanwhile is in the listener's messages.
    let listener = app.stream.listen(&app, &vault).await?;
    let mut first = vec![Frame::default().retry(RETRY)];
    first.extend(app.stream.last_price().map(|message| message.frame()));
    first.extend(
        poll::stats(&app)
            .await
            .map(|text| Message::stats(text).frame()),
    );
    let first = stream::iter(first).map(Ok::<_, Infallible>);
    let closing = listener.closing.clone();
    let following = Following::new(app.store.clone(), vault, after, listener);
    let rest = stream::unfold(following, Following::next)
        .map(Ok)
        .take_until(closing.cancelled_owned());
    let sse = Sse::new(first.chain(rest)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([UNBUFFERED], sse).into_response())
}

/// What a listener had last, if it comes back.
fn last_event_id(headers: &HeaderMap) -> Result<Option<Place>, ApiError> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let place = value.to_str().ok().and_then(paging::place);
    place.map(Some).ok_or_else(|| {
        ApiError::bad_request(
            "invalid_last_event_id",
            "Last-Event-ID must be an id that was sent before",
        )
    })
}
