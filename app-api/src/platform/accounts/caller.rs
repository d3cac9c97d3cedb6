//! Who asks.

use std::{fmt, sync::Arc, time::Instant};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts},
};

use super::{
    access::Claims,
    cache::Known,
    limits::{self, Windows},
    refusal::unauthorized,
    scope::{Scope, Scopes},
    secret::{Hash, Kind},
};
use crate::{app::App, http::ApiError, platform::ledger::Limit, store::StoreError};

/// What every API key begins with.
pub(super) const KEY_PREFIX: &str = "prmis_";

/// The name of an API key, `key_…`; not the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// As it is told.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks: an account, by one of its keys or by whoever is logged in.
///
/// As an extractor it counts the request against the caller's limits: 401 `unauthorized`, 429
/// `rate_limited`, 503 `not_configured`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account, `acct_…`.
    pub account: String,
    /// The key; `None`: somebody is logged in.
    pub key: Option<KeyId>,
    /// What it may do.
    pub scopes: Scopes,
    /// The account's plan.
    pub plan: String,
    /// What each of its requests counts against.
    pub limits: Vec<Limit>,
}

impl Caller {
    /// Refuses a caller without `scope`.
    ///
    /// # Errors
    /// 403 `scope_missing`.
    pub fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scopes.has(scope) {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "scope_missing",
            &format!("this needs a key with the scope {}", scope.name()),
        ))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = authenticate(app, &parts.headers).await?;
        limits::count_shown(app, &caller, &parts.extensions).await?;
        Ok(caller)
    }
}

/// Who asks, by the headers of the request, without counting it against the limits: for what counts it
/// by a hold. In the usual case from memory, at most two seconds old.
///
/// # Errors
/// 401 `unauthorized`, 503 `not_configured`.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let given = credential(headers).ok_or_else(unauthorized)?;
    let now = app.clock.now_unix();
    if given.starts_with(KEY_PREFIX) {
        let caller = by_key(app, given, now).await?;
        if let Some(key) = &caller.key {
            app.accounts.uses.add(key.as_str(), now);
        }
        return Ok(caller);
    }
    let claims = app.accounts.tokens()?.read(given, now);
    by_session(app, &claims.ok_or_else(unauthorized)?, now).await
}

/// What the request shows. The scheme's name may be in any letters (RFC 9110 §11.1).
fn credential(headers: &HeaderMap) -> Option<&str> {
    let shown = match headers.get(AUTHORIZATION) {
        Some(value) => {
            let (scheme, shown) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(shown)?
        }
        None => headers.get("x-api-key").and_then(|v| v.to_str().ok())?,
    };
    Some(shown.trim()).filter(|shown| !shown.is_empty())
}

async fn by_key(app: &App, key: &str, now: i64) -> Result<Caller, ApiError> {
    let hash = app.accounts.pepper()?.hash(Kind::Key, key);
    let look = async || {
        let found = app.store.key_by_hash(&hex::encode(hash), now).await?;
        let Some(row) = found else { return Ok(None) };
        let own = row.requests_per_minute;
        let caller = Caller {
            limits: Windows::of(app, &row.account).await?.of_key(&row.id, own),
            account: row.account,
            key: Some(KeyId(row.id)),
            scopes: row
                .scopes
                .parse()
                .map_err(|_| StoreError::Corrupt("scope"))?,
            plan: row.plan,
        };
        Ok(Some(Known {
            caller,
            expires_at: row.expires_at,
        }))
    };
    known(app, hash, now, look).await
}

async fn by_session(app: &App, claims: &Claims, now: i64) -> Result<Caller, ApiError> {
    let hash = app.accounts.pepper()?.hash(Kind::Session, &claims.sid);
    let look = async || {
        let found = app.store.session_owner(&claims.sid, now).await?;
        let Some(owner) = found else { return Ok(None) };
        let windows = Windows::of(app, &owner.account).await?;
        let caller = Caller {
            limits: windows.of_sessions(&owner.account),
            account: owner.account,
            key: None,
            scopes: Scopes::all(),
            plan: owner.plan,
        };
        Ok(Some(Known {
            caller,
            expires_at: None,
        }))
    };
    known(app, hash, now, look).await
}

/// Who has shown what has this hash, from memory or by a look.
async fn known(
    app: &App,
    hash: Hash,
    now: i64,
    look: impl AsyncFnOnce() -> Result<Option<Known>, ApiError>,
) -> Result<Caller, ApiError> {
    let callers = &app.accounts.callers;
    let known = match callers.get(&hash) {
        Some(known) => known,
        None => {
            let at = Instant::now();
            let Some(known) = look().await? else {
                callers.forget(&hash);
                return Err(unauthorized());
            };
            let known = Arc::new(known);
            callers.put(hash, at, Arc::clone(&known));
            known
        }
    };
    if known.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(unauthorized());
    }
    Ok(known.caller.clone())
}
