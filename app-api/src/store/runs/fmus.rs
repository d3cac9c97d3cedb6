//! Units that were uploaded.

use sqlx::FromRow;

use crate::store::{Store, StoreError, on_db, write_db};

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FmuRow {
    /// `fmu_…`.
    pub id: String,
    /// Its archive.
    pub sha256: String,
    /// The account; empty: whoever knows the id.
    pub owner: String,
    /// Size of the archive.
    pub bytes: i64,
    /// What it says of itself, JSON.
    pub unit: String,
    /// When it came first, Unix seconds.
    pub created_at: i64,
    /// Until when it is kept, Unix seconds; the largest number: always.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a unit, where its owner does not exceed `most` bytes by it; whether it is kept.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn keep_fmu(&self, fmu: &FmuRow, most: i64) -> Result<bool, StoreError> {
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query(
                "INSERT INTO fmus (id, sha256, owner, bytes, unit, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
            )
            .bind(&fmu.id)
            .bind(&fmu.sha256)
            .bind(&fmu.owner)
            .bind(fmu.bytes)
            .bind(&fmu.unit)
            .bind(fmu.created_at)
            .bind(fmu.expires_at)
            .execute(&mut *tx)
            .await?;
            // Two at the same time may both pass: the bound keeps a disk from filling, not a cent.
            let (stored,): (i64,) = sqlx::query_as(
                "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM fmus WHERE owner = $1",
            )
            .bind(&fmu.owner)
            .fetch_one(&mut *tx)
            .await?;
            if stored > most {
                tx.rollback().await?;
                return Ok(false);
            }
            tx.commit().await?;
            Ok(true)
        })
    }

    /// A unit that `owner` may use.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn fmu(
        &self,
        id: &str,
        owner: &str,
        now: i64,
    ) -> Result<Option<FmuRow>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, sha256, owner, bytes, unit, created_at, expires_at FROM fmus \
                 WHERE id = $1 AND (owner = $2 OR owner = '') AND expires_at > $3",
            )
            .bind(id)
            .bind(owner)
            .bind(now)
            .fetch_optional(pool)
            .await?)
        })
    }

    /// Forgets the units whose time is over; the archives they leave that nobody else has.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn forget_fmus(&self, now: i64) -> Result<Vec<String>, StoreError> {
        write_db!(self, |pool| {
            let gone: Vec<(String,)> =
                sqlx::query_as("DELETE FROM fmus WHERE expires_at < $1 RETURNING sha256")
                    .bind(now)
                    .fetch_all(pool)
                    .await?;
            let mut alone = Vec::new();
            for (sha256,) in gone {
                let (used,): (i64,) = sqlx::query_as(
                    "SELECT (SELECT COUNT(*) FROM fmus WHERE sha256 = $1) + (SELECT COUNT(*) FROM runs \
                     WHERE sha256 = $1 AND state IN ('queued', 'running'))",
                )
                .bind(&sha256)
                .fetch_one(pool)
                .await?;
                if used == 0 {
                    alone.push(sha256);
                }
            }
            Ok(alone)
        })
    }
}
