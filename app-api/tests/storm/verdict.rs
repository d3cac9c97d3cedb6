//! What must be so in the end. Each check compares what one remembers with what another does; what is not
//! as it must be is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    clients::Outcome,
    facts::{Facts, Line},
    plan::{Action, Purse, purse},
    servers::{FEE_BPS, SUBSIDY_BPS},
};

/// Nano-USD of a cent.
const CENT: i64 = 10_000_000;

/// What is wrong; nothing, if all is well.
pub fn verdict(facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, check) in [
        ("answers", answers as fn(&Facts, &mut Vec<String>)),
        ("lines", lines),
        ("clients", clients),
        ("holds", holds),
        ("entries", entries),
        ("balances", balances),
        ("payments", payments),
        ("metered", metered),
        ("revenue", revenue),
    ] {
        let mut found = Vec::new();
        check(facts, &mut found);
        wrong.extend(found.into_iter().map(|text| format!("{name}: {text}")));
    }
    wrong
}

impl Facts {
    /// The request that a line is of.
    fn number(&self, line: &Line) -> Option<usize> {
        self.skus.get(&line.sku).copied()
    }

    fn lines_of(&self) -> BTreeMap<usize, Vec<&Line>> {
        let mut of: BTreeMap<usize, Vec<&Line>> = BTreeMap::new();
        for line in &self.lines {
            if let Some(number) = self.number(line) {
                of.entry(number).or_default().push(line);
            }
        }
        of
    }

    /// What process that was killed called itself in the names of its requests.
    fn killed_name(&self) -> Option<String> {
        let mut ids = self.tally.told.values();
        let told = ids.find(|told| told.process == self.killed && told.id.is_some())?;
        process_of(told.id.as_deref()?)
    }

    /// Whether the hold is one of the process that was killed.
    pub fn is_of_killed(&self, hold: &str) -> bool {
        process_of(hold) == self.killed_name()
    }

    fn worked(&self, number: usize) -> bool {
        let asks = self.asks.get(&number);
        asks.is_some_and(|asks| asks.iter().any(|ask| ask.works()))
    }
}

/// `req_` + seconds (10), process (16), count (8).
fn process_of(id: &str) -> Option<String> {
    id.strip_prefix("req_")?.get(10..26).map(str::to_owned)
}

/// Every answer of an upstream is billed exactly once, or marked estimated; nothing else is.
fn answers(facts: &Facts, wrong: &mut Vec<String>) {
    let of = facts.lines_of();
    for number in facts.requests.keys() {
        let found = of.get(number).map_or(0, Vec::len);
        let worked = facts.worked(*number);
        if found > 1 {
            wrong.push(format!("request {number} is billed {found} times"));
        }
        if worked && found == 0 {
            wrong.push(format!(
                "request {number} was answered and not billed: {:?}",
                facts.asks[number]
            ));
        }
        let works = facts
            .asks
            .get(number)
            .map_or(0, |asks| asks.iter().filter(|ask| ask.works()).count());
        if works > 1 {
            wrong.push(format!("request {number} was answered {works} times"));
        }
        for line in of.get(number).into_iter().flatten() {
            // It is not known whether a process that died had asked: then a hold is an estimate.
            let unknown = line.estimated && facts.is_of_killed(&line.id);
            if !worked && !unknown {
                wrong.push(format!("{line:?} was not answered by anybody"));
            }
        }
    }
    for number in facts.asks.keys() {
        let account = facts.requests[number].account;
        if purse(account) == Purse::Empty {
            wrong.push(format!("request {number} was passed on without money"));
        }
    }
}

