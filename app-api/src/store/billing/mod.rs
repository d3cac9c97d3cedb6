//! What is paid through the payment provider, plans, metered calls, and documents.

mod audit;
mod events;
mod invoices;
pub(super) mod metered;
mod payments;
mod plans;
mod statement;
mod subscriptions;

pub use audit::AuditRow;
pub(super) use audit::insert_audit;
pub use events::{Known, StripeEventRow};
pub use invoices::{Document, InvoiceRow, OverageRow, PostedPayment, SkuUsage};
pub use statement::StatementRow;
pub use subscriptions::SubscriptionRow;

use super::{Db, Store, StoreError, on_db, write_db};

/// What the database says where a row must not be there twice.
fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl Store {
    /// What locks the rows a statement reads until the commit; on SQLite the transaction has all of them.
    pub(super) fn for_update(&self) -> &'static str {
        match self.db {
            Db::Sqlite { .. } => "",
            Db::Postgres(_) => " FOR UPDATE",
        }
    }
}
