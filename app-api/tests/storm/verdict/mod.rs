//! What must be so in the end. Each check compares what one remembers with what another does; what is not
//! as it must be is told.

mod answered;
mod money;

use std::collections::BTreeMap;

use crate::facts::{Facts, Line};

/// What is wrong; nothing, if all is well.
pub fn verdict(facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, check) in [
        ("answers", answered::answers as fn(&Facts, &mut Vec<String>)),
        ("lines", answered::lines),
        ("clients", answered::clients),
        ("holds", answered::holds),
        ("entries", money::entries),
        ("balances", money::balances),
        ("payments", money::payments),
        ("metered", money::metered),
        ("revenue", money::revenue),
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
