//! A batch in one statement, where this process remembers the rows that it is about: it decides by what it
//! remembers, and writes only if what is stored allows the same.
//!
//! Counts of requests and the subsidy pool must be as remembered, for what is decided tells them. Of a
//! customer's balance it is enough that what is taken is there: a charge is never above its hold, and a hold
//! asks for no more. So holds and ends of holds of one account can be written side by side.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sqlx::{ConnectOptions as _, PgConnection, PgPool};

use super::{keys::Keys, parts::Parts};
use crate::{
    platform::ledger::{Balance, HoldRow, HoldState, Op, SUBSIDY, State, WindowKey},
    store::StoreError,
};

/// Rows of a kind remembered; with more, all are read again.
const MOST: usize = 50_000;
/// Batches written under locks after one whose rows another process had changed: it may go on doing so.
const PAUSE: u32 = 16;

/// Nothing else is of use for rows that are found by their names. A plan is made once and kept, however empty
/// the tables were then.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; SET jit = off";

/// The parts of the statement, in the order in which they lock: windows, holds, balances, the watermark. Each
/// gives a row for each that it may write. Balances come late: others wait for their locks.
const WINDOWS: &str = "UPDATE rate_windows w SET used = n.used \
     FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS n(name, length, starts_at, was, used) \
     WHERE w.name = n.name AND w.window_seconds = n.length AND w.starts_at = n.starts_at AND w.used = n.was RETURNING 1";
/// An open one is all that is not voided; said like this it is not looked for in the index of open ones.
const SETTLED: &str =
    "DELETE FROM holds WHERE id = ANY(?::text[]) AND state <> 'voided' RETURNING 1";
const VOIDED: &str = "UPDATE holds SET state = 'voided' \
     WHERE id = ANY(?::text[]) AND state <> 'voided' RETURNING 1";
/// One that is there, also as a voided one, is refused.
const HELD: &str = "INSERT INTO holds (id, account, amount_nano_usd, state, created_at, expires_at, context) \
     SELECT n.id, n.account, n.amount, 'held', ?::bigint, n.expires_at, n.context \
     FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[]) AS n(id, account, amount, expires_at, context) \
     RETURNING 1";
const USED: &str = "INSERT INTO usage_lines (settled_at, id, account, key_id, kind, sku, detail, list_nano_usd, \
     discount_nano_usd, charge_nano_usd, loss_nano_usd, provider_cost_nano_usd, fee_nano_usd, held_nano_usd, revenue, \
     estimated) \
     SELECT ?::bigint, n.* FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], \
     ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[]) AS n \
     RETURNING 1";
/// What is free is never below zero.
const MOVED: &str = "UPDATE balances b SET balance_nano_usd = b.balance_nano_usd + n.balance, held_nano_usd = b.held_nano_usd + n.held \
     FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[]) AS n(account, balance, held, was) \
     WHERE b.account = n.account AND b.balance_nano_usd + n.balance >= b.held_nano_usd + n.held \
     AND (n.was IS NULL OR b.balance_nano_usd = n.was) RETURNING 1";
const REPORTED: &str = "SELECT 1 FROM settlement WHERE id = 1 AND reported_to = ? FOR SHARE";

/// What this process read or wrote last. Others may have written since.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    balances: HashMap<String, Balance>,
    windows: HashMap<WindowKey, i64>,
    /// Those that are open.
    holds: HashMap<String, HoldRow>,
    reported_to: Option<i64>,
}

/// What a batch is about, as it is remembered; what is decided is put into its state.
pub(super) struct Recalled {
    pub(super) state: State,
    was: Was,
    pub(super) reported_to: Option<i64>,
}

/// Rows before the batch.
struct Was {
    balances: BTreeMap<String, Balance>,
    windows: BTreeMap<WindowKey, i64>,
}

