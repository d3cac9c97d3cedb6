//! Who the customers are: accounts, sessions and API keys; and who asks, for every other part.
//!
//! A request says by an API key or an access token who asks. [`authenticate`] and the extractor
//! [`Caller`] answer from memory in the usual case: what they know is at most two seconds old, so a
//! revoked key, an ended session and a closed account are refused within two seconds on every replica.

mod access;
mod account;
mod admin;
mod attempts;
mod cache;
mod caller;
mod client;
mod cookie;
mod keys;
mod limits;
mod login;
mod logout;
mod methods;
mod names;
mod oauth;
mod password;
mod password_change;
mod private;
mod refresh;
mod refusal;
mod scope;
mod secret;
mod session;
mod signup;
mod site;
mod siws;
mod uses;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use tokio_util::sync::CancellationToken;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use admin::AdminCaller;
pub use caller::{Caller, KeyId, authenticate};
pub(crate) use limits::shown;
pub use limits::{add_headers, count};
pub(in crate::platform) use names::display as display_name;
pub(in crate::platform) use private::Private;
pub(in crate::platform) use refusal::unprocessable;
pub use scope::{Scope, Scopes};

use self::{
    access::AccessTokens, admin::AdminKeys, cache::CallerCache, oauth::Providers,
    password::Passwords, secret::Pepper, uses::KeyUses,
};
use crate::{
    app::App,
    clock::Clock,
    config::{Accounts as Options, ConfigError, Settings, read_secret},
    http::ApiError,
    store::Store,
};

/// Longest body taken, bytes.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// What knowing customers needs; a part that is not configured refuses its requests.
pub(crate) struct Accounts {
    tokens: Option<AccessTokens>,
    pepper: Option<Pepper>,
    admins: Option<AdminKeys>,
    passwords: Passwords,
    callers: CallerCache,
    uses: KeyUses,
    providers: Providers,
    options: Options,
    public_url: Option<String>,
}

impl Accounts {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// If one cannot be read or has too short a secret.
    pub(crate) fn load(settings: &Settings) -> Result<Self, ConfigError> {
        let options = settings.accounts.clone();
        let read = |key, path: &Option<String>| {
            let path = path.as_deref();
            path.map(|path| read_secret(key, path)).transpose()
        };
        let tokens = read("accounts.token_secret_path", &options.token_secret_path)?;
        let pepper = read("accounts.key_pepper_path", &options.key_pepper_path)?;
        let admins = read("platform.admin_key_path", &settings.platform.admin_key_path)?;
        Ok(Self {
            tokens: tokens.as_deref().map(AccessTokens::parse).transpose()?,
            pepper: pepper.as_deref().map(Pepper::new).transpose()?,
            admins: admins.as_deref().map(AdminKeys::parse).transpose()?,
            passwords: Passwords::default(),
            callers: CallerCache::default(),
            uses: KeyUses::default(),
            providers: Providers::load(&options)?,
            options,
            public_url: settings.http.public_url.clone(),
        })
    }

    /// What access tokens are signed with.
    fn tokens(&self) -> Result<&AccessTokens, ApiError> {
        self.tokens
            .as_ref()
            .ok_or_else(|| ApiError::not_configured("set [accounts] token_secret_path to log in"))
    }

    /// What keys and refresh tokens are hashed with.
    fn pepper(&self) -> Result<&Pepper, ApiError> {
        self.pepper.as_ref().ok_or_else(|| {
            ApiError::not_configured("set [accounts] key_pepper_path to take keys and to log in")
        })
    }

    /// A version of what a webhook's deliveries are signed with: always the same, so that it is not kept.
    ///
    /// # Errors
    /// 503 `not_configured`.
    pub(crate) fn webhook_key(&self, webhook: &str, version: i64) -> Result<[u8; 32], ApiError> {
        let name = format!("{webhook}:{version}");
        Ok(self.pepper()?.hash(secret::Kind::Webhook, &name))
    }

    /// Writes down how keys are used, and forgets what is over, until `shutdown` is cancelled.
    pub(crate) async fn keep_up(
        &self,
        store: &Store,
        clock: &dyn Clock,
        shutdown: CancellationToken,
    ) {
        if self.pepper.is_some() {
            uses::keep_up(&self.uses, store, clock, shutdown).await;
        }
    }
}

/// Everything under `/api/auth`, `/api/account` and `/api/keys`.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(signup::signup))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(methods::methods))
        .routes(routes!(oauth::begin))
        .routes(routes!(oauth::callback))
        .routes(routes!(siws::challenge))
        .routes(routes!(siws::verify))
        .routes(routes!(account::show, account::change, account::close))
        .routes(routes!(password_change::change_password))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}
