//! The database: SQLite on one machine, Postgres where several replicas share it. The statements
//! are the same; they are written once and run on either, through [`on_db!`] where they read and [`write_db!`]
//! where they write.
//!
//! What replicas may rely on is limited to what a distributed SQL database has too: unique
//! constraints, row locks and compare-and-swap on a version column.

mod accounts;
mod billing;
mod commit;
mod commits;
mod finality;
mod followed;
mod forget;
mod gateway;
mod ledger;
mod look;
mod model_prices;
mod positions;
mod prices;
mod revenue;
mod runs;
mod series;
mod step;
mod sweeps;
mod systems;
mod totals;
mod usage;
mod usage_count;
mod views;
mod wallet;

use std::{
    str::FromStr,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use sqlx::{
    PgConnection, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use accounts::{AccountRecord, KeyRow, KeyUse, NewKey, OwnedKey, Refreshed, SessionOwner};
pub use billing::{
    AuditRow, Document, InvoiceRow, Known, OverageRow, PostedPayment, SkuUsage, StatementRow,
    StripeEventRow, SubscriptionRow,
};
pub use commits::Commits;
pub use finality::Unfinalized;
pub(crate) use gateway::{UsageRow, UsageSum};
pub(crate) use ledger::Batches;
pub use look::{Look, PositionNow, Versions};
pub(crate) use model_prices::ModelPriceRow;
pub use prices::{SolPrice, Which};
pub use revenue::RevenueReport;
pub use runs::{FmuRow, NewPayment, NewRun, PaymentRow, RunRow};
pub(crate) use runs::{RunOrder, Visited};
pub use series::{Given, PoolAt};
pub use step::{
    AccountKind, AccountRow, Batch, CursorRow, DistributionRow, EventRow, Place, PoolYieldRow,
    PositionRow, Progress, StakePointRow, TransactionRow,
};
pub use systems::{
    AlertEventRow, Attempt, DeliveryRow, DueDelivery, NewPoint, PointPlace, PointQuery, PointRow,
    Recording, RecordingEnd, SystemRow, WebhookRow,
};
pub use totals::Totals;
pub use usage::{PricedEvent, RecordError, Recorded};
pub use views::{DistributionPage, StakePoint};
pub use wallet::EventPage;

/// How long a statement waits for another process that writes an SQLite file, and a request for a free
/// connection. Longer than any write here takes.
const WAIT: Duration = Duration::from_secs(10);

/// How long a write to SQLite waits for its turn: for all that came before it, on a disk that may stall.
const TURN: Duration = Duration::from_secs(30);

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or cannot be reached.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("database schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address names no database known here.
    #[error("database url must begin with sqlite: or postgres:")]
    UnknownScheme,
    /// The address names no file: each connection would have a database of its own.
    #[error("an SQLite database must be a file that stays: sqlite:primis.sqlite?mode=rwc, for one")]
    InMemory,
    /// A number does not fit the database's 64 signed bits.
    #[error("{0} does not fit the database's 64-bit integers")]
    OutOfRange(&'static str),
    /// A row holds what this version never wrote.
    #[error("the database holds an unreadable {0}: was it written by a newer version?")]
    Corrupt(&'static str),
    /// Storing took longer than the settlement grace; nothing was stored.
    #[error("the database took longer than the settlement grace; nothing was stored")]
    TooSlow,
    /// Another indexer changed the vault's state since it was read.
    #[error("another indexer went ahead: its state is read again")]
    Overtaken,
}

/// Connections to either database.
#[derive(Clone, Debug)]
enum Db {
    /// One connection writes, for SQLite takes one writer at a time. It gives whoever waits for a lock no turn: who
    /// asks again at the right moment has it, and beside busy writers others wait in vain. The pool of the
    /// one connection serves in the order of asking. Connections that read cannot write.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    shared: Arc<Shared>,
}

/// What all clones know of each other's work.
#[derive(Debug, Default)]
struct Shared {
    commits: Commits,
    /// Transactions that stored usage.
    usage_writes: AtomicU64,
    settled_usage: Mutex<SettledUsage>,
    windows: ledger::KnownWindows,
}

/// What [`on_db!`] and [`write_db!`] do: on SQLite with the connections that `$which` names.
macro_rules! with_pool {
    ($store:expr, $which:ident, |$pool:ident $(: $kind:ident)?| $body:block) => {
        match &$store.db {
            crate::store::Db::Sqlite { $which: $pool, .. } => {
                $(type $kind = sqlx::Sqlite;)?
                $body
            }
            crate::store::Db::Postgres($pool) => {
                $(type $kind = sqlx::Postgres;)?
                $body
            }
        }
    };
}

/// Runs the same body, which only reads, on whichever database is open; `$kind` is its sqlx type inside the body.
macro_rules! on_db {
    ($store:expr, $($body:tt)+) => {
        crate::store::with_pool!($store, read, $($body)+)
    };
}

/// As [`on_db!`], for a body that writes. It must not ask for a second connection that writes: on SQLite there
/// is one.
macro_rules! write_db {
    ($store:expr, $($body:tt)+) => {
        crate::store::with_pool!($store, write, $($body)+)
    };
}
use usage_count::SettledUsage;
use {on_db, with_pool, write_db};

impl Store {
    /// Connects to `sqlite:…` or `postgres:…` and brings the schema up to date.
    ///
    /// # Errors
    /// If the address is unknown, the database cannot be reached, or its schema is newer.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let db = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                if url.contains(":memory:") || url.contains("mode=memory") {
                    return Err(StoreError::InMemory);
                }
                let options = SqliteConnectOptions::from_str(url)?
                    .journal_mode(SqliteJournalMode::Wal)
                    // With WAL a power cut loses no committed transaction only if each is synced.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(WAIT);
                let write = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(TURN)
                    .connect_with(options.clone())
                    .await?;
                sqlx::migrate!("migrations/sqlite").run(&write).await?;
                let read = SqlitePoolOptions::new()
                    .max_connections(max_connections)
                    .acquire_timeout(WAIT)
                    .connect_with(options.pragma("query_only", "ON"))
                    .await?;
                Db::Sqlite { read, write }
            }
            Some("postgres" | "postgresql") => {
                let pool = PgPoolOptions::new()
                    .max_connections(max_connections)
                    .acquire_timeout(WAIT)
                    .after_release(|connection, _| Box::pin(left_clean(connection)))
                    .connect(url)
                    .await?;
                sqlx::migrate!("migrations/postgres").run(&pool).await?;
                Db::Postgres(pool)
            }
            _ => return Err(StoreError::UnknownScheme),
        };
        Ok(Self {
            db,
            shared: Arc::default(),
        })
    }

    /// Answers if the database does.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_db!(self, |pool| {
            sqlx::query("SELECT 1").execute(pool).await?;
        });
        Ok(())
    }

    /// What this process commits of the chain.
    pub fn commits(&self) -> &Commits {
        &self.shared.commits
    }

    /// Closes every connection once its work is done.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    /// Opens a transaction that will write. SQLite takes the write lock at once: a transaction
    /// that reads first and writes later is refused if another wrote in between.
    fn begin_write(&self) -> &'static str {
        match self.db {
            Db::Sqlite { .. } => "BEGIN IMMEDIATE",
            Db::Postgres(_) => "BEGIN",
        }
    }
}