impl Memory {
    /// All that a batch is about; `None` where some of it is not remembered, or not to be relied on.
    pub(super) fn recall(&self, ops: &[Op], keys: &Keys, now: i64) -> Option<Recalled> {
        let known = self.known();
        if !keys.postings.is_empty() || (keys.settles && known.reported_to.is_none()) {
            return None;
        }
        let mut state = State {
            now,
            ..State::default()
        };
        for key in &keys.windows {
            let used = *known.windows.get(key)?;
            state.windows.insert(key.clone(), used);
        }
        let recall = |account: &str, state: &mut State| -> Option<()> {
            if !state.balances.contains_key(account) {
                let balance = *known.balances.get(account)?;
                state.balances.insert(account.to_owned(), balance);
            }
            Some(())
        };
        for op in ops {
            match op {
                // One that may be there is answered by what became of it.
                Op::Hold(hold) if hold.fresh && !known.holds.contains_key(&hold.id) => {
                    recall(&hold.account, &mut state)?;
                }
                Op::Settle(id, _) | Op::Void(id) => {
                    let hold = known.holds.get(id)?;
                    recall(&hold.account, &mut state)?;
                    state.holds.insert(id.clone(), hold.clone());
                }
                Op::Take(_) => {}
                Op::Hold(_) | Op::Post(_) => return None,
            }
        }
        if keys.accounts.contains(SUBSIDY) {
            recall(SUBSIDY, &mut state)?;
        }
        Some(Recalled {
            was: Was {
                balances: state.balances.clone(),
                windows: state.windows.clone(),
            },
            state,
            reported_to: known.reported_to.filter(|_| keys.settles),
        })
    }

    /// Takes in what was read and written under locks.
    pub(super) fn learn(&self, state: State, reported_to: Option<i64>) {
        let mut known = self.known();
        if known.is_full() {
            *known = Known::default();
        }
        known.balances.extend(state.balances);
        known.windows.extend(state.windows);
        known.learn_holds(state.holds);
        known.reported_to = reported_to.or(known.reported_to);
    }

    /// Takes in what was written at once.
    pub(super) fn moved(&self, recalled: Recalled) {
        let mut known = self.known();
        for (account, by) in recalled.moves() {
            // Others may have moved it meanwhile.
            if let Some(balance) = known.balances.get_mut(account) {
                *balance = by.after(*balance);
            }
        }
        let Recalled { state, .. } = recalled;
        known.windows.extend(state.windows);
        known.learn_holds(state.holds);
    }

    /// Nothing panics with the lock held.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_full(&self) -> bool {
        self.balances.len() > MOST || self.windows.len() > MOST || self.holds.len() > MOST
    }

    fn learn_holds(&mut self, holds: impl IntoIterator<Item = (String, HoldRow)>) {
        for (id, hold) in holds {
            if hold.state == HoldState::Held {
                self.holds.insert(id, hold);
            } else {
                self.holds.remove(&id);
            }
        }
    }
}

/// Writes in one statement, on a connection of its own: a transaction of the pool's may not be as clean.
#[derive(Debug, Default)]
pub(super) struct AtOnce {
    connection: Option<PgConnection>,
    /// Batches left that are not tried.
    pause: u32,
}

impl AtOnce {
    /// Whether it is to be tried.
    pub(super) fn is_worth_it(&mut self) -> bool {
        let pauses = self.pause > 0;
        self.pause = self.pause.saturating_sub(1);
        !pauses
    }

    /// Writes what was decided, if it may be.
    ///
    /// # Errors
    /// If something is not as it was remembered, or the database fails. Nothing is known of what was written
    /// where the connection broke.
    pub(super) async fn write(
        &mut self,
        pool: &PgPool,
        recalled: &Recalled,
        settled_at: i64,
    ) -> Result<(), StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(pool).await?,
        };
        let written = recalled.parts(settled_at).run(&mut connection).await;
        match written {
            Ok(()) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                // It said so, and goes on; of any other end nothing is known.
                if error.as_database_error().is_some() {
                    self.connection = Some(connection);
                }
                self.pause = PAUSE;
                Err(error.into())
            }
        }
    }
}

/// By how much a balance changes.
#[derive(Clone, Copy)]
struct Move {
    balance: i64,
    held: i64,
}

impl Move {
    fn after(self, was: Balance) -> Balance {
        Balance {
            balance_nano_usd: was.balance_nano_usd.saturating_add(self.balance),
            held_nano_usd: was.held_nano_usd.saturating_add(self.held),
        }
    }
}

