//! What everybody remembers in the end: the database, the upstreams, the clients.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgPool;

use crate::{clients::Tally, plan::Request, support::upstream::Upstream};

/// What was used, as the database has it.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub account: String,
    pub sku: String,
    /// The upstream, and its name for the answer.
    pub upstream: String,
    pub answer: Option<String>,
    /// Of the prompt, of these cached, of the answer.
    pub tokens: [i64; 3],
    pub list: i64,
    pub discount: i64,
    /// What was held for it.
    pub held: i64,
    pub charge: i64,
    pub loss: i64,
    pub provider: i64,
    pub estimated: bool,
}

/// What an upstream was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub upstream: &'static str,
    pub mode: String,
    pub stream: bool,
}

impl Ask {
    /// Whether it does anything: else it refuses, which costs nothing.
    pub fn works(&self) -> bool {
        let mode = self.mode.as_str();
        !mode.starts_with("status-")
            && mode != "error-body"
            && (mode, self.stream) != ("error-first", true)
    }
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Requests to models by their number, and by what their lines call the model.
    pub requests: BTreeMap<usize, Request>,
    pub skus: BTreeMap<String, usize>,
    /// Names of accounts, and what each was given at first, nano-USD.
    pub accounts: Vec<String>,
    pub funded: Vec<i64>,
    pub tally: Tally,
    /// What upstreams were asked, by the number of the request.
    pub asks: BTreeMap<usize, Vec<Ask>>,
    /// Whose an answer is, by upstream and name; what is billed for it.
    pub given: BTreeMap<(&'static str, String), usize>,
    pub billed: BTreeMap<(&'static str, String), Value>,
    pub lines: Vec<Line>,
    /// Reserved money of which nothing was charged, and whether it still is.
    pub holds: BTreeMap<String, String>,
    /// Posting, book, nano-USD.
    pub entries: Vec<(String, String, i64)>,
    /// Balance and what is held of it.
    pub balances: BTreeMap<String, (i64, i64)>,
    /// Charges of metered work.
    pub metered: BTreeMap<String, i64>,
    /// The process that was killed.
    pub killed: usize,
    /// The revenue report of the whole time, by each process, and of windows that make it up.
    pub reports: Vec<[i64; 5]>,
}

impl Facts {
    /// What the upstreams wrote down.
    pub fn upstream(&mut self, name: &'static str, upstream: &Upstream) {
        let log = upstream.log.lock().unwrap();
        let number = |user: &Value| user.as_str().unwrap().parse::<usize>().unwrap();
        for (model, body) in &log.asked {
            let ask = Ask {
                upstream: name,
                mode: model
                    .trim_matches('"')
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .to_owned(),
                stream: body["stream"] == true,
            };
            self.asks
                .entry(number(&body["user"]))
                .or_default()
                .push(ask);
        }
        for (id, user) in &log.given {
            self.given.insert((name, id.clone()), number(user));
        }
        for (id, usage) in &log.billed {
            self.billed.insert((name, id.clone()), usage.clone());
        }
    }

    /// What the database has.
    pub async fn database(&mut self, pool: &PgPool) {
        let lines: Vec<LineRow> = sqlx::query_as(
            "SELECT id, account, sku, detail, list_nano_usd, discount_nano_usd, charge_nano_usd, loss_nano_usd, \
             provider_cost_nano_usd, estimated, held_nano_usd FROM usage_lines ORDER BY id",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        self.lines = lines.into_iter().map(line).collect();
        let holds: Vec<(String, String)> = sqlx::query_as("SELECT id, state FROM holds")
            .fetch_all(pool)
            .await
            .unwrap();
        self.holds = holds.into_iter().collect();
        self.entries = sqlx::query_as("SELECT posting, book, amount_nano_usd FROM entries")
            .fetch_all(pool)
            .await
            .unwrap();
        let balances: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT account, balance_nano_usd, held_nano_usd FROM balances")
                .fetch_all(pool)
                .await
                .unwrap();
        self.balances = balances.into_iter().map(|(a, b, h)| (a, (b, h))).collect();
        let metered: Vec<(String, i64)> =
            sqlx::query_as("SELECT event_id, charge_nano_usd FROM usage_events")
                .fetch_all(pool)
                .await
                .unwrap();
        self.metered = metered.into_iter().collect();
    }
}

type LineRow = (
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
);

fn line(row: LineRow) -> Line {
    let (id, account, sku, detail, list, discount, charge, loss, provider, estimated, held) = row;
    let detail: Value = serde_json::from_str(&detail).unwrap();
    Line {
        id,
        account,
        sku,
        upstream: detail["upstream"].as_str().unwrap().to_owned(),
        answer: detail["answerId"].as_str().map(str::to_owned),
        tokens: ["promptTokens", "cachedTokens", "completionTokens"]
            .map(|name| detail[name].as_i64().unwrap()),
        list,
        discount,
        held,
        charge,
        loss,
        provider,
        estimated: estimated != 0,
    }
}
