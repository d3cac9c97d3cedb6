//! One login under way.

use axum::http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq as _;

use crate::{
    http::ApiError,
    platform::accounts::{
        cookie::{self, SameSite},
        secret::{Kind, Pepper, Secret},
    },
};

/// Where the random value is kept.
const COOKIE: &str = "primis_oauth";
/// How long somebody may take at the provider, seconds.
const LIFE_SECONDS: i64 = 600;
const RANDOM_CHARS: usize = 43;

/// A login at a provider that a browser began.
pub(super) struct Flow<'a> {
    pepper: &'a Pepper,
    provider: &'a str,
    random: Secret,
    pub(super) expires_at: i64,
}

impl<'a> Flow<'a> {
    /// A new one.
    pub(super) fn begin(pepper: &'a Pepper, provider: &'a str, now: i64) -> Self {
        Self {
            pepper,
            provider,
            random: Secret::random("", RANDOM_CHARS),
            expires_at: now.saturating_add(LIFE_SECONDS),
        }
    }

    /// The one that the browser began, if it did and its time is not over.
    pub(super) fn of(
        pepper: &'a Pepper,
        provider: &'a str,
        headers: &HeaderMap,
        now: i64,
    ) -> Option<Self> {
        let (expires_at, random) = cookie::get(headers, COOKIE)?.split_once('.')?;
        let flow = Self {
            pepper,
            provider,
            random: Secret::new(random.to_owned()),
            expires_at: expires_at.parse().ok()?,
        };
        (now < flow.expires_at).then_some(flow)
    }

    /// What the browser keeps. It has to come along from the provider's site.
    pub(super) fn cookie(&self, secure: bool) -> Result<HeaderValue, ApiError> {
        let value = format!("{}.{}", self.expires_at, self.random.expose());
        cookie::set(COOKIE, &value, LIFE_SECONDS, SameSite::Lax, secure)
    }

    /// Takes the cookie away.
    pub(super) fn gone(secure: bool) -> Result<HeaderValue, ApiError> {
        cookie::set(COOKIE, "", 0, SameSite::Lax, secure)
    }

    /// Comes back with the browser.
    pub(super) fn state(&self) -> String {
        self.derived("state")
    }

    /// Comes back in the provider's token.
    pub(super) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// Goes to the provider with the code, which it gave for a hash of this.
    pub(super) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Whether `state` is this login's.
    pub(super) fn is_named_by(&self, state: &str) -> bool {
        self.state().as_bytes().ct_eq(state.as_bytes()).into()
    }

    fn derived(&self, what: &str) -> String {
        let (provider, random) = (self.provider, self.random.expose());
        let text = format!("{what}.{provider}.{}.{random}", self.expires_at);
        self.pepper.hex(Kind::Flow, &text)
    }
}
