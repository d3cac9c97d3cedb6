//! What models answered is what was billed, and what clients were told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    clients::Outcome,
    facts::Facts,
    plan::{Action, Purse, purse},
    servers::SUBSIDY_BPS,
};

/// Every answer of an upstream is billed exactly once, or marked estimated; nothing else is.
pub fn answers(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn lines(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn clients(facts: &Facts, wrong: &mut Vec<String>) {
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

/// Every hold ended, once, and no charge is beyond it.
pub fn holds(facts: &Facts, wrong: &mut Vec<String>) {
    for (id, state) in &facts.holds {
        if state == "held" {
            wrong.push(format!("{id} did not end"));
        }
    }
    for line in &facts.lines {
        if let Some(state) = facts.holds.get(&line.id) {
            wrong.push(format!("{line:?} was charged, and its hold is {state}"));
        }
        if line.held < line.charge {
            wrong.push(format!("{line:?} is not covered by what was held"));
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
