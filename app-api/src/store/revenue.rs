//! The revenue report of metered events and of the ledger: sums over settled time that never change once they were told.

use super::{Store, StoreError, unsigned, write_db};

/// Sums of the events that settled in a window, nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevenueReport {
    /// How many.
    pub usage_events: u64,
    /// What customers were charged.
    pub gross_nano_usd: i64,
    /// Of it, paid back or never paid.
    pub refunds_nano_usd: i64,
    /// Of it, paid by the subsidy pool.
    pub subsidy_nano_usd: i64,
    /// What providers are paid for it.
    pub provider_cost_nano_usd: i64,
    /// The platform's fee: its revenue.
    pub fee_nano_usd: i64,
}

impl Store {
    /// Sums the events settled in `[from, to)`, Unix seconds, and keeps any later event out of it.
    ///
    /// Raising the watermark waits for every transaction that has read the old one, so the sum,
    /// taken after it, sees all of them; whoever reads the new one settles at `to` or later. This
    /// holds whatever the clocks of the replicas do.
    ///
    /// # Errors
    /// If the database fails or a sum exceeds 64 bits.
    pub async fn report_revenue(&self, from: i64, to: i64) -> Result<RevenueReport, StoreError> {
        let row: (i64, i64, i64, i64, i64, i64) = write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            sqlx::query("UPDATE settlement SET reported_to = $1 WHERE id = 1 AND reported_to < $1")
                .bind(to)
                .execute(&mut *tx)
                .await?;
            let row = sqlx::query_as(
                "SELECT CAST(COALESCE(SUM(events), 0) AS BIGINT), \
                 CAST(COALESCE(SUM(gross), 0) AS BIGINT), CAST(COALESCE(SUM(refunds), 0) AS BIGINT), \
                 CAST(COALESCE(SUM(subsidy), 0) AS BIGINT), CAST(COALESCE(SUM(cost), 0) AS BIGINT), \
                 CAST(COALESCE(SUM(fee), 0) AS BIGINT) FROM ( \
                 SELECT COUNT(*) AS events, SUM(charge_nano_usd) AS gross, 0 AS refunds, 0 AS subsidy, \
                 SUM(provider_cost_nano_usd) AS cost, SUM(fee_nano_usd) AS fee \
                 FROM usage_events WHERE settled_at >= $1 AND settled_at < $2 \
                 UNION ALL SELECT COUNT(CASE kind WHEN 'usage' THEN 1 END), SUM(gross_nano_usd), \
                 SUM(refunds_nano_usd), SUM(subsidy_nano_usd), SUM(provider_cost_nano_usd), SUM(fee_nano_usd) \
                 FROM postings WHERE settled_at >= $1 AND settled_at < $2) AS settled",
            )
            .bind(from)
            .bind(to)
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            row
        });
        let (
            count,
            gross_nano_usd,
            refunds_nano_usd,
            subsidy_nano_usd,
            provider_cost_nano_usd,
            fee_nano_usd,
        ) = row;
        Ok(RevenueReport {
            usage_events: unsigned(count, "number of usage events")?,
            gross_nano_usd,
            refunds_nano_usd,
            subsidy_nano_usd,
            provider_cost_nano_usd,
            fee_nano_usd,
        })
    }
}
