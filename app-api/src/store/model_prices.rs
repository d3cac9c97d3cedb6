//! Price rules of models. Whoever writes them holds the row of their version, so that of two at the same
//! time one comes after the other.

use super::{AuditRow, Store, StoreError, billing::insert_audit, on_db, write_db};

/// A rule as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelPriceRow {
    /// The models it is for.
    pub(crate) name: String,
    /// Who answers them.
    pub(crate) upstream: String,
    /// All of it as JSON.
    pub(crate) rule: String,
}

/// The rules in a transaction, or by a pool.
macro_rules! rules {
    ($executor:expr) => {{
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT rule FROM model_prices ORDER BY name, upstream")
                .fetch_all($executor)
                .await?;
        rows.into_iter()
            .map(|(rule,)| rule)
            .collect::<Vec<String>>()
    }};
}

/// Locks the rules until the transaction ends.
macro_rules! lock {
    ($tx:expr) => {
        sqlx::query("UPDATE model_price_versions SET version = version + 1 WHERE id = 1")
            .execute(&mut *$tx)
            .await?;
    };
}

/// Adds rules to those that there are.
macro_rules! insert {
    ($tx:expr, $rules:expr) => {
        for row in $rules {
            sqlx::query("INSERT INTO model_prices (name, upstream, rule) VALUES ($1, $2, $3)")
                .bind(&row.name)
                .bind(&row.upstream)
                .bind(&row.rule)
                .execute(&mut *$tx)
                .await?;
        }
    };
}

impl Store {
    /// The rules as JSON, by name and upstream.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn model_prices(&self) -> Result<Vec<String>, StoreError> {
        Ok(on_db!(self, |pool| { rules!(pool) }))
    }

    /// Puts rules into a database that has none; another replica may be ahead with the same.
    ///
    /// # Errors
    /// If the database fails; then nothing is changed.
    pub(crate) async fn first_model_prices(
        &self,
        first: &[ModelPriceRow],
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            lock!(tx);
            if rules!(&mut *tx).is_empty() {
                insert!(tx, first);
                tx.commit().await?;
            }
        });
        Ok(())
    }

    /// Puts rules in the place of those that there are, with the line of the audit log that `line` makes of
    /// the latter.
    ///
    /// # Errors
    /// If the database fails, or as `line`; then nothing is changed.
    pub(crate) async fn replace_model_prices(
        &self,
        rules: &[ModelPriceRow],
        line: impl FnOnce(&[String]) -> Result<AuditRow, StoreError>,
    ) -> Result<(), StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            lock!(tx);
            let line = line(&rules!(&mut *tx))?;
            sqlx::query("DELETE FROM model_prices")
                .execute(&mut *tx)
                .await?;
            insert!(tx, rules);
            insert_audit!(&mut *tx, &line);
            tx.commit().await?;
        });
        Ok(())
    }
}
