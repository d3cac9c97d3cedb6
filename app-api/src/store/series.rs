//! Sums at many times at once. Each time is one step into an index, so that years of history cost no
//! more than days; the steps of a page share a few statements.

use std::collections::{BTreeSet, HashMap};

use sqlx::QueryBuilder;

use super::{
    DistributionRow, StakePoint, Store, StoreError, on_db, signed, unsigned,
    views::{POINT_COLUMNS, point},
};

/// Steps of one statement.
pub(super) const LOOKUPS: usize = 100;

/// A pool's stake at a time: address and Unix seconds.
pub type PoolAt = (String, i64);

/// What a distribution gave, to all stakers or to those of one pool, with the sums up to and with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Unix second its interval began.
    pub interval_from: i64,
    /// Unix second it ended.
    pub interval_to: i64,
    /// Given to stakers.
    pub stakers_lamports: u64,
    /// Given to stakers by this and all before it.
    pub cumulative_stakers_lamports: u64,
    /// Distributed in all; 0 where the part of a pool is told.
    pub amount_lamports: u64,
    /// Distributed by this and all before it.
    pub cumulative_amount_lamports: u64,
    /// How many there were, with this one.
    pub number: u64,
}

impl From<DistributionRow> for Given {
    fn from(row: DistributionRow) -> Self {
        Self {
            interval_from: row.interval_from,
            interval_to: row.interval_to,
            stakers_lamports: row.stakers_lamports,
            cumulative_stakers_lamports: row.cumulative_stakers_lamports,
            amount_lamports: row.amount_lamports,
            cumulative_amount_lamports: row.cumulative_amount_lamports,
            number: row.number,
        }
    }
}

/// A [`StakePoint`] as the database keeps it, led by the number of its lookup.
type NumberedPoint = (i64, i64, i64, i64, i64, String, i16, String);

/// [`Given`] as the database keeps it.
type GivenColumns = (i64, i64, i64, i64, i64, i64, i64, i64);

const OF_ALL: &str = "interval_from, interval_to, stakers_lamports, cumulative_stakers_lamports, \
     amount_lamports, cumulative_amount_lamports, number";
/// Of the part of a pool.
const OF_POOL: &str = "interval_from, interval_to, stakers_lamports, cumulative_stakers_lamports, \
     CAST(0 AS BIGINT) AS amount_lamports, CAST(0 AS BIGINT) AS cumulative_amount_lamports, number";

fn given(columns: GivenColumns) -> Result<(i64, Given), StoreError> {
    let (n, interval_from, interval_to, stakers, sum, amount, amounts, ordinal) = columns;
    let number = |n| unsigned(n, "distribution");
    let given = Given {
        interval_from,
        interval_to,
        stakers_lamports: number(stakers)?,
        cumulative_stakers_lamports: number(sum)?,
        amount_lamports: number(amount)?,
        cumulative_amount_lamports: number(amounts)?,
        number: number(ordinal)?,
    };
    Ok((n, given))
}

/// Begins the next of several lookups in one statement; its rows are led by `n`.
pub(super) fn begin_lookup<Database: sqlx::Database>(
    select: &mut QueryBuilder<Database>,
    n: i64,
    columns: &str,
) {
    if !select.sql().as_str().is_empty() {
        select.push(" UNION ALL ");
    }
    // The number is written out: it is ours.
    select.push(format!(
        "SELECT * FROM (SELECT CAST({n} AS BIGINT) AS n, {columns}"
    ));
}

/// Looks in a statement for distributions of a source, or a pool's part of them, as [`GivenColumns`] led by
/// `$n`; which, and in which order, is for what follows to say.
macro_rules! given_of {
    ($select:ident, $n:expr, $vault:expr, $pool:expr, $source:expr) => {{
        begin_lookup(&mut $select, $n, $pool.map_or(OF_ALL, |_| OF_POOL));
        match $pool {
            None => $select.push(" FROM distributions WHERE vault = "),
            Some(pool) => $select
                .push(" FROM pool_yields WHERE pool = ")
                .push_bind(pool)
                .push(" AND vault = "),
        };
        $select
            .push_bind($vault)
            .push(" AND source = ")
            .push_bind($source)
    }};
}

