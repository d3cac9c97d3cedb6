//! The same test on both databases.

use std::path::Path;

use primis_app_api::store::Store;
use sqlx::migrate::Migrator;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An empty store.
pub struct TestStore {
    pub store: Store,
    pub url: String,
    _dir: Option<TempDir>,
}

impl TestStore {
    /// Does to the database what only an operator, or another version, does.
    pub async fn execute(&self, sql: &'static str) {
        if self.url.starts_with("postgres") {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> String {
        if self.url.starts_with("postgres") {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            let tables: Vec<(String,)> = sqlx::query_as(
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
            )
            .fetch_all(&pool)
            .await
            .unwrap();
            let mut rows = String::new();
            for (table,) in tables {
                let select = format!("SELECT row_to_json(t)::text FROM {table} t");
                let found: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(select))
                    .fetch_all(&pool)
                    .await
                    .unwrap();
                rows.extend(found.into_iter().map(|(row,)| format!("{table} {row}\n")));
            }
            return rows;
        }
        let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
        let columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT m.name, group_concat('quote(' || i.name || ')', ' || '' '' || ') \
             FROM sqlite_schema m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' GROUP BY m.name",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        let mut rows = String::new();
        for (table, columns) in columns {
            let select = format!("SELECT {columns} FROM {table}");
            let found: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(select))
                .fetch_all(&pool)
                .await
                .unwrap();
            rows.extend(found.into_iter().map(|(row,)| format!("{table} {row}\n")));
        }
        rows
    }

    /// Rows of a name and a number.
    pub async fn rows(&self, sql: &'static str) -> Vec<(String, i64)> {
        if self.url.starts_with("postgres") {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&pool).await.unwrap()
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&pool).await.unwrap()
        }
    }

    /// Each posting of the ledger sums to zero.
    pub async fn is_balanced(&self) {
        let unbalanced = self.rows(
            "SELECT posting, CAST(SUM(amount_nano_usd) AS BIGINT) FROM entries GROUP BY posting \
             HAVING SUM(amount_nano_usd) <> 0",
        );
        assert_eq!(unbalanced.await, []);
    }

    /// The database goes away under whoever uses it.
    pub async fn lose(&self) {
        if self.url.starts_with("postgres") {
            super::postgres::drop_database(&self.url).await;
        } else {
            // The file of an open database cannot be taken away; the connections can.
            self.store.close().await;
        }
    }
}

pub async fn open(kind: Kind) -> TestStore {
    let (url, dir) = place(kind).await;
    TestStore {
        store: Store::open(&url, 8).await.unwrap(),
        url,
        _dir: dir,
    }
}

/// A store that an older version left, with these rows in it, as this version finds it; and rows of a name and
/// a number as the older one told them.
pub async fn open_older(
    kind: Kind,
    newest_migration: i64,
    rows: &'static str,
    told: &'static str,
) -> (TestStore, Vec<(String, i64)>) {
    let (url, dir) = place(kind).await;
    let folder = match kind {
        Kind::Sqlite => "migrations/sqlite",
        Kind::Postgres => "migrations/postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut migrator = Migrator::new(folder).await.unwrap();
    let older = migrator.migrations.to_mut();
    older.retain(|migration| migration.version <= newest_migration);
    let before = match kind {
        Kind::Sqlite => {
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            migrator.run(&pool).await.unwrap();
            sqlx::raw_sql(rows).execute(&pool).await.unwrap();
            sqlx::query_as(told).fetch_all(&pool).await.unwrap()
        }
        Kind::Postgres => {
            let pool = sqlx::PgPool::connect(&url).await.unwrap();
            migrator.run(&pool).await.unwrap();
            sqlx::raw_sql(rows).execute(&pool).await.unwrap();
            sqlx::query_as(told).fetch_all(&pool).await.unwrap()
        }
    };
    let store = TestStore {
        store: Store::open(&url, 8).await.unwrap(),
        url,
        _dir: dir,
    };
    (store, before)
}

/// Where a new database is.
async fn place(kind: Kind) -> (String, Option<TempDir>) {
    match kind {
        Kind::Sqlite => {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("primis.sqlite");
            (format!("sqlite://{}?mode=rwc", file.display()), Some(dir))
        }
        Kind::Postgres => (super::postgres::new_database(false).await, None),
    }
}

/// Makes a test for each database of `async fn name(kind: Kind)`.
macro_rules! on_both_databases {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(crate::support::database::Kind::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(crate::support::database::Kind::Postgres).await; })+
        }
    };
}
pub(crate) use on_both_databases;
