//! The ledger on both databases: holds, charges and postings happen once, and the books agree.

mod asked;
mod concurrent;
mod documented;
mod dropped;
mod limited;
mod migrated;
mod remembered;
mod subsidy;

use std::{sync::Arc, time::Duration};

use primis_app_api::platform::ledger::{
    Book, Ledger, NewHold, Posted, Posting, Reported, Revenue, Settlement, Short, UsageLine,
};

use crate::support::{
    database::{Kind, TestStore, open},
    server::ManualClock,
};

pub const NOW: i64 = 1_800_000_000;

/// A ledger, and others beside it on the same database.
pub struct Books {
    pub store: TestStore,
    pub clock: ManualClock,
    pub ledger: Ledger,
}

impl Books {
    pub async fn new(kind: Kind) -> Self {
        let store = open(kind).await;
        let clock = ManualClock::at(NOW);
        let ledger = beside(&store, &clock);
        Self {
            store,
            clock,
            ledger,
        }
    }

    /// As another process has it.
    pub fn beside(&self) -> Ledger {
        beside(&self.store, &self.clock)
    }

    pub async fn top_up(&self, account: &str, amount: i64) -> Posted {
        let posting = top_up(&format!("top_up:{account}:{amount}"), account, amount);
        self.ledger.post(posting).await.unwrap()
    }

    /// Balance, and what of it is held.
    pub async fn of(&self, account: &str) -> (i64, i64) {
        let balance = self.ledger.balance(account).await.unwrap();
        (balance.balance_nano_usd, balance.held_nano_usd)
    }

    /// Everything agrees: each posting sums to zero, balances are what the entries say, what is held is
    /// what open holds say, and the report is what the books of revenue say.
    pub async fn agree(&self) {
        let rows = |sql: &'static str| self.store.rows(sql);
        self.store.is_balanced().await;
        let entries = rows(
            "SELECT CASE book WHEN 'subsidy' THEN book ELSE SUBSTR(book, 10) END, \
             CAST(-SUM(amount_nano_usd) AS BIGINT) FROM entries \
             WHERE book = 'subsidy' OR book LIKE 'customer:%' GROUP BY book \
             HAVING SUM(amount_nano_usd) <> 0 ORDER BY 1",
        );
        let balances = rows(
            "SELECT account, balance_nano_usd FROM balances WHERE balance_nano_usd <> 0 ORDER BY 1",
        );
        assert_eq!(balances.await, entries.await);
        let held =
            rows("SELECT account, held_nano_usd FROM balances WHERE held_nano_usd <> 0 ORDER BY 1");
        let holds = rows(
            "SELECT account, CAST(SUM(amount_nano_usd) AS BIGINT) FROM holds WHERE state = 'held' \
             GROUP BY account HAVING SUM(amount_nano_usd) <> 0 ORDER BY 1",
        );
        assert_eq!(held.await, holds.await);
        let uncovered = rows(
            "SELECT id, charge_nano_usd FROM usage_lines WHERE charge_nano_usd > held_nano_usd \
             OR id IN (SELECT id FROM holds)",
        );
        assert_eq!(uncovered.await, []);
        let booked = rows(
            "SELECT 'kept', CAST(COALESCE(-SUM(amount_nano_usd), 0) AS BIGINT) FROM entries \
             WHERE book LIKE 'revenue:%' OR book = 'loss'",
        );
        let reported = rows(
            "SELECT 'kept', CAST(COALESCE(SUM(gross_nano_usd - refunds_nano_usd), 0) AS BIGINT) FROM postings",
        );
        assert_eq!(booked.await, reported.await);
    }
}

fn beside(store: &TestStore, clock: &ManualClock) -> Ledger {
    // No test waits for a machine that others use too.
    let longest = Duration::from_secs(60);
    Ledger::new(store.store.clone(), Arc::new(clock.clone()), longest)
}

pub fn top_up(id: &str, account: &str, amount: i64) -> Posting {
    Posting {
        id: id.into(),
        kind: "top_up",
        entries: vec![
            (Book::Stripe, amount),
            (Book::Customer(account.into()), -amount),
        ],
        short: Short::Refuse,
        reported: Reported::default(),
        reference: "{}".into(),
    }
}

pub fn subsidize(id: &str, amount: i64) -> Posting {
    Posting {
        entries: vec![(Book::ProviderPayable, amount), (Book::Subsidy, -amount)],
        kind: "subsidy",
        ..top_up(id, "", 0)
    }
}

/// Money taken back by a bank.
pub fn taken_back(id: &str, account: &str, amount: i64) -> Posting {
    Posting {
        entries: vec![
            (Book::Stripe, -amount),
            (Book::Customer(account.into()), amount),
        ],
        kind: "dispute",
        short: Short::Loss,
        ..top_up(id, "", 0)
    }
}

pub fn hold(id: &str, account: &str, amount: i64) -> NewHold {
    NewHold {
        id: id.into(),
        fresh: true,
        account: account.into(),
        amount_nano_usd: amount,
        expires_at: NOW + 600,
        context: r#"{"upstream":"a \"name\""}"#.into(),
        limits: Vec::new(),
    }
}

/// As somebody asks who may have asked before.
pub fn hold_again(id: &str, account: &str, amount: i64) -> NewHold {
    NewHold {
        fresh: false,
        ..hold(id, account, amount)
    }
}

pub fn charge(list: i64, cost: i64, subsidy_bps: u64) -> Settlement {
    Settlement {
        list_nano_usd: list,
        provider_cost_nano_usd: cost,
        fee_bps: 1_000,
        subsidy_bps,
        revenue: Revenue::Gateway,
        usage: UsageLine {
            kind: "chat",
            key_id: Some("key_1".into()),
            sku: "small".into(),
            detail: r#"{"promptTokens":3}"#.into(),
            estimated: false,
        },
    }
}
