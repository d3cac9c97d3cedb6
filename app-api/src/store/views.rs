//! What the statistics read.

use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Vault},
};

use super::{AccountKind, DistributionRow, Place, Store, StoreError, on_db, signed, unsigned};

/// The value staked in a pool from `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakePoint {
    /// From when, Unix seconds.
    pub at: i64,
    /// Its units.
    pub units: u64,
    /// Lamports for 1,000,000,000 of them.
    pub price: u64,
    /// Its value.
    pub value_lamports: u64,
    /// Its integral up to `at`, lamport-seconds.
    pub cumulative: u128,
    /// It takes no part in yield.
    pub retired: bool,
    /// The integral of what took part.
    pub earning_cumulative: u128,
}

impl StakePoint {
    /// Stake times the time that it took part in yield, up to `at`, lamport-seconds; `at` is no
    /// earlier than the point.
    pub fn earning_until(&self, at: i64) -> u128 {
        let seconds = if self.retired {
            0
        } else {
            at.abs_diff(self.at)
        };
        let since = u128::from(self.value_lamports).saturating_mul(u128::from(seconds));
        self.earning_cumulative.saturating_add(since)
    }
}

/// [`StakePoint`] as the database keeps it.
pub(super) type PointColumns = (i64, i64, i64, i64, String, i16, String);

pub(super) const POINT_COLUMNS: &str =
    "at, units, price, value_lamports, cumulative, retired, earning_cumulative";

pub(super) fn point(columns: PointColumns) -> Result<StakePoint, StoreError> {
    const WHAT: &str = "stake point";
    let (at, units, price, value, cumulative, retired, earning) = columns;
    let big = |text: String| text.parse().map_err(|_| StoreError::Corrupt(WHAT));
    Ok(StakePoint {
        at,
        units: unsigned(units, WHAT)?,
        price: unsigned(price, WHAT)?,
        value_lamports: unsigned(value, WHAT)?,
        cumulative: big(cumulative)?,
        retired: retired != 0,
        earning_cumulative: big(earning)?,
    })
}

/// Distributions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionPage {
    /// At most as many as were asked for.
    pub rows: Vec<DistributionRow>,
    /// There are older ones.
    pub more: bool,
}

type Raw = (
    String,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    Vec<u8>,
    i64,
    i64,
    i64,
);

const DISTRIBUTION_COLUMNS: &str = "signature, event_index, slot, slot_order, source, interval_from, interval_to, \
     stakers_lamports, cumulative_stakers_lamports, data, amount_lamports, cumulative_amount_lamports, number";

fn distribution(raw: Raw) -> Result<DistributionRow, StoreError> {
    let (
        signature,
        event_index,
        slot,
        slot_order,
        source,
        interval_from,
        interval_to,
        stakers,
        cumulative,
        data,
        amount,
        cumulative_amount,
        ordinal,
    ) = raw;
    let number = |n| unsigned(n, "distribution");
    Ok(DistributionRow {
        signature,
        place: Place {
            slot: number(slot)?,
            slot_order: number(slot_order)?,
            event_index: number(event_index)?,
        },
        source: number(source)?,
        interval_from,
        interval_to,
        stakers_lamports: number(stakers)?,
        cumulative_stakers_lamports: number(cumulative)?,
        amount_lamports: number(amount)?,
        cumulative_amount_lamports: number(cumulative_amount)?,
        number: number(ordinal)?,
        data,
    })
}

/// The place that the rows of a page lie before, as the database compares it.
pub(super) fn before(place: Option<Place>) -> Result<[i64; 3], StoreError> {
    let place = place.unwrap_or(Place {
        slot: i64::MAX.unsigned_abs(),
        slot_order: 0,
        event_index: 0,
    });
    Ok([
        signed(place.slot, "slot")?,
        signed(place.slot_order, "slot order")?,
        signed(place.event_index, "event index")?,
    ])
}

