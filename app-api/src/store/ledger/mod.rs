//! The ledger's rows: read under their locks, and written, in one transaction for a whole batch of requests.
//!
//! Locks are taken in one order, windows, holds, balances, each sorted, so that no two processes wait for
//! each other in a circle. What is about a customer's money waits for that customer's balance.

mod keys;
mod parts;
mod quick;
mod sql;
mod windows;
mod write;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{Db, Store, StoreError, on_db, write_db};
use crate::{
    clock::Clock,
    platform::ledger::{
        Answer, Balance, ExpiredHold, HoldRow, HoldState, LedgerError, Op, Settled, State,
    },
};
use keys::Keys;
use quick::{AtOnce, Memory};
use sql::Statements;
pub(super) use windows::KnownWindows;

/// How requests of a batch ended, in its order.
type Decided = Vec<Result<Answer, LedgerError>>;

/// Writes batches of one process, one after the other.
#[derive(Debug)]
pub(crate) struct Batches {
    store: Store,
    memory: Arc<Memory>,
    at_once: AtOnce,
}

impl Batches {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            memory: Arc::default(),
            at_once: AtOnce::default(),
        }
    }

    /// Writes others at the same time, where the database takes that; both remember the same.
    pub(crate) fn beside(&self) -> Option<Self> {
        matches!(self.store.db, Db::Postgres(_)).then(|| Self {
            store: self.store.clone(),
            memory: Arc::clone(&self.memory),
            at_once: AtOnce::default(),
        })
    }

    /// Has what `ops` are about decided by what is remembered of it, and writes what changed: all or nothing,
    /// never into a time that was reported. `None` where that cannot be done like this, or a request would
    /// be refused: of a refusal nothing is written that could tell whether what it is made of has changed.
    pub(crate) async fn at_once(
        &mut self,
        ops: &[Op],
        clock: &dyn Clock,
        decide: impl Fn(&mut State) -> Decided,
    ) -> Option<Decided> {
        let Db::Postgres(pool) = &self.store.db else {
            return None;
        };
        if !self.at_once.is_worth_it() {
            return None;
        }
        let now = clock.now_unix();
        let mut recalled = self.memory.recall(ops, &Keys::of(ops, now), now)?;
        let decided = decide(&mut recalled.state);
        if decided.iter().any(Result::is_err) {
            return None;
        }
        let settled_at = recalled.reported_to.map_or(now, |to| now.max(to));
        if let Err(error) = self.at_once.write(pool, &recalled, settled_at).await {
            // Under locks it is told what is wrong, if anything is.
            tracing::debug!(%error, "a batch is written under locks");
            return None;
        }
        self.store.wrote(&recalled.state);
        self.memory.moved(recalled);
        metrics::counter!("primis_ledger_batches_total", "how" => "at_once").increment(1);
        Some(decided)
    }

    /// Has what `ops` are about decided by what is stored, and writes what changed: all or nothing, never into
    /// a time that was reported.
    ///
    /// # Errors
    /// If the database fails or is too slow, or another process wrote the same row first: it may be tried
    /// again.
    pub(crate) async fn under_locks(
        &self,
        ops: &[Op],
        clock: &dyn Clock,
        longest: Duration,
        decide: impl Fn(&mut State) -> Decided,
    ) -> Result<Decided, StoreError> {
        let now = clock.now_unix();
        let stepped = self
            .store
            .ledger_step(Keys::of(ops, now), now, longest, decide);
        let (decided, state, reported_to) = stepped.await?;
        metrics::counter!("primis_ledger_batches_total", "how" => "under_locks").increment(1);
        if matches!(self.store.db, Db::Postgres(_)) {
            self.memory.learn(state, reported_to);
        }
        Ok(decided)
    }
}

