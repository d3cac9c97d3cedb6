//! API keys, known by their HMAC alone.

use crate::store::{Store, StoreError, on_db, write_db};

/// Rows of a list: more than the keys that can be active, so that those revoked lately are there too.
const LISTED: i64 = 100;

/// A key to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// `key_…`.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// What it is called.
    pub name: String,
    /// The part of it that may be seen.
    pub prefix: String,
    /// Its HMAC, hex.
    pub hash: String,
    /// Its scopes, with commas between them.
    pub scopes: String,
    /// The most requests it may make in a minute, if fewer than the plan's.
    pub requests_per_minute: Option<i64>,
    /// When it was created, Unix seconds.
    pub created_at: i64,
    /// When it expires, Unix seconds.
    pub expires_at: Option<i64>,
}

/// A key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeyRow {
    /// `key_…`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The part of it that may be seen.
    pub prefix: String,
    /// Its scopes, with commas between them.
    pub scopes: String,
    /// The most requests it may make in a minute, if fewer than the plan's.
    pub requests_per_minute: Option<i64>,
    /// When it was created, Unix seconds.
    pub created_at: i64,
    /// When it expires, Unix seconds.
    pub expires_at: Option<i64>,
    /// When it was revoked, Unix seconds.
    pub revoked_at: Option<i64>,
    /// When it was last used, Unix seconds.
    pub last_used_at: Option<i64>,
    /// Requests made with it.
    pub requests: i64,
}

/// A key that may be used, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnedKey {
    /// `key_…`.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// The account's plan.
    pub plan: String,
    /// Its scopes, with commas between them.
    pub scopes: String,
    /// The most requests it may make in a minute, if fewer than the plan's.
    pub requests_per_minute: Option<i64>,
    /// When it expires, Unix seconds.
    pub expires_at: Option<i64>,
}

/// How a key was used since this was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUse {
    /// Requests.
    pub requests: i64,
    /// The last of them, Unix seconds.
    pub last_used_at: i64,
}

impl Store {
    /// Creates a key; `false`: the account has `most` active ones already. Each active key holds one of
    /// as many slots, which a unique constraint gives away once.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_key(&self, key: &NewKey, most: i64) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "UPDATE api_keys SET slot = NULL \
                 WHERE account = $1 AND slot IS NOT NULL AND expires_at <= $2",
            )
            .bind(&key.account)
            .bind(key.created_at)
            .execute(pool)
            .await?;
            let taken: Vec<(i64,)> =
                sqlx::query_as("SELECT slot FROM api_keys WHERE account = $1 AND slot IS NOT NULL")
                    .bind(&key.account)
                    .fetch_all(pool)
                    .await?;
            for slot in (0..most).filter(|slot| !taken.contains(&(*slot,))) {
                let created = sqlx::query(
                    "INSERT INTO api_keys (id, account, name, prefix, hash, scopes, \
                     requests_per_minute, created_at, expires_at, slot) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                     ON CONFLICT (account, slot) DO NOTHING",
                )
                .bind(&key.id)
                .bind(&key.account)
                .bind(&key.name)
                .bind(&key.prefix)
                .bind(&key.hash)
                .bind(&key.scopes)
                .bind(key.requests_per_minute)
                .bind(key.created_at)
                .bind(key.expires_at)
                .bind(slot)
                .execute(pool)
                .await?
                .rows_affected();
                if created == 1 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// The account's keys, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keys_of(&self, account: &str) -> Result<Vec<KeyRow>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, name, prefix, scopes, requests_per_minute, created_at, expires_at, \
                 revoked_at, last_used_at, requests FROM api_keys WHERE account = $1 \
                 ORDER BY created_at DESC, id DESC LIMIT $2",
            )
            .bind(account)
            .bind(LISTED)
            .fetch_all(pool)
            .await?)
        })
    }

    /// Revokes an account's key: its HMAC, or `None` where the account has no such active key.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn revoke_key(
        &self,
        account: &str,
        id: &str,
        now_unix: i64,
    ) -> Result<Option<String>, StoreError> {
        let revoked: Option<(String,)> = write_db!(self, |pool| {
            sqlx::query_as(
                "UPDATE api_keys SET revoked_at = $1, slot = NULL \
                 WHERE id = $2 AND account = $3 AND revoked_at IS NULL RETURNING hash",
            )
            .bind(now_unix)
            .bind(id)
            .bind(account)
            .fetch_optional(pool)
            .await?
        });
        Ok(revoked.map(|(hash,)| hash))
    }

    /// The key with this HMAC, if it may be used.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn key_by_hash(
        &self,
        hash: &str,
        now_unix: i64,
    ) -> Result<Option<OwnedKey>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT k.id, k.account, a.plan, k.scopes, k.requests_per_minute, k.expires_at \
                 FROM api_keys k JOIN customers a ON a.id = k.account \
                 WHERE k.hash = $1 AND k.revoked_at IS NULL AND a.status = 'active' \
                 AND (k.expires_at IS NULL OR k.expires_at > $2)",
            )
            .bind(hash)
            .bind(now_unix)
            .fetch_optional(pool)
            .await?)
        })
    }

    /// Adds how keys were used, by their ids, which are in order: so two replicas cannot wait for each
    /// other.
    ///
    /// # Errors
    /// If the database fails; nothing was added then.
    pub async fn add_key_uses(
        &self,
        uses: &std::collections::BTreeMap<String, KeyUse>,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            for (id, used) in uses {
                sqlx::query(
                    "UPDATE api_keys SET requests = requests + $1, last_used_at = \
                     CASE WHEN last_used_at > $2 THEN last_used_at ELSE $2 END WHERE id = $3",
                )
                .bind(used.requests)
                .bind(used.last_used_at)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }
}
