//! The statements. A batch's rows are one parameter, a JSON array: a statement is the same however many rows
//! it is about, and is prepared once. Only how a database unpacks that differs.

use std::sync::LazyLock;

use super::super::Db;

/// Everything that is asked of one of the two databases.
#[derive(Debug)]
pub(super) struct Statements {
    /// Windows with what is used, locked; those that are not there are made.
    pub(super) windows: String,
    /// Holds, locked.
    pub(super) holds: String,
    /// Rows of balances that are not there yet.
    pub(super) open: String,
    /// Balances, locked.
    pub(super) balances: String,
    /// How holds were settled.
    pub(super) settled: String,
    /// Postings that were made.
    pub(super) postings: String,
    /// The end of the last reported window, kept from rising until the commit.
    pub(super) watermark: &'static str,
    pub(super) put_windows: String,
    pub(super) put_balances: String,
    pub(super) new_holds: String,
    pub(super) end_holds: String,
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
}

static SQLITE: LazyLock<Statements> = LazyLock::new(|| {
    // The transaction has the whole database.
    Statements::new(&Dialect {
        lock: "",
        share: "",
        unpack: |n, _| format!("value->>{n}"),
        rows: "json_each($1)",
        name: "value",
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
    })
});

impl Statements {
    pub(super) fn of(db: &Db) -> &'static Self {
        match db {
            Db::Sqlite(_) => &SQLITE,
            Db::Postgres(_) => &POSTGRES,
        }
    }

    fn new(dialect: &Dialect) -> Self {
        let Dialect {
            lock,
            share,
            rows,
            name,
            ..
        } = *dialect;
        let named = format!("(SELECT {name} FROM {rows})");
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
            windows: format!(
                "{} ON CONFLICT (name, window_seconds, starts_at) DO UPDATE SET used = rate_windows.used \
                 RETURNING name, window_seconds, starts_at, used",
                insert(
                    "rate_windows (name, window_seconds, starts_at, used)",
                    &[Text, Number, Number, Number]
                )
            ),
            holds: format!(
                "SELECT id, account, amount_nano_usd, state FROM holds WHERE id IN {named} ORDER BY id{lock}"
            ),
            open: format!(
                "{} ON CONFLICT (account) DO NOTHING",
                insert(
                    "balances (account, balance_nano_usd, held_nano_usd)",
                    &[Text, Number, Number]
                )
            ),
            balances: format!(
                "SELECT account, balance_nano_usd, held_nano_usd FROM balances WHERE account IN {named} \
                 ORDER BY account{lock}"
            ),
            settled: format!(
                "SELECT id, list_nano_usd, discount_nano_usd, charge_nano_usd, loss_nano_usd \
                 FROM usage_lines WHERE id IN {named}"
            ),
            postings: format!(
                "SELECT id, digest, short_nano_usd FROM postings WHERE id IN {named}"
            ),
            watermark: if share.is_empty() {
                "SELECT reported_to FROM settlement WHERE id = 1"
            } else {
                "SELECT reported_to FROM settlement WHERE id = 1 FOR SHARE"
            },
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
            end_holds: format!(
                "UPDATE holds SET state = ended.state FROM (SELECT {} AS id, {} AS state FROM {rows}) AS ended \
                 WHERE holds.id = ended.id",
                two(0),
                two(1)
            ),
            new_postings: insert(
                "postings (id, kind, account, settled_at, gross_nano_usd, refunds_nano_usd, \
                 provider_cost_nano_usd, fee_nano_usd, subsidy_nano_usd, short_nano_usd, digest, reference)",
                &[
                    Text, Text, Text, Number, Number, Number, Number, Number, Number, Number, Text,
                    Text,
                ],
            ),
            new_entries: insert(
                "entries (posting, line, book, amount_nano_usd)",
                &[Text, Number, Text, Number],
            ),
            new_usage: insert(
                "usage_lines (id, account, key_id, kind, sku, detail, list_nano_usd, discount_nano_usd, \
                 charge_nano_usd, loss_nano_usd, provider_cost_nano_usd, estimated, settled_at)",
                &[
                    Text, Text, Text, Text, Text, Text, Number, Number, Number, Number, Number,
                    Number, Number,
                ],
            ),
        }
    }
}