impl Store {
    /// Reads what `ops` are about under its locks, has it decided, and writes what changed: all or nothing,
    /// within `longest`, so that nothing settles in a time that was reported. Answers also what is known then.
    async fn ledger_step(
        &self,
        mut keys: Keys,
        now: i64,
        longest: Duration,
        decide: impl Fn(&mut State) -> Decided,
    ) -> Result<(Decided, State, Option<i64>), StoreError> {
        let statements = Statements::of(&self.db);
        let mut state = State {
            now,
            ..State::default()
        };
        let mut reported_to = None;
        let decided = write_db!(self, |pool| {
            let mut tx = pool.begin_with(self.begin_write()).await?;
            let began = Instant::now();
            let unknown = self.shared.windows.unknown(&keys.windows);
            if !unknown.is_empty() {
                // A row that is not there cannot be locked.
                let zero = unknown
                    .iter()
                    .map(|(name, length, at)| json!([name, length, at, 0]));
                sqlx::query(AssertSqlSafe(statements.open_windows.as_str()))
                    .bind(names(zero))
                    .execute(&mut *tx)
                    .await?;
            }
            let (sql, parameters) = reading(statements, &keys);
            if !sql.is_empty() {
                let mut read = sqlx::query_as(AssertSqlSafe(sql));
                for parameter in parameters {
                    read = read.bind(parameter);
                }
                let rows: Vec<Row> = read.fetch_all(&mut *tx).await?;
                reported_to = take_in(&mut state, &mut keys, rows)?;
            }
            if state.windows.len() < keys.windows.len() {
                self.shared.windows.forget();
                return Err(StoreError::Corrupt("count of requests"));
            }
            if state.balances.len() < keys.accounts.len() {
                // Neither can one of a balance.
                let zero = keys.accounts.iter().map(|account| json!([account, 0, 0]));
                sqlx::query(AssertSqlSafe(statements.open.as_str()))
                    .bind(names(zero))
                    .execute(&mut *tx)
                    .await?;
                let [_, _, balances, _] = &statements.parts;
                let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(balances.as_str()))
                    .bind(names(&keys.accounts))
                    .bind(names(&keys.holds))
                    .fetch_all(&mut *tx)
                    .await?;
                take_in(&mut state, &mut keys, rows)?;
            }
            let gone = |id: &&String| !state.holds.contains_key(*id);
            let gone: Vec<&String> = keys.holds.iter().filter(gone).collect();
            if !gone.is_empty() {
                // Asked after their locks: one that was waited for has its line by now.
                let rows = sqlx::query_as(AssertSqlSafe(statements.settled.as_str()))
                    .bind(names(gone))
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
            let settled_at = reported_to.map_or(now, |reported_to| now.max(reported_to));
            let decided = decide(&mut state);
            for (sql, rows) in writing(statements, write::rows(statements, &state, settled_at)) {
                let mut write = sqlx::query(AssertSqlSafe(sql));
                for rows in rows {
                    write = write.bind(rows);
                }
                write.execute(&mut *tx).await?;
            }
            if began.elapsed() >= longest {
                tx.rollback().await?;
                return Err(StoreError::TooSlow);
            }
            tx.commit().await?;
            self.shared.windows.know(unknown);
            self.wrote(&state);
            decided
        });
        Ok((decided, state, reported_to))
    }

    /// Tells others in this process what was committed.
    fn wrote(&self, state: &State) {
        if !state.changes.usage.is_empty() {
            self.shared.usage_writes.fetch_add(1, Ordering::Release);
        }
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
        let forgotten = write_db!(self, |pool| {
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

/// What locks and reads all that a batch is about, and its parameters; nothing where it is about nothing.
fn reading(statements: &Statements, keys: &Keys) -> (String, Vec<String>) {
    let [windows, holds, balances, watermark] = &statements.parts;
    let (mut parts, mut parameters) = (Vec::new(), Vec::new());
    if !keys.windows.is_empty() {
        parts.push((windows.as_str(), 1));
        parameters.push(names(&keys.windows));
    }
    if !keys.holds.is_empty() {
        parts.push((holds.as_str(), 1));
        parameters.push(names(&keys.holds));
    }
    if !keys.holds.is_empty() || !keys.accounts.is_empty() {
        parts.push((balances.as_str(), 2));
        parameters.extend([names(&keys.accounts), names(&keys.holds)]);
    }
    if keys.settles {
        parts.push((watermark.as_str(), 0));
    }
    (sql::union(&parts), parameters)
}

/// Statements with their rows as they are run: all as one where the database takes that.
fn writing(
    statements: &Statements,
    rows: Vec<(&'static str, String)>,
) -> Vec<(String, Vec<String>)> {
    if !statements.writes_at_once || rows.len() < 2 {
        let one = |(sql, rows): (&str, String)| (sql.to_owned(), vec![rows]);
        return rows.into_iter().map(one).collect();
    }
    let (all, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    vec![(sql::at_once(&all), rows)]
}

/// A row of any part: the part's number, names and numbers.
type Row = (i64, String, String, String, i64, i64, i64);

/// Also says whose balances it is about; answers the end of the last reported window, where it was read.
fn take_in(state: &mut State, keys: &mut Keys, rows: Vec<Row>) -> Result<Option<i64>, StoreError> {
    let mut reported_to = None;
    for (part, name, account, hold_state, x, y, z) in rows {
        match part {
            0 => {
                let length =
                    u32::try_from(x).map_err(|_| StoreError::Corrupt("window's length"))?;
                state.windows.insert((name, length, y), z);
            }
            1 => {
                keys.accounts.insert(account.clone());
                let hold = HoldRow {
                    account,
                    amount_nano_usd: x,
                    state: HoldState::named(&hold_state)
                        .ok_or(StoreError::Corrupt("state of a hold"))?,
                };
                state.holds.insert(name, hold);
            }
            2 => {
                let balance = Balance {
                    balance_nano_usd: x,
                    held_nano_usd: y,
                };
                state.balances.insert(name, balance);
            }
            _ => reported_to = Some(x),
        }
    }
    Ok(reported_to)
}

/// A line's name, its account, what was held, and who paid what.
type SettledRow = (String, String, i64, i64, i64, i64, i64);

fn read_settled(state: &mut State, rows: Vec<SettledRow>) {
    for (
        id,
        account,
        amount_nano_usd,
        list_nano_usd,
        discount_nano_usd,
        charge_nano_usd,
        loss_nano_usd,
    ) in rows
    {
        let hold = HoldRow {
            account,
            amount_nano_usd,
            state: HoldState::Settled,
        };
        state.holds.insert(id.clone(), hold);
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
