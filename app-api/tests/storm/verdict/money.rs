//! The books balance, and say what was paid, used and reported.

use std::collections::BTreeMap;

use crate::{facts::Facts, servers::FEE_BPS};

/// Nano-USD of a cent.
const CENT: i64 = 10_000_000;

/// Each posting sums to zero, and each line has one.
pub fn entries(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn balances(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn payments(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn metered(facts: &Facts, wrong: &mut Vec<String>) {
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
pub fn revenue(facts: &Facts, wrong: &mut Vec<String>) {
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
    let losses = |of: fn(i64) -> bool| -> i64 {
        let entries = facts.entries.iter().map(|(_, book, n)| (book, *n));
        let of = entries.filter(|(book, amount)| *book == "loss" && of(*amount));
        of.map(|(_, amount)| amount).sum()
    };
    let events = facts.lines.len() + facts.tally.metered.len();
    let ledger = [
        i64::try_from(events).unwrap(),
        // A dispute that is won brings back what was reported as lost: it is earned again, as the loss stays
        // in a window that was told before.
        sum(|m| m.0) - book("revenue:gateway") - losses(|amount| amount < 0),
        losses(|amount| amount > 0),
        sum(|m| m.1) + book("provider:cost"),
        sum(|m| m.2) + fees,
    ];
    for report in &facts.reports {
        if *report != ledger {
            wrong.push(format!("told {report:?}, and the ledger has {ledger:?}"));
        }
    }
}
