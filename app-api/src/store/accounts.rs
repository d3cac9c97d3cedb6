//! Customers: their accounts, and who else says who they are.

mod keys;
mod nonces;
mod sessions;

pub use keys::{KeyRow, KeyUse, NewKey, OwnedKey};
pub use sessions::{Refreshed, SessionOwner};

use super::{Store, StoreError, on_db, write_db};

/// A customer's account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRecord {
    /// `acct_…`.
    pub id: String,
    /// The address it logs in with, in small letters.
    pub email: Option<String>,
    /// What it is called.
    pub display_name: String,
    /// Its plan.
    pub plan: String,
    /// When it was opened, Unix seconds.
    pub created_at: i64,
}

impl Store {
    /// Opens an account that logs in by password; `false`: the address is taken, by whoever it is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_account(
        &self,
        account: &AccountRecord,
        password_hash: &str,
    ) -> Result<bool, StoreError> {
        let opened = write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO customers (id, email, password_hash, display_name, plan, status, created_at) \
                 VALUES ($1, $2, $3, $4, $5, 'active', $6) ON CONFLICT (email) DO NOTHING",
            )
            .bind(&account.id)
            .bind(&account.email)
            .bind(password_hash)
            .bind(&account.display_name)
            .bind(&account.plan)
            .bind(account.created_at)
            .execute(pool)
            .await?
            .rows_affected()
        });
        Ok(opened == 1)
    }

    /// The account that somebody else vouches for; `new` is opened where there is none. Its address is
    /// left out where another account logs in with it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn account_of_identity(
        &self,
        issuer: &str,
        subject: &str,
        new: &AccountRecord,
    ) -> Result<String, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let claimed = sqlx::query(
                "INSERT INTO identities (issuer, subject, account, created_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (issuer, subject) DO NOTHING",
            )
            .bind(issuer)
            .bind(subject)
            .bind(&new.id)
            .bind(new.created_at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if claimed == 0 {
                let (account,): (String,) = sqlx::query_as(
                    "SELECT account FROM identities WHERE issuer = $1 AND subject = $2",
                )
                .bind(issuer)
                .bind(subject)
                .fetch_one(&mut *tx)
                .await?;
                return Ok(account);
            }
            for email in [new.email.as_deref(), None] {
                let opened = sqlx::query(
                    "INSERT INTO customers (id, email, display_name, plan, status, created_at) \
                     VALUES ($1, $2, $3, $4, 'active', $5) ON CONFLICT (email) DO NOTHING",
                )
                .bind(&new.id)
                .bind(email)
                .bind(&new.display_name)
                .bind(&new.plan)
                .bind(new.created_at)
                .execute(&mut *tx)
                .await?
                .rows_affected();
                if opened == 1 {
                    break;
                }
            }
            tx.commit().await?;
            Ok(new.id.clone())
        })
    }

    /// An open account.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, email, display_name, plan, created_at FROM customers \
                 WHERE id = $1 AND status = 'active'",
            )
            .bind(id)
            .fetch_optional(pool)
            .await?)
        })
    }

    /// The open account that logs in with an address and a password: its id and the password's hash.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn password_of(&self, email: &str) -> Result<Option<(String, String)>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, password_hash FROM customers \
                 WHERE email = $1 AND status = 'active' AND password_hash IS NOT NULL",
            )
            .bind(email)
            .fetch_optional(pool)
            .await?)
        })
    }

    /// The hash of an open account's password, if it has one.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn password_hash(&self, id: &str) -> Result<Option<String>, StoreError> {
        let found: Option<(Option<String>,)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT password_hash FROM customers WHERE id = $1 AND status = 'active'",
            )
            .bind(id)
            .fetch_optional(pool)
            .await?
        });
        Ok(found.and_then(|(hash,)| hash))
    }

    /// Puts a password's hash in the place of `known` and ends the account's sessions; `false`: the
    /// account has another than `known`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn change_password(
        &self,
        id: &str,
        known: &str,
        new: &str,
        now_unix: i64,
    ) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let changed = sqlx::query(
                "UPDATE customers SET password_hash = $1 \
                 WHERE id = $2 AND password_hash = $3 AND status = 'active'",
            )
            .bind(new)
            .bind(id)
            .bind(known)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 1 {
                sqlx::query(
                    "UPDATE sessions SET ended_at = $1 WHERE account = $2 AND ended_at IS NULL",
                )
                .bind(now_unix)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            Ok(changed == 1)
        })
    }

    /// Gives an open account another name.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn rename_account(&self, id: &str, name: &str) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            sqlx::query(
                "UPDATE customers SET display_name = $1 WHERE id = $2 AND status = 'active'",
            )
            .bind(name)
            .bind(id)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// Closes an account: its sessions and keys end, and nothing is kept of whoever it was. The row
    /// stays, for the ledger.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn close_account(&self, id: &str, now_unix: i64) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            for statement in [
                "UPDATE customers SET status = 'closed', email = NULL, password_hash = NULL, \
                 display_name = '', closed_at = $2 WHERE id = $1 AND status = 'active'",
                "UPDATE sessions SET ended_at = $2 WHERE account = $1 AND ended_at IS NULL",
                "UPDATE api_keys SET revoked_at = $2, slot = NULL \
                 WHERE account = $1 AND revoked_at IS NULL",
            ] {
                sqlx::query(statement)
                    .bind(id)
                    .bind(now_unix)
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query("DELETE FROM identities WHERE account = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        });
        Ok(())
    }
}
