//! The checks can fail: what is right is made wrong in one place, and they must say so.

use crate::{
    clients::Outcome,
    facts::{Ask, Facts},
    verdict::verdict,
};

/// A way in which the books could be wrong.
type Way = (&'static str, fn(&mut Facts));

const WAYS: [Way; 13] = [
    ("an answer is billed twice", |facts| {
        let mut again = exact(facts).clone();
        again.id += "x";
        facts.lines.push(again);
    }),
    ("an answer is not billed", |facts| {
        let id = exact(facts).id.clone();
        facts.lines.retain(|line| line.id != id);
    }),
    ("a token more is billed", |facts| {
        let id = exact(facts).id.clone();
        let line = facts.lines.iter_mut().find(|line| line.id == id);
        line.unwrap().tokens[0] += 1;
    }),
    ("what is known is marked estimated", |facts| {
        let id = exact(facts).id.clone();
        let line = facts.lines.iter_mut().find(|line| line.id == id);
        line.unwrap().estimated = true;
    }),
    ("what is estimated is not marked", |facts| {
        let mut lines = facts.lines.iter_mut();
        lines.find(|line| line.estimated).unwrap().estimated = false;
    }),
    ("it is billed to another", |facts| {
        let other = facts.accounts[1].clone();
        let first = facts.accounts[0].clone();
        let mut lines = facts.lines.iter_mut();
        lines.find(|line| line.account == first).unwrap().account = other;
    }),
    ("a hold stays", |facts| {
        *facts.holds.values_mut().next().unwrap() = "held".into();
    }),
    ("an entry is a nano-USD off", |facts| {
        facts.entries[0].2 += 1
    }),
    ("a balance is a nano-USD off", |facts| {
        facts.balances.get_mut(&facts.accounts[0]).unwrap().0 -= 1;
    }),
    ("a payment is credited twice", |facts| {
        let again: Vec<_> = facts
            .entries
            .iter()
            .filter(|e| e.0.starts_with("stripe:payment"))
            .take(2)
            .cloned()
            .collect();
        facts.entries.extend(again);
    }),
    ("metered work is lost", |facts| {
        facts.metered.pop_first();
    }),
    ("the report is a nano-USD off", |facts| {
        facts.reports[0][4] += 1
    }),
    ("somebody without money is answered", |facts| {
        let refused = facts
            .tally
            .told
            .iter()
            .find(|(_, told)| matches!(told.outcome, Outcome::Refused { status: 402, .. }));
        let number = *refused.unwrap().0;
        let ask = Ask {
            upstream: "first",
            mode: "status-429".into(),
            stream: false,
        };
        facts.asks.insert(number, vec![ask]);
    }),
];

/// A line of an answer that has a name: by that anybody can look up what the upstream bills for it.
fn exact(facts: &Facts) -> &crate::facts::Line {
    facts
        .lines
        .iter()
        .find(|line| !line.estimated && line.charge > 0 && line.answer.is_some())
        .unwrap()
}

/// Makes each of them, and unmakes it.
pub fn is_noticed(facts: &Facts) {
    for (way, tamper) in WAYS {
        let mut facts = facts.clone();
        tamper(&mut facts);
        assert!(!verdict(&facts).is_empty(), "nobody notices that {way}");
    }
}
