//! Webhooks, as they arrive.

use hmac::{Hmac, Mac as _};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::Sha256;

/// Signs the events.
pub const SECRET: &str = "whsec_test_0123456789abcdef";

/// Where events are delivered.
pub trait Endpoint {
    /// A request to it, without what makes it an event.
    fn post(&self) -> RequestBuilder;
}

/// How an event is delivered.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Signs it.
    pub secret: &'a str,
    /// The time of the signature, Unix seconds.
    pub at: i64,
}

impl Delivery<'_> {
    /// Signed as Stripe does.
    pub fn at(at: i64) -> Self {
        Self { secret: SECRET, at }
    }

    /// Delivers an event, and answers the status.
    pub async fn send(&self, server: &impl Endpoint, event: &Value) -> StatusCode {
        let body = event.to_string();
        let header = sign(self.secret, self.at, &body);
        self.send_as(server, &header, &body).await
    }

    /// With a header of one's own.
    pub async fn send_as(&self, server: &impl Endpoint, header: &str, body: &str) -> StatusCode {
        let request = server
            .post()
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", header)
            .body(body.to_owned());
        request.send().await.unwrap().status()
    }

    /// Delivers events in this order; each must be taken.
    pub async fn all<'a>(
        &self,
        server: &impl Endpoint,
        events: impl IntoIterator<Item = &'a Value>,
    ) {
        for event in events {
            assert_eq!(self.send(server, event).await, StatusCode::OK, "{event}");
        }
    }
}

/// `t=…,v1=…` over `{t}.{body}`.
pub fn sign(secret: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}