impl Recalled {
    /// By how much each balance changes; by nothing, where what is decided only depends on it.
    fn moves(&self) -> impl Iterator<Item = (&str, Move)> {
        self.state.balances.iter().map(|(account, now)| {
            let was = self.was.balances.get(account).copied().unwrap_or_default();
            let by = Move {
                balance: now.balance_nano_usd.saturating_sub(was.balance_nano_usd),
                held: now.held_nano_usd.saturating_sub(was.held_nano_usd),
            };
            (account.as_str(), by)
        })
    }

    /// What is to be written, and that it may be.
    fn parts(&self, settled_at: i64) -> Parts {
        let (state, was) = (&self.state, &self.was);
        let windows = state.windows.iter();
        let windows = windows.map(|(key, used)| {
            let was = was.windows.get(key).copied().unwrap_or_default();
            (key, was, *used)
        });
        let windows: Vec<_> = windows.collect();
        let moves: Vec<_> = self.moves().collect();
        let ended = state.changes.ended.iter();
        let voided = ended.filter(|(_, state)| **state == HoldState::Voided);
        let voided: Vec<&str> = voided.map(|(id, _)| id.as_str()).collect();
        let holds = &state.changes.new_holds;
        let used = &state.changes.usage;
        let mut parts = Parts::default();
        if !windows.is_empty() {
            parts
                .add(WINDOWS, windows.len())
                .with(column(&windows, |(key, ..)| key.0.as_str()))
                .with(column(&windows, |(key, ..)| i64::from(key.1)))
                .with(column(&windows, |(key, ..)| key.2))
                .with(column(&windows, |(_, was, _)| *was))
                .with(column(&windows, |(.., used)| *used));
        }
        if !used.is_empty() {
            parts
                .add(SETTLED, used.len())
                .with(column(used, |line| line.id.as_str()));
        }
        if !voided.is_empty() {
            parts.add(VOIDED, voided.len()).with(voided);
        }
        if !holds.is_empty() {
            parts
                .add(HELD, holds.len())
                .with(state.now)
                .with(column(holds, |hold| hold.id.as_str()))
                .with(column(holds, |hold| hold.account.as_str()))
                .with(column(holds, |hold| hold.amount_nano_usd))
                .with(column(holds, |hold| hold.expires_at))
                .with(column(holds, |hold| hold.context.as_str()));
        }
        if !used.is_empty() {
            parts
                .add(USED, used.len())
                .with(settled_at)
                .with(column(used, |line| line.id.as_str()))
                .with(column(used, |line| line.account.as_str()))
                .with(column(used, |line| line.settlement.usage.key_id.as_deref()))
                .with(column(used, |line| line.settlement.usage.kind))
                .with(column(used, |line| line.settlement.usage.sku.as_str()))
                .with(column(used, |line| line.settlement.usage.detail.as_str()))
                .with(column(used, |line| line.settled.list_nano_usd))
                .with(column(used, |line| line.settled.discount_nano_usd))
                .with(column(used, |line| line.settled.charge_nano_usd))
                .with(column(used, |line| line.settled.loss_nano_usd))
                .with(column(used, |line| line.settlement.provider_cost_nano_usd))
                .with(column(used, |line| line.fee_nano_usd))
                .with(column(used, |line| line.held_nano_usd))
                .with(column(used, |line| line.settlement.revenue.book()))
                .with(column(used, |line| {
                    i64::from(line.settlement.usage.estimated)
                }));
        }
        if !moves.is_empty() {
            // What the pool gives is told, so it must have been as it was taken to be.
            let was = |account: &str| {
                let pool = was.balances.get(account).filter(|_| account == SUBSIDY);
                pool.map(|pool| pool.balance_nano_usd)
            };
            parts
                .add(MOVED, moves.len())
                .with(column(&moves, |(account, _)| *account))
                .with(column(&moves, |(_, by)| by.balance))
                .with(column(&moves, |(_, by)| by.held))
                .with(column(&moves, |(account, _)| was(account)));
        }
        if let Some(reported_to) = self.reported_to {
            parts.add(REPORTED, 1).with(reported_to);
        }
        parts
    }
}

fn column<'a, T, C>(rows: &'a [T], of: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(of).collect()
}

async fn connect(pool: &PgPool) -> Result<PgConnection, StoreError> {
    let mut connection = pool.connect_options().connect().await?;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
    Ok(connection)
}
