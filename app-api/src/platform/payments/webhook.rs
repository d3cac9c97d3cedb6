//! `POST /webhooks/stripe`: what the payment provider tells.

use std::sync::Arc;

use axum::{
    Json, body::Bytes, extract::State, extract::rejection::BytesRejection, http::HeaderMap,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Billing, BillingError,
    effects::{Effect, effect},
    stripe::Event,
};
use crate::{
    app::App,
    http::ApiError,
    store::{Known, StripeEventRow},
};

/// It was kept, and all that it asks for is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookAnswer {
    /// Always.
    #[schema(example = true)]
    received: bool,
}

/// An event of the payment provider.
///
/// Taken once, however often and in whatever order events come. What fails is answered with 500, and done
/// when the event comes again.
#[utoipa::path(
    post, path = "/webhooks/stripe", tag = "billing", operation_id = "stripeWebhook",
    request_body(content = Object, content_type = "application/json", description = "The event, as it was signed"),
    params(("stripe-signature" = Option<String>, Header, description = "`t=UNIX,v1=HEX`: HMAC-SHA256 over `{t}.{body}`")),
    responses(
        (status = 200, description = "Done, now or before", body = WebhookAnswer),
        (status = 400, description = "`bad_signature`: missing, too old, or another; `invalid_body`: signed, but no event"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 2 MiB"),
        (status = 503, description = "`not_configured`: no webhook secret is configured; `payments_unavailable`: the provider cannot be asked now"),
    ),
)]
pub(crate) async fn take(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<WebhookAnswer>, ApiError> {
    let billing = &app.billing;
    let Some(secrets) = &billing.secrets else {
        return Err(ApiError::not_configured(
            "set [stripe] webhook_secret_path to take events",
        ));
    };
    let body = body.map_err(ApiError::from_bytes)?;
    let header = headers
        .get("stripe-signature")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    secrets
        .verify(header, &body, billing.clock.now_unix())
        .map_err(|e| ApiError::bad_request("bad_signature", &e.to_string()))?;
    let invalid = || ApiError::bad_request("invalid_body", "the body is not an event");
    let event: Event = serde_json::from_slice(&body).map_err(|_| invalid())?;
    let payload = std::str::from_utf8(&body).map_err(|_| invalid())?;
    // A zero byte cannot be stored in Postgres' text; JSON has it escaped, so only ids can carry one.
    if event.id.is_empty() || event.id.contains('\0') || event.kind.contains('\0') {
        return Err(invalid());
    }
    billing.take(&event, payload).await.inspect_err(|error| {
        tracing::warn!(event = event.id, kind = event.kind, %error, "an event is not done yet");
    })?;
    Ok(Json(WebhookAnswer { received: true }))
}

impl Billing {
    /// Keeps an event and does what it asks for, once.
    async fn take(&self, event: &Event, payload: &str) -> Result<(), BillingError> {
        let row = StripeEventRow {
            event: event.id.clone(),
            kind: event.kind.clone(),
            created_at: event.created,
            payload: payload.to_owned(),
        };
        let known = self.store.keep_event(&row, self.clock.now_unix()).await?;
        metrics::counter!("primis_stripe_events_total", "known" => if known == Known::New { "no" } else { "yes" })
            .increment(1);
        if known == Known::Done {
            return Ok(());
        }
        self.act(event).await
    }

    /// Does what a kept event asks for; again is as once.
    pub(super) async fn act(&self, event: &Event) -> Result<(), BillingError> {
        match effect(event)? {
            Effect::Learn(payment, fact) => self.settle(&payment, Some(&fact)).await?,
            Effect::Invoice(id) => self.sync_invoice(&id).await?,
            Effect::Subscription(id) => self.sync_subscription(&id).await?,
            Effect::Nothing => {}
        }
        Ok(self.store.event_is_done(&event.id).await?)
    }
}
