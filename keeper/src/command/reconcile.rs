//! `reconcile`: what was distributed against what was earned, against the vault's books, and
//! against the memory. It reads and compares; it sends and stores nothing.

use serde_json::{Value, json};

use super::history::{Span, attempts, holes, landed_json, source_name};
use crate::{
    chain::Rpc,
    cli::Output,
    config::Config,
    error::{Error, Exit},
    history::{
        History, Landed,
        books::Books,
        check::{Checked, MemoryCheck, Verdict, check, check_memory, find},
    },
    human::{Sol, Table, Time, Usd},
    keeper::SOURCE,
    plan::Revenue,
    revenue::{self, Stretch},
};

/// Compares.
///
/// # Errors
/// Whatever reading or measuring fails with; where the revenue cannot be asked for now, that is
/// [`Exit::TryLater`].
pub async fn reconcile(config: &Config, span: Span, output: Output) -> Result<Exit, Error> {
    let vault = config.vault()?;
    let rpc = Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config());
    let revenue_source = revenue::from_config(config.revenue.as_ref())?;
    let books = Books::read(&rpc, &vault).await?;
    let query = span.query(SOURCE, usize::MAX);
    let history = History::read(&rpc, &vault, &query).await?;
    let remembered = attempts(config, &vault, &query).await?;

    let mut rows = Vec::new();
    for landed in &history.distributions {
        let stretch = Stretch {
            from: landed.previous_interval_id,
            to: landed.interval_id,
            total_value_lamports: landed.total_value_lamports,
            stakers_bps: books.vault.config.compute_split.stakers_bps,
        };
        let revenue = revenue_source.measure(stretch).await?;
        let known = find(&remembered, landed);
        rows.push((landed, known, check(landed, known, revenue)));
    }
    let is_whole = span.from.is_none() && span.to.is_none();
    let mut found = books.differences(SOURCE, &history.distributions, is_whole);
    let last = books.vault.source(SOURCE).last_interval_id;
    let MemoryCheck {
        differences,
        mut notes,
    } = check_memory(&remembered, &history.distributions, last);
    found.extend(differences);
    notes.extend(holes(&history));

    let count = |code| {
        rows.iter()
            .filter(|(_, _, checked)| checked.verdict.code() == code)
            .count()
    };
    let (agree, differ, unverified) = (count("agrees"), count("differs"), count("unverified"));
    let exit = match differ == 0 && found.is_empty() {
        true => Exit::Done,
        false => Exit::NeedsPerson,
    };
    let summary = format!(
        "{} distribution(s): {agree} agree, {differ} differ, {unverified} could not be verified; {} other difference(s)",
        rows.len(),
        found.len()
    );
    let mut text = match rows.is_empty() {
        true => "nothing was distributed in this time".to_owned(),
        false => table(rows.iter().map(|(landed, _, checked)| (*landed, checked))),
    };
    for (landed, _, checked) in &rows {
        if checked.verdict != Verdict::Agrees {
            text.push_str(&format!(
                "\n{} until {}: {}",
                checked.verdict.code(),
                Time(landed.interval_id),
                checked.verdict.reason()
            ));
        }
    }
    text.push_str(&format!(
        "\nvault holds {}, owes {}",
        Sol(books.balance_lamports),
        Sol(books.vault.liabilities_lamports().unwrap_or(u64::MAX))
    ));
    for difference in &found {
        text.push_str(&format!("\ndiffers: {difference}"));
    }
    for note in &notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text.push_str(&format!("\n{summary}"));
    if exit == Exit::NeedsPerson {
        text.push_str("\na person must look: docs/runbook.md, \"reconcile finds a difference\"");
    }
    output.print(
        &text,
        &json!({
            "vault": vault.to_string(),
            "source": source_name(SOURCE),
            "stretches": rows.iter().map(|(landed, known, checked)| {
                let mut value = landed_json(landed, *known);
                extend(&mut value, checked_json(checked));
                value
            }).collect::<Vec<_>>(),
            "agree_count": agree,
            "differ_count": differ,
            "unverified_count": unverified,
            "vault_balance_lamports": books.balance_lamports.to_string(),
            "vault_liabilities_lamports": books.vault.liabilities_lamports().map(|n| n.to_string()),
            "differences": found,
            "notes": notes,
            "outcome": exit.name(),
            "exit_code": exit.code(),
        }),
    );
    Ok(exit)
}

fn table<'a>(rows: impl Iterator<Item = (&'a Landed, &'a Checked)>) -> String {
    let unknown = || "unknown".to_owned();
    let mut table = Table::new(&[
        "from",
        "to",
        "revenue",
        "price of a SOL",
        "expected",
        "funded",
        "distributed",
        "verdict",
    ]);
    for (landed, checked) in rows {
        let usd = |nano: u64| Usd(i64::try_from(nano).unwrap_or(i64::MAX)).to_string();
        let revenue = match checked.revenue {
            Revenue::NanoUsd(nano_usd) => Usd(nano_usd).to_string(),
            Revenue::Lamports(lamports) => Sol(lamports).to_string(),
        };
        let price = match (checked.nano_usd_per_sol, checked.implied_nano_usd_per_sol) {
            (Some(price), _) => usd(price),
            (None, Some(implied)) => format!("implied {}", usd(implied)),
            (None, None) => unknown(),
        };
        table.row(&[
            Time(landed.previous_interval_id).to_string(),
            Time(landed.interval_id).to_string(),
            revenue,
            price,
            checked
                .expected_lamports
                .map_or_else(unknown, |n| Sol(n).to_string()),
            Sol(landed.funded_lamports).to_string(),
            Sol(landed.distributed_lamports).to_string(),
            checked.verdict.code().to_owned(),
        ]);
    }
    table.to_string()
}

fn checked_json(checked: &Checked) -> Value {
    let text = |number: Option<u64>| number.map(|n| n.to_string());
    let (nano_usd, lamports) = match checked.revenue {
        Revenue::NanoUsd(nano_usd) => (Some(nano_usd.to_string()), None),
        Revenue::Lamports(lamports) => (None, Some(lamports.to_string())),
    };
    json!({
        "revenue_nano_usd": nano_usd,
        "revenue_lamports": lamports,
        "nano_usd_per_sol": text(checked.nano_usd_per_sol),
        "implied_nano_usd_per_sol": text(checked.implied_nano_usd_per_sol),
        "expected_lamports": text(checked.expected_lamports),
        "verdict": checked.verdict.code(),
        "reason": checked.verdict.reason(),
    })
}

/// Adds the fields of one object to another.
fn extend(value: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.extend(more);
    }
}
