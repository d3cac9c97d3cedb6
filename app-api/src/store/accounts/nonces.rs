//! What may be said once.

use crate::store::{Store, StoreError, write_db};

impl Store {
    /// Spends a nonce; `false`: it was spent before. It is remembered until `expires_at`, Unix seconds.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn spend_nonce(&self, nonce: &str, expires_at: i64) -> Result<bool, StoreError> {
        let spent = write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO spent_nonces (nonce, expires_at) VALUES ($1, $2) \
                 ON CONFLICT (nonce) DO NOTHING",
            )
            .bind(nonce)
            .bind(expires_at)
            .execute(pool)
            .await?
            .rows_affected()
        });
        Ok(spent == 1)
    }
}