impl Store {
    /// The newest stake point of each pool that is not later than each of `times`, Unix seconds;
    /// without those that have none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn stake_points_at(
        &self,
        vault: &str,
        pools: &[String],
        times: &BTreeSet<i64>,
    ) -> Result<HashMap<PoolAt, StakePoint>, StoreError> {
        let wanted: Vec<(&String, i64)> = pools
            .iter()
            .flat_map(|pool| times.iter().map(move |at| (pool, *at)))
            .collect();
        let mut found = HashMap::new();
        for chunk in wanted.chunks(LOOKUPS) {
            let rows: Vec<NumberedPoint> = on_db!(self, |connections: Database| {
                let mut select = QueryBuilder::<Database>::new("");
                for (n, (pool, at)) in (0i64..).zip(chunk) {
                    begin_lookup(&mut select, n, POINT_COLUMNS);
                    select
                            .push(" FROM stake_points WHERE vault = ")
                            .push_bind(vault)
                            .push(" AND pool = ")
                            .push_bind(pool.as_str())
                            .push(" AND at <= ")
                            .push_bind(*at)
                            .push(
                                " ORDER BY at DESC, slot DESC, slot_order DESC, event_index DESC LIMIT 1) AS found",
                            );
                }
                select.build_query_as().fetch_all(connections).await?
            });
            for (n, at, units, price, value, cumulative, retired, earning) in rows {
                let asked = usize::try_from(n).ok().and_then(|n| chunk.get(n));
                if let Some((pool, time)) = asked {
                    let columns = (at, units, price, value, cumulative, retired, earning);
                    found.insert(((*pool).clone(), *time), point(columns)?);
                }
            }
        }
        Ok(found)
    }

    /// For each of `times`, Unix seconds, the first distribution of a source that ends after it, or
    /// else the newest; the part of one pool, if one is named.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn given_around(
        &self,
        vault: &str,
        pool: Option<&str>,
        source: u64,
        times: &BTreeSet<i64>,
    ) -> Result<HashMap<i64, Given>, StoreError> {
        let Some(newest) = self.edge_given(vault, pool, source, "DESC").await? else {
            return Ok(HashMap::new());
        };
        let mut found: HashMap<i64, Given> = times.iter().map(|at| (*at, newest)).collect();
        let wanted: Vec<i64> = times
            .iter()
            .copied()
            .filter(|at| *at < newest.interval_to)
            .collect();
        let source = signed(source, "source")?;
        for chunk in wanted.chunks(LOOKUPS) {
            let rows: Vec<GivenColumns> = on_db!(self, |connections: Database| {
                let mut select = QueryBuilder::<Database>::new("");
                for (n, at) in (0i64..).zip(chunk) {
                    given_of!(select, n, vault, pool, source)
                        .push(" AND interval_to > ")
                        .push_bind(*at)
                        .push(" ORDER BY interval_to LIMIT 1) AS found");
                }
                select.build_query_as().fetch_all(connections).await?
            });
            for row in rows {
                let (n, given) = given(row)?;
                if let Some(at) = usize::try_from(n).ok().and_then(|n| chunk.get(n)) {
                    found.insert(*at, given);
                }
            }
        }
        Ok(found)
    }

    /// The first distribution of a source, or a pool's part of it, and the newest.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn given_first_and_newest(
        &self,
        vault: &str,
        pool: Option<&str>,
        source: u64,
    ) -> Result<Option<(Given, Given)>, StoreError> {
        let first = self.edge_given(vault, pool, source, "ASC").await?;
        let newest = self.edge_given(vault, pool, source, "DESC").await?;
        Ok(first.zip(newest))
    }

    /// A pool's newest part of a distribution of a source.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn newest_pool_yield(
        &self,
        vault: &str,
        pool: &str,
        source: u64,
    ) -> Result<Option<Given>, StoreError> {
        self.edge_given(vault, Some(pool), source, "DESC").await
    }

    async fn edge_given(
        &self,
        vault: &str,
        pool: Option<&str>,
        source: u64,
        order: &str,
    ) -> Result<Option<Given>, StoreError> {
        let source = signed(source, "source")?;
        let row: Option<GivenColumns> = on_db!(self, |connections: Database| {
            let mut select = QueryBuilder::<Database>::new("");
            given_of!(select, 0, vault, pool, source)
                .push(format!(" ORDER BY interval_to {order} LIMIT 1) AS found"));
            select.build_query_as().fetch_optional(connections).await?
        });
        row.map(|row| given(row).map(|(_, given)| given))
            .transpose()
    }

    /// At most `limit` intervals of a source that end before `before`, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn intervals(
        &self,
        vault: &str,
        source: u64,
        before: i64,
        limit: u32,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let source = signed(source, "source")?;
        Ok(on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT interval_from, interval_to FROM distributions \
                 WHERE vault = $1 AND source = $2 AND interval_to < $3 ORDER BY interval_to DESC LIMIT $4",
            )
            .bind(vault)
            .bind(source)
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        }))
    }

    /// When the first stake of these pools is told of, Unix seconds.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn first_stake_at(
        &self,
        vault: &str,
        pools: &[String],
    ) -> Result<Option<i64>, StoreError> {
        let mut first = None;
        for address in pools {
            let row: Option<(i64,)> = on_db!(self, |pool| {
                sqlx::query_as(
                    "SELECT at FROM stake_points WHERE vault = $1 AND pool = $2 ORDER BY at LIMIT 1",
                )
                .bind(vault)
                .bind(address.as_str())
                .fetch_optional(pool)
                .await?
            });
            let at = row.map(|(at,)| at);
            first = [first, at].into_iter().flatten().min();
        }
        Ok(first)
    }
}
