//! `/api/keys`: API keys, which are shown once.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    caller::{Caller, KEY_PREFIX},
    names,
    private::Private,
    refusal::unprocessable,
    scope::{Scope, Scopes},
    secret::{Kind, Secret},
};
use crate::{
    app::App,
    http::ApiError,
    platform::id,
    store::{KeyRow, NewKey, StoreError},
};

/// Active keys that an account may have.
const MOST: i64 = 10;
/// Scopes that there are.
const MOST_SCOPES: usize = 3;
/// Random characters of a key: 190 bits.
const RANDOM_CHARS: usize = 32;
/// Of them, those that may be seen later.
const VISIBLE_CHARS: usize = 6;

/// A key to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct KeyRequest {
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[ -~]*[!-~][ -~]*$",
        example = "laptop"
    )]
    name: String,
    /// What it may do; `read` and `write` unless told. A key gives no scope that it has not.
    #[schema(min_items = 1, max_items = 3)]
    scopes: Option<Vec<Scope>>,
    /// When it expires; never unless told.
    #[schema(
        minimum = 1,
        maximum = 253_402_300_799_i64,
        example = 4_102_444_800_i64
    )]
    expires_at_unix: Option<i64>,
    /// The most requests it may make in a minute, where that is fewer than the plan allows.
    #[schema(minimum = 1, maximum = 1_000_000)]
    requests_per_minute: Option<u32>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    /// The key itself: it is told now and never again.
    #[schema(value_type = String, pattern = "^prmis_[0-9A-Za-z]{32}$")]
    secret: Secret,
    /// What is known of it.
    key: ApiKey,
}

/// What is known of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    /// Its name for programs.
    #[schema(example = "key_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f")]
    id: String,
    /// Its name for people.
    name: String,
    /// How it begins.
    #[schema(example = "prmis_AbC123")]
    prefix: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The most requests it may make in a minute; `null` where the plan says it.
    requests_per_minute: Option<i64>,
    /// When it was created.
    created_at_unix: i64,
    /// When it expires.
    expires_at_unix: Option<i64>,
    /// When it was revoked.
    revoked_at_unix: Option<i64>,
    /// When it was last used, some seconds ago or earlier.
    last_used_at_unix: Option<i64>,
    /// Requests made with it, but for those of the last seconds.
    requests: i64,
}

impl ApiKey {
    fn of(row: KeyRow) -> Result<Self, StoreError> {
        let scopes: Scopes = row
            .scopes
            .parse()
            .map_err(|_| StoreError::Corrupt("scope"))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: scopes.iter().collect(),
            requests_per_minute: row.requests_per_minute,
            created_at_unix: row.created_at,
            expires_at_unix: row.expires_at,
            revoked_at_unix: row.revoked_at,
            last_used_at_unix: row.last_used_at,
            requests: row.requests,
        })
    }
}

/// An account's keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeys {
    /// The newest first; of those that were revoked the last hundred in all.
    keys: Vec<ApiKey>,
}

/// Your keys.
///
/// Needs the scope `read`.
#[utoipa::path(
    get, path = "/api/keys", tag = "accounts", operation_id = "keys",
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 200, description = "The keys", body = ApiKeys),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<ApiKeys>, ApiError> {
    caller.require(Scope::Read)?;
    let rows = app.store.keys_of(&caller.account).await?;
    let keys = rows.into_iter().map(ApiKey::of).collect::<Result<_, _>>()?;
    Ok(Json(ApiKeys { keys }))
}