/// What is exact is what the upstream bills, at the price; what is estimated is what it does not tell.
fn lines(facts: &Facts, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let answer_of: BTreeMap<(&str, usize), &(&str, String)> = facts
        .given
        .iter()
        .map(|(key, number)| ((key.0, *number), key))
        .collect();
    for line in &facts.lines {
        let Some(number) = facts.number(line) else {
            wrong.push(format!("{line:?} is of no request"));
            continue;
        };
        if facts.accounts[facts.requests[&number].account] != line.account {
            wrong.push(format!("{line:?} is billed to somebody else"));
        }
        if line.discount + line.charge + line.loss != line.list
            || line.discount < 0
            || line.charge < 0
            || line.loss < 0
            || line.discount > line.list * SUBSIDY_BPS / 10_000
        {
            wrong.push(format!("{line:?} does not add up"));
        }
        let name = ["first", "second"]
            .into_iter()
            .find(|name| *name == line.upstream)
            .unwrap();
        let key = line.answer.clone().map(|answer| (name, answer));
        if let Some(key) = &key {
            if facts.given.get(key) != Some(&number) {
                wrong.push(format!("{line:?} names the answer to another request"));
            }
            if !seen.insert(key.clone()) {
                wrong.push(format!("{line:?} bills an answer again"));
            }
        }
        let embeddings = matches!(facts.requests[&number].action, Action::Embeddings { .. });
        // Vectors come without a name, but each request has its own.
        let named = || answer_of.get(&(name, number)).copied();
        let unnamed = embeddings && !line.estimated;
        let key = key.as_ref().or_else(|| named().filter(|_| unnamed));
        let billed = key.and_then(|key| facts.billed.get(key));
        match (line.estimated, billed) {
            (true, Some(usage)) => wrong.push(format!("{line:?} could be exact: {usage}")),
            (true, None) => {}
            (false, None) => wrong.push(format!("{line:?} is exact and billed by nobody")),
            (false, Some(usage)) if tokens(usage) != line.tokens => {
                wrong.push(format!("{line:?} is billed as {usage}"));
            }
            (false, Some(_)) => {}
        }
        let cost = price(line.tokens, embeddings);
        if cost != (line.provider, line.list) || line.list <= 0 {
            wrong.push(format!("{line:?} costs {cost:?}"));
        }
    }
}

fn tokens(usage: &Value) -> [i64; 3] {
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    [
        number(&usage["prompt_tokens"]),
        number(&usage["prompt_tokens_details"]["cached_tokens"]),
        number(&usage["completion_tokens"]),
    ]
}

/// By `models.toml`: what the upstream takes, and with 20 % on it, both rounded up.
fn price([prompt, cached, completion]: [i64; 3], embeddings: bool) -> (i64, i64) {
    let (fresh, from_cache, answer) = if embeddings {
        (20_000_000, 20_000_000, 0)
    } else {
        (2_000_000_000, 500_000_000, 8_000_000_000)
    };
    let exact = (prompt - cached) * fresh + cached * from_cache + completion * answer;
    let up = |exact: i64, per: i64| (exact + per - 1) / per;
    (up(exact, 1_000_000), up(exact * 12, 10_000_000))
}

/// What clients were told is what was billed.
fn clients(facts: &Facts, wrong: &mut Vec<String>) {
    let of = facts.lines_of();
    for (number, told) in &facts.tally.told {
        let line = of.get(number).and_then(|lines| lines.first());
        if let (Some(id), Some(line)) = (&told.id, line)
            && *id != line.id
        {
            wrong.push(format!("request {number} is {id} and {}", line.id));
        }
        match (&told.outcome, line) {
            (Outcome::Complete { .. }, None) => {
                wrong.push(format!("request {number} was answered for nothing"));
            }
            // Who is killed may have answered before it wrote that down.
            (Outcome::Complete { usage: Some(usage) }, Some(line))
                if told.process != facts.killed
                    && (line.estimated || tokens(usage) != line.tokens) =>
            {
                wrong.push(format!("{line:?} was told as {usage}"));
            }
            (Outcome::Refused { status: 402, .. }, Some(line)) => {
                wrong.push(format!("{line:?} was refused for want of money"));
            }
            (Outcome::Refused { status: 402, .. }, None) if facts.asks.contains_key(number) => {
                wrong.push(format!("request {number} was refused and passed on"));
            }
            (Outcome::Refused { status, code }, _) if !expected(*status, code) => {
                wrong.push(format!("request {number} was told {status} {code}"));
            }
            _ => {}
        }
    }
    for answer in &facts.tally.below_zero {
        wrong.push(format!("somebody was told of {answer}"));
    }
}

