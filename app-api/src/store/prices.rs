//! What a SOL cost. No chain can give these back, so a rebuild keeps them.

use sqlx::QueryBuilder;

use super::{Store, StoreError, on_db, signed, unsigned, write_db};

/// A price of SOL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolPrice {
    /// When it was published, Unix seconds.
    pub published_at: i64,
    /// Nano-USD for one SOL.
    pub nano_usd_per_sol: u64,
}

/// Which of several prices is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// The newest.
    Newest,
}

impl Store {
    /// Keeps a price.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep_price(&self, price: SolPrice) -> Result<(), StoreError> {
        let nano_usd = signed(price.nano_usd_per_sol, "price")?;
        write_db!(self, |pool| {
            sqlx::query(
                "INSERT INTO sol_prices (published_at, nano_usd_per_sol) VALUES ($1, $2) \
                 ON CONFLICT (published_at) DO NOTHING",
            )
            .bind(price.published_at)
            .bind(nano_usd)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// For each span the first, or the newest, price published after its begin and not after its end,
    /// Unix seconds.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn prices_in(
        &self,
        spans: &[(i64, i64)],
        which: Which,
    ) -> Result<Vec<Option<SolPrice>>, StoreError> {
        let order = match which {
            Which::First => "ASC",
            Which::Newest => "DESC",
        };
        let mut found = vec![None; spans.len()];
        let numbered: Vec<_> = (0i64..).zip(spans).collect();
        for chunk in numbered.chunks(super::series::LOOKUPS) {
            let rows: Vec<(i64, i64, i64)> = on_db!(self, |pool: Database| {
                let mut select = QueryBuilder::<Database>::new("");
                for (n, (from, to)) in chunk {
                    super::series::begin_lookup(&mut select, *n, "published_at, nano_usd_per_sol");
                    select
                        .push(" FROM sol_prices WHERE published_at > ")
                        .push_bind(*from)
                        .push(" AND published_at <= ")
                        .push_bind(*to)
                        .push(" ORDER BY published_at ")
                        .push(order)
                        .push(" LIMIT 1) AS found");
                }
                select.build_query_as().fetch_all(pool).await?
            });
            for (n, published_at, nano_usd) in rows {
                let price = SolPrice {
                    published_at,
                    nano_usd_per_sol: unsigned(nano_usd, "price")?,
                };
                let slot = usize::try_from(n).ok().and_then(|n| found.get_mut(n));
                if let Some(slot) = slot {
                    *slot = Some(price);
                }
            }
        }
        Ok(found)
    }
}
