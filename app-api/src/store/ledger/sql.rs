//! The statements. A batch's rows are one parameter, a JSON array: a statement is the same however many rows
//! it is about, and is prepared once. Only how a database unpacks that differs.

use std::sync::LazyLock;

use super::super::Db;

/// Everything that is asked of one of the two databases.
#[derive(Debug)]
pub(super) struct Statements {
    /// Rows of windows that are not there yet.
    pub(super) open_windows: String,
    /// Parts of the one statement that locks and reads, in this order: windows, holds, balances by their
    /// names and balances of holds, the end of the last reported window. A part's rows begin with its number.
    pub(super) parts: [String; 4],
    /// Rows of balances that are not there yet.
    pub(super) open: String,
    /// Whether all that is written can be one statement.
    pub(super) writes_at_once: bool,
    /// Holds that were settled, and how.
    pub(super) settled: String,
    /// Postings that were made.
    pub(super) postings: String,
    pub(super) put_windows: String,
    pub(super) put_balances: String,
    pub(super) new_holds: String,
    pub(super) settle_holds: String,
    pub(super) void_holds: String,
    pub(super) new_postings: String,
    pub(super) new_entries: String,
    pub(super) new_usage: String,
}

/// How a column is unpacked.
#[derive(Clone, Copy)]
enum As {
    Text,
    Number,
}
use As::{Number, Text};

/// What a database says differently.
struct Dialect {
    lock: &'static str,
    share: &'static str,
    unpack: fn(usize, As) -> String,
    rows: &'static str,
    /// A name alone, of an array of names.
    name: &'static str,
    /// Whether a column is one of what a query gives.
    among: fn(&str) -> String,
    writes_at_once: bool,
}

static SQLITE: LazyLock<Statements> = LazyLock::new(|| {
    // The transaction has the whole database.
    Statements::new(&Dialect {
        lock: "",
        share: "",
        unpack: |n, _| format!("value->>{n}"),
        rows: "json_each($1)",
        name: "value",
        among: |query| format!("IN ({query})"),
        // It takes no trip to another process to write, and no statement that writes inside another.
        writes_at_once: false,
    })
});
static POSTGRES: LazyLock<Statements> = LazyLock::new(|| {
    Statements::new(&Dialect {
        lock: " FOR UPDATE",
        share: " FOR SHARE",
        unpack: |n, kind| match kind {
            Text => format!("value->>{n}"),
            Number => format!("(value->>{n})::BIGINT"),
        },
        rows: "jsonb_array_elements($1::jsonb)",
        name: "value #>> '{}'",
        // By the index: the plan of a join is made once and kept, and while a table is new it would read
        // all of it.
        among: |query| format!("= ANY(ARRAY({query}))"),
        writes_at_once: true,
    })
});