/// Refusals that there are reasons for.
fn expected(status: u16, code: &str) -> bool {
    matches!(
        (status, code),
        (402, "insufficient_balance")
            | (429 | 503, "upstream_busy")
            | (
                502,
                "upstream_failed" | "upstream_lost" | "upstream_cut_off" | "upstream_refused"
            )
    )
}

/// Every hold ended, and those that were settled have a line each.
fn holds(facts: &Facts, wrong: &mut Vec<String>) {
    for (id, hold) in &facts.holds {
        if hold.state == "held" {
            wrong.push(format!("{id} did not end: {hold:?}"));
        }
    }
    let settled: BTreeSet<&String> = facts
        .holds
        .iter()
        .filter(|(_, hold)| hold.state == "settled")
        .map(|(id, _)| id)
        .collect();
    let lines: BTreeSet<&String> = facts.lines.iter().map(|line| &line.id).collect();
    for id in settled.symmetric_difference(&lines) {
        wrong.push(format!("{id} is settled or has a line, not both"));
    }
    for line in &facts.lines {
        let hold = facts.holds.get(&line.id);
        if hold.is_some_and(|hold| hold.account != line.account || hold.amount < line.charge) {
            wrong.push(format!("{line:?} is not covered by {hold:?}"));
        }
    }
    for id in facts
        .tally
        .told
        .values()
        .filter_map(|told| match &told.outcome {
            Outcome::Refused { status: 402, .. } => told.id.as_ref(),
            _ => None,
        })
    {
        if facts.holds.contains_key(id) {
            wrong.push(format!("{id} was refused for want of money and held some"));
        }
    }
}

/// Each posting sums to zero, and each line has one.
fn entries(facts: &Facts, wrong: &mut Vec<String>) {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (posting, _, amount) in &facts.entries {
        *sums.entry(posting).or_default() += amount;
    }
    for (posting, sum) in &sums {
        if *sum != 0 {
            wrong.push(format!("{posting} sums to {sum}"));
        }
    }
    let mut booked: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (posting, book, amount) in &facts.entries {
        *booked.entry((posting, book)).or_default() += amount;
    }
    for line in &facts.lines {
        let posting = format!("usage:{}", line.id);
        let of = |book: &str| booked.get(&(posting.as_str(), book)).copied().unwrap_or(0);
        let customer = format!("customer:{}", line.account);
        if [
            of(&customer),
            of("subsidy"),
            of("loss"),
            of("revenue:gateway"),
            of("provider:cost"),
        ] != [
            line.charge,
            line.discount,
            line.loss,
            -line.list,
            line.provider,
        ] {
            wrong.push(format!("{line:?} is posted otherwise"));
        }
    }
    let usage = sums.keys().filter(|posting| posting.starts_with("usage:"));
    if usage.count() != facts.lines.len() {
        wrong.push("there are postings of usage without a line".into());
    }
}

/// What everybody has is what was paid in and not used.
fn balances(facts: &Facts, wrong: &mut Vec<String>) {
    for (account, (balance, held)) in &facts.balances {
        if *balance < 0 || *held != 0 {
            wrong.push(format!("{account} has {balance} and {held} of it are held"));
        }
    }
    let mut booked: BTreeMap<&str, i64> = BTreeMap::new();
    // Payments that went back after they were spent.
    let mut gone: BTreeMap<&str, i64> = BTreeMap::new();
    let customers: BTreeMap<&str, &str> = facts
        .entries
        .iter()
        .filter_map(|(posting, book, _)| Some((posting.as_str(), book.strip_prefix("customer:")?)))
        .collect();
    for (posting, book, amount) in &facts.entries {
        if let Some(account) = book.strip_prefix("customer:") {
            *booked.entry(account).or_default() -= amount;
        }
        if posting.starts_with("stripe:") && book == "loss" {
            let account = customers.get(posting.as_str()).copied().unwrap_or_default();
            *gone.entry(account).or_default() += amount;
        }
    }
    for (number, account) in facts.accounts.iter().enumerate() {
        let balance = facts.balances.get(account).map_or(0, |balance| balance.0);
        if booked.get(account.as_str()).copied().unwrap_or(0) != balance {
            wrong.push(format!(
                "{account} has {balance}, and the entries say otherwise"
            ));
        }
        let paid = facts.tally.paid_cents.get(&number).copied().unwrap_or(0) * CENT;
        let used = facts.lines.iter().filter(|line| line.account == *account);
        let used: i64 = used.map(|line| line.charge).sum();
        let lost = gone.get(account.as_str()).copied().unwrap_or(0);
        if facts.funded[number] + paid + lost - used != balance {
            wrong.push(format!(
                "account {number} was given {}, paid {paid}, used {used}, took back {lost} that was spent, and has {balance}",
                facts.funded[number]
            ));
        }
    }
}

