//! The ledger's rows: read under their locks, and written, in one transaction for a whole batch of requests.
//!
//! Locks are taken in one order, windows, holds, balances, each sorted, so that no two processes wait for
//! each other in a circle. What is about a customer's money waits for that customer's balance.

mod keys;
mod sql;
mod write;

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{Store, StoreError, on_db};
use crate::{
    clock::Clock,
    platform::ledger::{Balance, ExpiredHold, HoldRow, HoldState, Op, Settled, State},
};
use keys::Keys;
use sql::Statements;

impl Store {
    /// Reads what `ops` are about under its locks, has it decided, and writes what changed: all or nothing,
    /// within `longest`, so that nothing settles in a time that was reported.
    ///
    /// # Errors
    /// If the database fails or is too slow, or another process wrote the same row first: it may be tried
    /// again.
    pub(crate) async fn ledger_step<T>(
        &self,
        ops: &[Op],
        clock: &dyn Clock,
        longest: Duration,
        decide: impl FnOnce(&mut State) -> T,
    ) -> Result<T, StoreError> {
        let now = clock.now_unix();
        let mut keys = Keys::of(ops, now);
        let statements = Statements::of(&self.db);
        let mut state = State {
            now,
            ..State::default()
        };
        let decided = on_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let began = Instant::now();
            if !keys.windows.is_empty() {
                let rows = sqlx::query_as(AssertSqlSafe(statements.windows.as_str()))
                    .bind(names(
                        keys.windows
                            .iter()
                            .map(|(name, length, at)| json!([name, length, at, 0])),
                    ))
                    .fetch_all(&mut *tx)
                    .await?;
                read_windows(&mut state, rows)?;
            }
            if !keys.holds.is_empty() {
                let rows = sqlx::query_as(AssertSqlSafe(statements.holds.as_str()))
                    .bind(names(&keys.holds))
                    .fetch_all(&mut *tx)
                    .await?;
                read_holds(&mut state, &mut keys, rows)?;
            }
            if !keys.accounts.is_empty() {
                let balances = || AssertSqlSafe(statements.balances.as_str());
                let accounts = names(&keys.accounts);
                let mut rows = sqlx::query_as(balances())
                    .bind(&accounts)
                    .fetch_all(&mut *tx)
                    .await?;
                if rows.len() < keys.accounts.len() {
                    // A row that is not there cannot be locked.
                    let zero = keys.accounts.iter().map(|account| json!([account, 0, 0]));
                    sqlx::query(AssertSqlSafe(statements.open.as_str()))
                        .bind(names(zero))
                        .execute(&mut *tx)
                        .await?;
                    rows = sqlx::query_as(balances())
                        .bind(&accounts)
                        .fetch_all(&mut *tx)
                        .await?;
                }
                read_balances(&mut state, rows);
            }
            if state
                .holds
                .values()
                .any(|hold| hold.state == HoldState::Settled)
            {
                let rows = sqlx::query_as(AssertSqlSafe(statements.settled.as_str()))
                    .bind(names(&keys.holds))
                    .fetch_all(&mut *tx)
                    .await?;
                read_settled(&mut state, rows);
            }
            if !keys.postings.is_empty() {
                let rows = sqlx::query_as(AssertSqlSafe(statements.postings.as_str()))
                    .bind(names(&keys.postings))
                    .fetch_all(&mut *tx)
                    .await?;
                read_postings(&mut state, rows);
            }
            let mut settled_at = now;
            if keys.settles {
                let (reported_to,): (i64,) = sqlx::query_as(statements.watermark)
                    .fetch_one(&mut *tx)
                    .await?;
                settled_at = now.max(reported_to);
            }
            let decided = decide(&mut state);
            for (sql, rows) in write::rows(statements, &state, settled_at) {
                sqlx::query(AssertSqlSafe(sql))
                    .bind(rows)
                    .execute(&mut *tx)
                    .await?;
            }
            if began.elapsed() >= longest {
                tx.rollback().await?;
                return Err(StoreError::TooSlow);
            }
            tx.commit().await?;
            if !state.changes.usage.is_empty() {
                self.shared.usage_writes.fetch_add(1, Ordering::Release);
            }
            decided
        });
        Ok(decided)
    }

    /// An account's balance; zero where there is none.
    pub(crate) async fn balance(&self, account: &str) -> Result<Balance, StoreError> {
        let row: Option<(i64, i64)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT balance_nano_usd, held_nano_usd FROM balances WHERE account = $1",
            )
            .bind(account)
            .fetch_optional(pool)
            .await?
        });
        let (balance_nano_usd, held_nano_usd) = row.unwrap_or_default();
        Ok(Balance {
            balance_nano_usd,
            held_nano_usd,
        })
    }

    /// Holds that nobody ended before `now`, the oldest first.
    pub(crate) async fn expired_holds(
        &self,
        now: i64,
        limit: u32,
    ) -> Result<Vec<ExpiredHold>, StoreError> {
        let rows: Vec<(String, String, i64, String)> = on_db!(self, |pool| {
            sqlx::query_as(
                "SELECT id, account, amount_nano_usd, context FROM holds \
                 WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2",
            )
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        });
        Ok(rows
            .into_iter()
            .map(|(id, account, amount_nano_usd, context)| ExpiredHold {
                id,
                account,
                amount_nano_usd,
                context,
            })
            .collect())
    }

    /// Forgets windows that ended before `before`, Unix seconds; how many.
    pub(crate) async fn forget_windows(&self, before: i64) -> Result<u64, StoreError> {
        let forgotten = on_db!(self, |pool| {
            sqlx::query("DELETE FROM rate_windows WHERE starts_at + window_seconds <= $1")
                .bind(before)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(forgotten)
    }
}

/// The parameter of a statement about several rows.
fn names(rows: impl IntoIterator<Item = impl serde::Serialize>) -> String {
    let rows: Vec<serde_json::Value> = rows.into_iter().map(|row| json!(row)).collect();
    serde_json::Value::Array(rows).to_string()
}

fn read_windows(state: &mut State, rows: Vec<(String, i64, i64, i64)>) -> Result<(), StoreError> {
    for (name, length, starts_at, used) in rows {
        let length = u32::try_from(length).map_err(|_| StoreError::Corrupt("window's length"))?;
        state.windows.insert((name, length, starts_at), used);
    }
    Ok(())
}

/// Also says whose balances they are about.
fn read_holds(
    state: &mut State,
    keys: &mut Keys,
    rows: Vec<(String, String, i64, String)>,
) -> Result<(), StoreError> {
    for (id, account, amount_nano_usd, name) in rows {
        keys.accounts.insert(account.clone());
        let hold = HoldRow {
            account,
            amount_nano_usd,
            state: HoldState::named(&name).ok_or(StoreError::Corrupt("state of a hold"))?,
        };
        state.holds.insert(id, hold);
    }
    Ok(())
}

fn read_balances(state: &mut State, rows: Vec<(String, i64, i64)>) {
    for (account, balance_nano_usd, held_nano_usd) in rows {
        let balance = Balance {
            balance_nano_usd,
            held_nano_usd,
        };
        state.balances.insert(account, balance);
    }
}

fn read_settled(state: &mut State, rows: Vec<(String, i64, i64, i64, i64)>) {
    for (id, list_nano_usd, discount_nano_usd, charge_nano_usd, loss_nano_usd) in rows {
        let settled = Settled {
            duplicate: false,
            list_nano_usd,
            discount_nano_usd,
            charge_nano_usd,
            loss_nano_usd,
        };
        state.settled.insert(id, settled);
    }
}

fn read_postings(state: &mut State, rows: Vec<(String, String, i64)>) {
    for (id, digest, short_nano_usd) in rows {
        state.postings.insert(id, (digest, short_nano_usd));
    }
}
