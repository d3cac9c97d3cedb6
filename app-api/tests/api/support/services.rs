//! The services outside, as the settings name them.

use std::path::Path;

use primis_app_api::config::{
    Gateway, MaxTokensField, OpenIdProvider, Settings, Upstream as UpstreamSettings,
};
use primis_services::{
    openid::{CLIENT_ID, CLIENT_SECRET, OpenId},
    stripe::Endpoint,
    upstream::{PATIENCE, Upstream},
};
use reqwest::{Method, RequestBuilder};

use super::server::TestServer;

/// Stripe delivers its events to the server.
impl Endpoint for TestServer {
    fn post(&self) -> RequestBuilder {
        self.request(Method::POST, "/webhooks/stripe")
    }
}

/// One upstream, with the key in a file.
fn upstream(upstream: &Upstream, name: &str, key_path: &str) -> UpstreamSettings {
    let milliseconds = u64::try_from(PATIENCE.as_millis()).unwrap();
    UpstreamSettings {
        name: name.into(),
        base_url: upstream.base_url.clone(),
        api_key_path: Some(key_path.into()),
        connect_milliseconds: milliseconds,
        first_byte_milliseconds: milliseconds,
        idle_milliseconds: milliseconds,
        longest_seconds: 60,
        max_tokens_field: MaxTokensField::MaxTokens,
        generations: true,
    }
}

/// A gateway to the one first and to the other after it.
pub fn gateway(first: &Upstream, second: &Upstream, key_path: &str) -> Gateway {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/support/models.toml");
    Gateway {
        models_path: Some(models.into()),
        upstreams: vec![
            upstream(first, "first", key_path),
            upstream(second, "second", key_path),
        ],
        ..Gateway::default()
    }
}

/// A provider of logins, named `local`; its secret goes to a file beside the other secrets.
pub fn provider(openid: &OpenId, settings: &Settings) -> OpenIdProvider {
    let other = Path::new(settings.platform.admin_key_path.as_ref().unwrap());
    let secret = other.with_file_name("openid-secret");
    std::fs::write(&secret, CLIENT_SECRET).unwrap();
    OpenIdProvider {
        name: "local".to_owned(),
        issuer: openid.url().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret_path: secret.display().to_string(),
    }
}