impl Statements {
    pub(super) fn of(db: &Db) -> &'static Self {
        match db {
            Db::Sqlite { .. } => &SQLITE,
            Db::Postgres(_) => &POSTGRES,
        }
    }

    fn new(dialect: &Dialect) -> Self {
        let Dialect {
            lock,
            share,
            rows,
            name,
            writes_at_once,
            ..
        } = *dialect;
        let among = dialect.among;
        let named = among(&format!("SELECT {name} FROM {rows}"));
        let insert = |into: &str, columns: &[As]| {
            let values: Vec<String> = columns
                .iter()
                .enumerate()
                .map(|(n, kind)| (dialect.unpack)(n, *kind))
                .collect();
            // Without a condition SQLite takes ON CONFLICT for a join's.
            format!(
                "INSERT INTO {into} SELECT {} FROM {rows} WHERE true",
                values.join(", ")
            )
        };
        let two = |n| (dialect.unpack)(n, Text);
        Self {
            open_windows: format!(
                "{} ON CONFLICT (name, window_seconds, starts_at) DO NOTHING",
                insert(
                    "rate_windows (name, window_seconds, starts_at, used)",
                    &[Text, Number, Number, Number]
                )
            ),
            parts: [
                part(
                    0,
                    ["name", "''", "''"],
                    ["window_seconds", "starts_at", "used"],
                    &format!(
                        "SELECT name, window_seconds, starts_at, used FROM rate_windows \
                         WHERE name {} AND (name, window_seconds, starts_at) IN (SELECT {}, {}, {} FROM {rows}) \
                         ORDER BY name, window_seconds, starts_at{lock}",
                        among(&format!("SELECT {} FROM {rows}", two(0))),
                        two(0),
                        (dialect.unpack)(1, Number),
                        (dialect.unpack)(2, Number)
                    ),
                ),
                part(
                    1,
                    ["id", "account", "state"],
                    ["amount_nano_usd", "0", "0"],
                    &format!(
                        "SELECT id, account, state, amount_nano_usd FROM holds WHERE id {named} \
                         ORDER BY id{lock}"
                    ),
                ),
                // Whose a hold is never changes: it is read without waiting for the hold.
                part(
                    2,
                    ["account", "''", "''"],
                    ["balance_nano_usd", "held_nano_usd", "0"],
                    &format!(
                        "SELECT account, balance_nano_usd, held_nano_usd FROM balances \
                         WHERE account {} ORDER BY account{lock}",
                        among(&format!(
                            "SELECT {name} FROM {rows} UNION SELECT account FROM holds WHERE id {}",
                            named.replace("$1", "$2")
                        ))
                    ),
                ),
                // Kept from rising until the commit.
                part(
                    3,
                    ["''"; 3],
                    ["reported_to", "0", "0"],
                    &format!("SELECT reported_to FROM settlement WHERE id = 1{share}"),
                ),
            ],
            open: format!(
                "{} ON CONFLICT (account) DO NOTHING",
                insert(
                    "balances (account, balance_nano_usd, held_nano_usd)",
                    &[Text, Number, Number]
                )
            ),
            writes_at_once,
            settled: format!(
                "SELECT id, account, held_nano_usd, list_nano_usd, discount_nano_usd, charge_nano_usd, loss_nano_usd \
                 FROM usage_lines WHERE id {named}"
            ),
            postings: format!("SELECT id, digest, short_nano_usd FROM posted WHERE id {named}"),
            put_windows: format!(
                "{} ON CONFLICT (name, window_seconds, starts_at) DO UPDATE SET used = excluded.used",
                insert(
                    "rate_windows (name, window_seconds, starts_at, used)",
                    &[Text, Number, Number, Number]
                )
            ),
            put_balances: format!(
                "{} ON CONFLICT (account) DO UPDATE SET balance_nano_usd = excluded.balance_nano_usd, \
                 held_nano_usd = excluded.held_nano_usd",
                insert(
                    "balances (account, balance_nano_usd, held_nano_usd)",
                    &[Text, Number, Number]
                )
            ),
            new_holds: insert(
                "holds (id, account, amount_nano_usd, state, created_at, expires_at, context)",
                &[Text, Text, Number, Text, Number, Number, Text],
            ),
            // Each is a line of usage from now on.
            settle_holds: format!("DELETE FROM holds WHERE id {named}"),
            void_holds: format!("UPDATE holds SET state = 'voided' WHERE id {named}"),
            new_postings: insert(
                "posted (id, kind, account, settled_at, gross_nano_usd, refunds_nano_usd, \
                 provider_cost_nano_usd, fee_nano_usd, subsidy_nano_usd, short_nano_usd, digest, reference)",
                &[
                    Text, Text, Text, Number, Number, Number, Number, Number, Number, Number, Text,
                    Text,
                ],
            ),
            new_entries: insert(
                "posted_entries (posting, line, book, amount_nano_usd)",
                &[Text, Number, Text, Number],
            ),
            new_usage: insert(
                "usage_lines (id, account, key_id, kind, sku, detail, list_nano_usd, discount_nano_usd, \
                 charge_nano_usd, loss_nano_usd, provider_cost_nano_usd, fee_nano_usd, held_nano_usd, revenue, \
                 estimated, settled_at)",
                &[
                    Text, Text, Text, Text, Text, Text, Number, Number, Number, Number, Number,
                    Number, Number, Text, Number, Number,
                ],
            ),
        }
    }
}

/// One part of the statement that reads: the rows of all have the same columns.
fn part(number: u8, texts: [&str; 3], numbers: [&str; 3], locked: &str) -> String {
    let texts = texts.map(|text| format!("CAST({text} AS TEXT)")).join(", ");
    let numbers = numbers.map(|number| format!("CAST({number} AS BIGINT)"));
    format!(
        "SELECT CAST({number} AS BIGINT), {texts}, {} FROM ({locked}) AS part_{number}",
        numbers.join(", ")
    )
}

/// Several statements as one, each with its own parameters, in the place of theirs; run in this order.
pub(super) fn union(parts: &[(&str, usize)]) -> String {
    let mut first = 1;
    let mut all = Vec::new();
    for (part, parameters) in parts {
        all.push(shifted(part, first, *parameters));
        first += parameters;
    }
    all.join(" UNION ALL ")
}

/// Statements that write, with one parameter each, as one. None of them is about another's rows.
pub(super) fn at_once(statements: &[&str]) -> String {
    let mut all = String::new();
    for (index, statement) in statements.iter().enumerate() {
        let statement = shifted(statement, index + 1, 1);
        let last = index + 1 == statements.len();
        all += &match (index, last) {
            (_, true) => format!(" {statement}"),
            (0, false) => format!("WITH part_0 AS ({statement})"),
            (_, false) => format!(", part_{index} AS ({statement})"),
        };
    }
    all
}

/// A statement with its parameters counted from `first`; all together are fewer than ten.
fn shifted(statement: &str, first: usize, parameters: usize) -> String {
    // From the last, so that none is shifted twice.
    (1..=parameters)
        .rev()
        .fold(statement.to_owned(), |text, n| {
            text.replace(&format!("${n}"), &format!("${}", n + first - 1))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_one_statement_has_parameters_of_its_own() {
        assert_eq!(
            union(&[("a $1", 1), ("b $1 $2 $1", 2), ("c", 0), ("d $1", 1)]),
            "a $1 UNION ALL b $2 $3 $2 UNION ALL c UNION ALL d $4"
        );
        assert_eq!(
            at_once(&["a $1", "b $1 $1", "c $1"]),
            "WITH part_0 AS (a $1), part_1 AS (b $2 $2) c $3"
        );
    }
}
