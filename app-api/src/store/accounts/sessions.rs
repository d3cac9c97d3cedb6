//! Logins, and the refresh tokens that keep them alive. Tokens are known by their HMAC alone.

use crate::store::{Store, StoreError, on_db, write_db};

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionOwner {
    /// The account.
    pub account: String,
    /// Its plan.
    pub plan: String,
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It was exchanged for the new one.
    Rotated {
        /// The session it belongs to.
        session: String,
        /// The session's account.
        account: String,
        /// When the session ends at the latest, Unix seconds.
        expires_at: i64,
    },
    /// It had been exchanged before: its session is ended now.
    Reused {
        /// The session.
        session: String,
        /// Whose it was.
        account: String,
    },
    /// There is none, or its session is over.
    Unknown,
}

impl Store {
    /// Begins a session with its first refresh token.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin_session(
        &self,
        id: &str,
        account: &str,
        token_hash: &str,
        created_at: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query(
                "INSERT INTO sessions (id, account, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(id)
            .bind(account)
            .bind(created_at)
            .bind(expires_at)
            .execute(&mut *tx)
            .await?;
            sqlx::query("INSERT INTO refresh_tokens (hash, session) VALUES ($1, $2)")
                .bind(token_hash)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Exchanges a refresh token for another, once. Of two that come at the same time one finds it used.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn rotate_refresh_token(
        &self,
        hash: &str,
        new_hash: &str,
        now_unix: i64,
    ) -> Result<Refreshed, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let used: Option<(String,)> = sqlx::query_as(
                "UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL \
                 RETURNING session",
            )
            .bind(now_unix)
            .bind(hash)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((session,)) = used else {
                let ended: Option<(String, String)> = sqlx::query_as(
                    "UPDATE sessions SET ended_at = COALESCE(ended_at, $1) \
                     WHERE id = (SELECT session FROM refresh_tokens WHERE hash = $2) RETURNING id, account",
                )
                .bind(now_unix)
                .bind(hash)
                .fetch_optional(&mut *tx)
                .await?;
                tx.commit().await?;
                return Ok(match ended {
                    Some((session, account)) => Refreshed::Reused { session, account },
                    None => Refreshed::Unknown,
                });
            };
            let alive: Option<(String, i64)> = sqlx::query_as(
                "SELECT s.account, s.expires_at FROM sessions s JOIN customers a ON a.id = s.account \
                 WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.status = 'active'",
            )
            .bind(&session)
            .bind(now_unix)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((account, expires_at)) = alive else {
                tx.commit().await?;
                return Ok(Refreshed::Unknown);
            };
            sqlx::query("INSERT INTO refresh_tokens (hash, session) VALUES ($1, $2)")
                .bind(new_hash)
                .bind(&session)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Refreshed::Rotated {
                session,
                account,
                expires_at,
            })
        })
    }

    /// Ends the session of a refresh token, used or not; the session, if there is one.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn end_session_of(
        &self,
        token_hash: &str,
        now_unix: i64,
    ) -> Result<Option<String>, StoreError> {
        let ended: Option<(String,)> = write_db!(self, |pool| {
            sqlx::query_as(
                "UPDATE sessions SET ended_at = COALESCE(ended_at, $1) \
                 WHERE id = (SELECT session FROM refresh_tokens WHERE hash = $2) RETURNING id",
            )
            .bind(now_unix)
            .bind(token_hash)
            .fetch_optional(pool)
            .await?
        });
        Ok(ended.map(|(id,)| id))
    }

    /// Whose a session is, while it lasts.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn session_owner(
        &self,
        session: &str,
        now_unix: i64,
    ) -> Result<Option<SessionOwner>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT a.id AS account, a.plan FROM sessions s JOIN customers a ON a.id = s.account \
                 WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.status = 'active'",
            )
            .bind(session)
            .bind(now_unix)
            .fetch_optional(pool)
            .await?)
        })
    }

    /// Forgets sessions and nonces whose time is over.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn forget_expired(&self, now_unix: i64) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            for statement in [
                "DELETE FROM refresh_tokens \
                 WHERE session IN (SELECT id FROM sessions WHERE expires_at <= $1)",
                "DELETE FROM sessions WHERE expires_at <= $1",
                "DELETE FROM spent_nonces WHERE expires_at <= $1",
            ] {
                sqlx::query(statement).bind(now_unix).execute(pool).await?;
            }
        });
        Ok(())
    }
}