/// Ends a transaction that whoever had the connection left open; it goes on to the next one then.
///
/// sqlx 0.9.0 does not know of a transaction whose `BEGIN` was under way when its request was dropped, and hands
/// the connection on: what came next would be answered as written and never committed. Where there is none,
/// this is one of nothing.
async fn left_clean(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("BEGIN; ROLLBACK").execute(connection).await?;
    Ok(true)
}

/// A `u64` as the database keeps it.
fn signed(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange(what))
}

/// A number the database kept, as it was.
fn unsigned(number: i64, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt(what))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::future::join_all;
    use sqlx::Connection;

    use super::*;

    /// Where another process has an SQLite file for a while, writes are done after it in the order of asking, and
    /// who reads is not kept.
    #[tokio::test]
    async fn writes_take_turns() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("primis.sqlite");
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let store = Store::open(&url, 8).await.unwrap();
        let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let other = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

        let done = RefCell::new(Vec::new());
        let write = async |number: i64| {
            let is_first = store.spend_nonce(&number.to_string(), i64::MAX).await;
            assert!(is_first.unwrap());
            done.borrow_mut().push(number);
        };
        let read = async {
            for account in ["alice", "bob"] {
                store.balance(account).await.unwrap();
            }
            assert!(done.borrow().is_empty());
            other.rollback().await.unwrap();
        };
        tokio::join!(join_all((0..40).map(write)), read);
        assert_eq!(done.into_inner(), (0..40).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_reads_cannot_write() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", directory.path().join("a").display());
        let store = Store::open(&url, 1).await.unwrap();
        let Db::Sqlite { read, .. } = &store.db else {
            panic!("{:?}", store.db)
        };
        let refused = sqlx::query("DELETE FROM spent_nonces").execute(read).await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    }

    #[tokio::test]
    async fn a_database_in_memory_is_refused() {
        for url in ["sqlite::memory:", "sqlite://?mode=memory"] {
            let refused = Store::open(url, 1).await.unwrap_err();
            assert!(matches!(refused, StoreError::InMemory), "{refused}");
        }
    }
}
