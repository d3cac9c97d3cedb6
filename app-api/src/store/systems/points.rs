//! Measurements, read back.

use super::{Store, StoreError, on_db};

/// A measurement.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct PointRow {
    /// When it was measured, Unix seconds.
    pub at: i64,
    /// Its place among those of the same second.
    pub id: String,
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
}

/// A place in a list of measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointPlace {
    /// The second.
    pub at: i64,
    /// The id within it.
    pub id: String,
}

/// Which measurements are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointQuery {
    /// Of this name alone.
    pub name: Option<String>,
    /// From this second on.
    pub from: i64,
    /// Before this second.
    pub to: i64,
    /// Before this place.
    pub before: Option<PointPlace>,
    /// At most.
    pub limit: u32,
}

impl Store {
    /// A system's measurements, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn points(
        &self,
        system: &str,
        query: &PointQuery,
    ) -> Result<Vec<PointRow>, StoreError> {
        let of_name = if query.name.is_some() {
            " AND name = $7"
        } else {
            " AND $7 = ''"
        };
        let select = format!(
            "SELECT at, id, name, value FROM metric_points WHERE system = $1 AND at >= $2 AND at < $3 \
             AND (at < $4 OR at = $4 AND id < $5){of_name} ORDER BY at DESC, id DESC LIMIT $6"
        );
        let start = PointPlace {
            at: i64::MAX,
            id: String::new(),
        };
        let before = query.before.as_ref().unwrap_or(&start);
        on_db!(self, |pool| {
            Ok(sqlx::query_as(sqlx::AssertSqlSafe(select))
                .bind(system)
                .bind(query.from)
                .bind(query.to)
                .bind(before.at)
                .bind(&before.id)
                .bind(i64::from(query.limit))
                .bind(query.name.as_deref().unwrap_or_default())
                .fetch_all(pool)
                .await?)
        })
    }
}