impl Store {
    /// The vault as it was last read; `None` before that.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn vault(&self, vault: &str) -> Result<Option<Vault>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT data FROM accounts WHERE address = $1 AND kind = $2")
                .bind(vault)
                .bind(AccountKind::Vault.name())
                .fetch_optional(pool)
                .await?
        });
        row.map(|(data,)| Vault::parse(&data).map_err(|_| StoreError::Corrupt("vault")))
            .transpose()
    }

    /// The vault's pools with their addresses, in order of index.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn pools(&self, vault: &str) -> Result<Vec<(String, Pool)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = on_db!(self, |pool| {
            sqlx::query_as("SELECT address, data FROM accounts WHERE vault = $1 AND kind = $2")
                .bind(vault)
                .bind(AccountKind::Pool.name())
                .fetch_all(pool)
                .await?
        });
        let mut pools = rows
            .into_iter()
            .map(|(address, data)| {
                Ok((
                    address,
                    Pool::parse(&data).map_err(|_| StoreError::Corrupt("pool"))?,
                ))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        pools.sort_by_key(|(_, pool)| pool.index);
        Ok(pools)
    }

    /// Owners with units in the vault.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn staker_count(&self, vault: &str) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT COUNT(DISTINCT owner) FROM positions WHERE vault = $1 AND units > 0",
            )
            .bind(vault)
            .fetch_one(pool)
            .await?
        });
        unsigned(count, "number of stakers")
    }

    /// Distributions older than `before`, or the newest, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn distributions(
        &self,
        vault: &str,
        before: Option<Place>,
        limit: u32,
    ) -> Result<DistributionPage, StoreError> {
        let before = self::before(before)?;
        // One more than asked for tells whether there are more.
        let fetched = i64::from(limit).saturating_add(1);
        let sql = format!(
            "SELECT {DISTRIBUTION_COLUMNS} FROM distributions \
             WHERE vault = $1 AND (slot, slot_order, event_index) < ($2, $3, $4) \
             ORDER BY slot DESC, slot_order DESC, event_index DESC LIMIT $5"
        );
        let raws: Vec<Raw> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(before[0])
                .bind(before[1])
                .bind(before[2])
                .bind(fetched)
                .fetch_all(pool)
                .await?
        });
        let mut rows = raws
            .into_iter()
            .map(distribution)
            .collect::<Result<Vec<_>, _>>()?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        Ok(DistributionPage { rows, more })
    }

    /// The first distribution of a source that ends after `at`, or else its newest.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn distribution_around(
        &self,
        vault: &str,
        source: u64,
        at: i64,
    ) -> Result<Option<DistributionRow>, StoreError> {
        let source = signed(source, "source")?;
        let after = format!(
            "SELECT {DISTRIBUTION_COLUMNS} FROM distributions WHERE vault = $1 AND source = $2 AND interval_to > $3 \
             ORDER BY interval_to LIMIT 1"
        );
        let raw: Option<Raw> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(after))
                .bind(vault)
                .bind(source)
                .bind(at)
                .fetch_optional(pool)
                .await?
        });
        match raw {
            Some(raw) => distribution(raw).map(Some),
            None => self.edge_distribution(vault, source, "DESC").await,
        }
    }

    /// The first distribution of a source.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn first_distribution(
        &self,
        vault: &str,
        source: u64,
    ) -> Result<Option<DistributionRow>, StoreError> {
        self.edge_distribution(vault, signed(source, "source")?, "ASC")
            .await
    }

    async fn edge_distribution(
        &self,
        vault: &str,
        source: i64,
        order: &str,
    ) -> Result<Option<DistributionRow>, StoreError> {
        let sql = format!(
            "SELECT {DISTRIBUTION_COLUMNS} FROM distributions WHERE vault = $1 AND source = $2 \
             ORDER BY interval_to {order} LIMIT 1"
        );
        let raw: Option<Raw> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(source)
                .fetch_optional(pool)
                .await?
        });
        raw.map(distribution).transpose()
    }

    /// The newest stake point of a pool that is not later than `at`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn stake_point_at(
        &self,
        vault: &str,
        pool_address: &str,
        at: i64,
    ) -> Result<Option<StakePoint>, StoreError> {
        let sql = format!(
            "SELECT {POINT_COLUMNS} FROM stake_points WHERE vault = $1 AND pool = $2 AND at <= $3 \
             ORDER BY at DESC, slot DESC, slot_order DESC, event_index DESC LIMIT 1"
        );
        let row: Option<PointColumns> = on_db!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(vault)
                .bind(pool_address)
                .bind(at)
                .fetch_optional(pool)
                .await?
        });
        row.map(point).transpose()
    }
}
