//! The database: SQLite on one machine, Postgres where several replicas share it. The statements
//! are the same; queries are written once and run on either through [`on_db!`].
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

/// How long a statement waits for another writer of an SQLite file, and a request for a free
/// connection. Longer than any write here takes.
const WAIT: Duration = Duration::from_secs(10);

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

/// A pool of connections to either database.
#[derive(Clone, Debug)]
enum Db {
    Sqlite(SqlitePool),
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

/// Runs the same body on whichever database is open; `$kind` is its sqlx type inside the body.
macro_rules! on_db {
    ($store:expr, |$pool:ident: $kind:ident| $body:block) => {
        match &$store.db {
            crate::store::Db::Sqlite($pool) => {
                type $kind = sqlx::Sqlite;
                $body
            }
            crate::store::Db::Postgres($pool) => {
                type $kind = sqlx::Postgres;
                $body
            }
        }
    };
    ($store:expr, |$pool:ident| $body:block) => {
        match &$store.db {
            crate::store::Db::Sqlite($pool) => $body,
            crate::store::Db::Postgres($pool) => $body,
        }
    };
}
use on_db;
use usage_count::SettledUsage;

impl Store {
    /// Connects to `sqlite:…` or `postgres:…` and brings the schema up to date.
    ///
    /// # Errors
    /// If the address is unknown, the database cannot be reached, or its schema is newer.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let db = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url)?
                    .journal_mode(SqliteJournalMode::Wal)
                    // With WAL a power cut loses no committed transaction only if each is synced.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(WAIT);
                let pool = SqlitePoolOptions::new()
                    .max_connections(max_connections)
                    .acquire_timeout(WAIT)
                    .connect_with(options)
                    .await?;
                sqlx::migrate!("migrations/sqlite").run(&pool).await?;
                Db::Sqlite(pool)
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
        on_db!(self, |pool| { pool.close().await });
    }

    /// Opens a transaction that will write. SQLite takes the write lock at once: a transaction
    /// that reads first and writes later is refused if another wrote in between.
    fn begin_write(&self) -> &'static str {
        match self.db {
            Db::Sqlite(_) => "BEGIN IMMEDIATE",
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