/// Creates a key.
///
/// Needs the scope `admin`. The key is told once; what is kept of it cannot be turned back into it.
#[utoipa::path(
    post, path = "/api/keys", tag = "accounts", operation_id = "createKey",
    request_body = KeyRequest,
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 201, description = "The key, told once", body = CreatedKey),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 403, description = "`scope_missing`: the key has not the scope, or not those of the new one"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 409, description = "`too_many_keys`: ten are active"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_name`: nothing to see, or too long; `invalid_scopes`: none, or more than there are; `invalid_expiry`: in the past, or after the year 9999; `invalid_limit`: not 1 to 1,000,000 requests"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Private(asked): Private<KeyRequest>,
) -> Result<(StatusCode, Json<CreatedKey>), ApiError> {
    caller.require(Scope::Admin)?;
    let now = app.clock.now_unix();
    let secret = Secret::random(KEY_PREFIX, RANDOM_CHARS);
    let hash = app.accounts.pepper()?.hex(Kind::Key, secret.expose());
    let visible = KEY_PREFIX.len().saturating_add(VISIBLE_CHARS);
    let key = NewKey {
        id: id::new("key"),
        name: names::display("name", &asked.name)?,
        prefix: secret.expose().chars().take(visible).collect(),
        hash,
        scopes: scopes(&caller, asked.scopes)?.to_string(),
        requests_per_minute: limit(asked.requests_per_minute)?,
        created_at: now,
        expires_at: expiry(asked.expires_at_unix, now)?,
        account: caller.account,
    };
    if !app.store.create_key(&key, MOST).await? {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many_keys",
            "ten keys are active: revoke one first",
        ));
    }
    let key = ApiKey::of(KeyRow {
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        scopes: key.scopes,
        requests_per_minute: key.requests_per_minute,
        created_at: key.created_at,
        expires_at: key.expires_at,
        revoked_at: None,
        last_used_at: None,
        requests: 0,
    })?;
    Ok((StatusCode::CREATED, Json(CreatedKey { secret, key })))
}

/// Revokes a key.
///
/// Needs the scope `admin`. It is refused within two seconds wherever it is used.
#[utoipa::path(
    delete, path = "/api/keys/{id}", tag = "accounts", operation_id = "revokeKey",
    params(("id" = String, Path, description = "Its name, not the key itself", example = "key_0193f0c4a1b27c3e8d4f5a6b7c8d9e0f", max_length = 100)),
    security(("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 204, description = "Revoked"),
        (status = 403, description = "`scope_missing`: the key has not the scope"),
        (status = 404, description = "`no_such_key`: the account has no active key of this name"),
    ),
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Admin)?;
    let none = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_key",
            "the account has no active key of this name: GET /api/keys lists them",
        )
    };
    // What is not text is no key's name; nor is what Postgres' text cannot hold.
    let Path(id) = id.map_err(|_| none())?;
    if id.contains('\0') {
        return Err(none());
    }
    let now = app.clock.now_unix();
    let hash = app.store.revoke_key(&caller.account, &id, now).await?;
    let hash = hash.ok_or_else(none)?;
    let mut known = [0; 32];
    if hex::decode_to_slice(&hash, &mut known).is_ok() {
        app.accounts.callers.forget(&known);
    }
    Ok(StatusCode::NO_CONTENT)
}

fn scopes(caller: &Caller, asked: Option<Vec<Scope>>) -> Result<Scopes, ApiError> {
    let asked = asked.unwrap_or_else(|| vec![Scope::Read, Scope::Write]);
    if !(1..=MOST_SCOPES).contains(&asked.len()) {
        let text = "name one to three of read, write and admin";
        return Err(unprocessable("invalid_scopes", text));
    }
    let scopes: Scopes = asked.into_iter().collect();
    match scopes.iter().find(|scope| !caller.scopes.has(*scope)) {
        Some(missing) => caller.require(missing).map(|()| scopes),
        None => Ok(scopes),
    }
}

fn limit(asked: Option<u32>) -> Result<Option<i64>, ApiError> {
    let refused = || unprocessable("invalid_limit", "requestsPerMinute must be 1 to 1,000,000");
    asked
        .map(|limit| {
            let taken = (1..=1_000_000).contains(&limit);
            taken.then_some(i64::from(limit)).ok_or_else(refused)
        })
        .transpose()
}

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

fn expiry(asked: Option<i64>, now: i64) -> Result<Option<i64>, ApiError> {
    let text = "expiresAtUnix must be later than now, in Unix seconds";
    match asked {
        Some(at) if at <= now || at > LAST_SECOND => Err(unprocessable("invalid_expiry", text)),
        asked => Ok(asked),
    }
}
