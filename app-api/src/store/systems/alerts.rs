//! Alert rules with their state, and what happened to them.

use super::{Store, StoreError, on_db, write_db};
use crate::platform::systems::{AlertState, Condition, Rule};

pub(super) const RULES: &str = "SELECT id, metric, condition, threshold, consecutive, state, run, seen_at, \
     created_at FROM alert_rules WHERE system = $1 ORDER BY id";

/// A row of a rule.
pub(super) type RuleRow = (String, String, String, f64, i64, String, i64, i64, i64);

/// What happened to a rule.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AlertEventRow {
    /// `alev_…`.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// Its state since.
    pub state: String,
    /// What was measured.
    pub value: f64,
    /// When it was measured, Unix seconds.
    pub at: i64,
    /// When it came, Unix seconds.
    pub created_at: i64,
}

pub(super) fn rule(row: RuleRow) -> Result<Rule, StoreError> {
    let (id, metric, condition, threshold, consecutive, state, run, seen_at, created_at) = row;
    Ok(Rule {
        id,
        metric,
        condition: Condition::named(&condition).ok_or(StoreError::Corrupt("alert condition"))?,
        threshold,
        consecutive,
        state: AlertState::named(&state).ok_or(StoreError::Corrupt("alert state"))?,
        run,
        seen_at,
        created_at,
    })
}

/// Shows a system's rules the points of a batch, in the order of their time, and stores what changed. The
/// lock on the system has batches come one after the other.
macro_rules! evaluate_in {
    ($tx:ident, $place:ident, $points:expr, $notices:ident) => {{
        let (system, system_name, now) = $place;
        let rows: Vec<crate::store::systems::alerts::RuleRow> =
            sqlx::query_as(crate::store::systems::alerts::RULES)
                .bind(system)
                .fetch_all(&mut *$tx)
                .await?;
        for row in rows {
            let mut rule = crate::store::systems::alerts::rule(row)?;
            let before = rule.clone();
            for crossing in rule.take_all($points) {
                sqlx::query(
                    "INSERT INTO alert_events (id, system, rule, state, value, at, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(crate::platform::id::new("alev"))
                .bind(system)
                .bind(&rule.id)
                .bind(crossing.state.name())
                .bind(crossing.value)
                .bind(crossing.at)
                .bind(now)
                .execute(&mut *$tx)
                .await?;
                $notices.push(crate::platform::systems::Notice::alert(
                    system,
                    system_name,
                    &rule,
                    crossing,
                ));
            }
            if rule != before {
                sqlx::query(
                    "UPDATE alert_rules SET state = $2, run = $3, seen_at = $4 WHERE id = $1",
                )
                .bind(&rule.id)
                .bind(rule.state.name())
                .bind(rule.run)
                .bind(rule.seen_at)
                .execute(&mut *$tx)
                .await?;
            }
        }
    }};
}
pub(super) use evaluate_in;

impl Store {
    /// Adds a rule to an account's system: `None`: it has no such system; `false`: that has `most` rules.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_rule(
        &self,
        account: &str,
        system: &str,
        rule: &Rule,
        most: i64,
    ) -> Result<Option<bool>, StoreError> {
        // The lock has rules come one after the other.
        let lock = format!(
            "SELECT created_at FROM systems WHERE id = $1 AND account = $2{}",
            self.for_update()
        );
        write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let found: Option<(i64,)> = sqlx::query_as(sqlx::AssertSqlSafe(lock))
                .bind(system)
                .bind(account)
                .fetch_optional(&mut *tx)
                .await?;
            if found.is_none() {
                return Ok(None);
            }
            let (rules,): (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM alert_rules WHERE system = $1")
                    .bind(system)
                    .fetch_one(&mut *tx)
                    .await?;
            if rules >= most {
                return Ok(Some(false));
            }
            sqlx::query(
                "INSERT INTO alert_rules (id, system, metric, condition, threshold, consecutive, state, \
                 run, seen_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(&rule.id)
            .bind(system)
            .bind(&rule.metric)
            .bind(rule.condition.name())
            .bind(rule.threshold)
            .bind(rule.consecutive)
            .bind(rule.state.name())
            .bind(rule.run)
            .bind(rule.seen_at)
            .bind(rule.created_at)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        });
        Ok(Some(true))
    }

    /// A system's rules.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn rules(&self, system: &str) -> Result<Vec<Rule>, StoreError> {
        let rows: Vec<RuleRow> = on_db!(self, |pool| {
            sqlx::query_as(RULES).bind(system).fetch_all(pool).await?
        });
        rows.into_iter().map(rule).collect()
    }

    /// Deletes a rule of a system; `false`: it has none of this id. What happened stays.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete_rule(&self, system: &str, id: &str) -> Result<bool, StoreError> {
        let deleted = write_db!(self, |pool| {
            sqlx::query("DELETE FROM alert_rules WHERE system = $1 AND id = $2")
                .bind(system)
                .bind(id)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(deleted == 1)
    }

    /// What happened to a system's rules, the newest first, before the id `before`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn alert_events(
        &self,
        system: &str,
        from: i64,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AlertEventRow>, StoreError> {
        on_db!(self, |pool| {
            Ok(sqlx::query_as(
                "SELECT id, rule, state, value, at, created_at FROM alert_events \
                 WHERE system = $1 AND created_at >= $2 AND ($3 = '' OR id < $3) \
                 ORDER BY id DESC LIMIT $4",
            )
            .bind(system)
            .bind(from)
            .bind(before.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?)
        })
    }
}