/// What is at the payment provider is what was paid there once and did not go back.
fn payments(facts: &Facts, wrong: &mut Vec<String>) {
    let booked: i64 = facts
        .entries
        .iter()
        .filter(|(posting, book, _)| book == "stripe" && posting.starts_with("stripe:"))
        .map(|(_, _, amount)| amount)
        .sum();
    let paid = facts.tally.paid_cents.values().sum::<i64>() * CENT;
    if booked != paid {
        wrong.push(format!("{paid} nano-USD were paid and {booked} are booked"));
    }
}

/// What a metered event costs, is paid to the provider, and earns, by `prices.sample.toml`.
fn metered_price(sku: &str, quantity: u64) -> (i64, i64, i64) {
    let quantity = i64::try_from(quantity).unwrap();
    let (charge, cost) = match sku {
        "api.call" => (500_000 * quantity, 0),
        _ => (
            2_490_000_000 * quantity / 3_600,
            (1_900_000_000 * quantity + 3_599) / 3_600,
        ),
    };
    (charge, cost, charge * FEE_BPS / 10_000)
}

/// Metered work that was taken is stored once, at its price.
fn metered(facts: &Facts, wrong: &mut Vec<String>) {
    let stored: BTreeMap<&String, i64> = facts.metered.iter().map(|(id, c)| (id, *c)).collect();
    let told: BTreeMap<&String, i64> = facts
        .tally
        .metered
        .iter()
        .map(|(id, (_, _, charge))| (id, *charge))
        .collect();
    if stored != told {
        wrong.push("what was taken is not what is stored".into());
    }
    for (id, (sku, quantity, charge)) in &facts.tally.metered {
        if metered_price(sku, *quantity).0 != *charge {
            wrong.push(format!("{id} costs {charge}"));
        }
    }
}

/// The keeper is told what the ledger has, to the nano-USD, in one window or in many.
fn revenue(facts: &Facts, wrong: &mut Vec<String>) {
    let metered: Vec<(i64, i64, i64)> = facts
        .tally
        .metered
        .values()
        .map(|(sku, quantity, _)| metered_price(sku, *quantity))
        .collect();
    let sum = |of: fn(&(i64, i64, i64)) -> i64| metered.iter().map(of).sum::<i64>();
    let book = |name: &str| -> i64 {
        let of = facts.entries.iter().filter(|(_, book, _)| book == name);
        of.map(|(_, _, amount)| amount).sum()
    };
    let fees: i64 = facts
        .lines
        .iter()
        .map(|line| (line.list - line.loss) * FEE_BPS / 10_000)
        .sum();
    let events = facts.lines.len() + facts.tally.metered.len();
    let ledger = [
        i64::try_from(events).unwrap(),
        sum(|m| m.0) - book("revenue:gateway"),
        book("loss"),
        sum(|m| m.1) + book("provider:cost"),
        sum(|m| m.2) + fees,
    ];
    for report in &facts.reports {
        if *report != ledger {
            wrong.push(format!("told {report:?}, and the ledger has {ledger:?}"));
        }
    }
}
