//! What a batch changed, as rows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sql::Statements;
use crate::platform::ledger::{HoldState, NewPosting, NewUsage, State};

/// Statements to run, each with its rows; those without rows are left out.
pub(super) fn rows(
    statements: &'static Statements,
    state: &State,
    settled_at: i64,
) -> Vec<(&'static str, String)> {
    let changes = &state.changes;
    let windows = changes.windows.iter().filter_map(|key| {
        let used = state.windows.get(key)?;
        Some(json!([key.0, key.1, key.2, used]))
    });
    let balances = changes.balances.iter().filter_map(|account| {
        let balance = state.balances.get(account)?;
        Some(json!([
            account,
            balance.balance_nano_usd,
            balance.held_nano_usd
        ]))
    });
    // Those that ended at once are written as they ended.
    let new_holds = changes.new_holds.iter().filter_map(|hold| {
        let row = state.holds.get(&hold.id)?;
        (row.state != HoldState::Settled).then(|| {
            json!([
                hold.id,
                hold.account,
                hold.amount_nano_usd,
                row.state.name(),
                state.now,
                hold.expires_at,
                hold.context
            ])
        })
    });
    let new: BTreeSet<&str> = changes
        .new_holds
        .iter()
        .map(|hold| hold.id.as_str())
        .collect();
    let ended = |as_what| {
        let ended = changes.ended.iter();
        let of = ended.filter(|(id, state)| **state == as_what && !new.contains(id.as_str()));
        of.map(|(id, _)| json!(id)).collect::<Vec<Value>>()
    };
    let postings = changes.postings.iter().map(|new| posting(new, settled_at));
    let entries = changes.postings.iter().flat_map(|new| {
        (0u32..)
            .zip(&new.posting.entries)
            .map(|(line, (book, amount))| json!([new.posting.id, line, book.name(), amount]))
    });
    let usage = changes.usage.iter().map(|line| usage(line, settled_at));
    let all: [(&'static str, Vec<Value>); 8] = [
        (&statements.put_windows, windows.collect()),
        (&statements.put_balances, balances.collect()),
        (&statements.new_holds, new_holds.collect()),
        (&statements.settle_holds, ended(HoldState::Settled)),
        (&statements.void_holds, ended(HoldState::Voided)),
        (&statements.new_postings, postings.collect()),
        (&statements.new_entries, entries.collect()),
        (&statements.new_usage, usage.collect()),
    ];
    all.into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(sql, rows)| (sql, Value::Array(rows).to_string()))
        .collect()
}

fn posting(new: &NewPosting, settled_at: i64) -> Value {
    let (posting, reported) = (&new.posting, &new.posting.reported);
    json!([
        posting.id,
        posting.kind,
        new.account,
        settled_at,
        reported.gross_nano_usd,
        reported.refunds_nano_usd,
        reported.provider_cost_nano_usd,
        reported.fee_nano_usd,
        reported.subsidy_nano_usd,
        new.short_nano_usd,
        new.digest,
        posting.reference
    ])
}

fn usage(line: &NewUsage, settled_at: i64) -> Value {
    let (usage, settled) = (&line.settlement.usage, &line.settled);
    json!([
        line.id,
        line.account,
        usage.key_id,
        usage.kind,
        usage.sku,
        usage.detail,
        settled.list_nano_usd,
        settled.discount_nano_usd,
        settled.charge_nano_usd,
        settled.loss_nano_usd,
        line.settlement.provider_cost_nano_usd,
        line.fee_nano_usd,
        line.held_nano_usd,
        line.settlement.revenue.book(),
        i64::from(usage.estimated),
        settled_at
    ])
}
