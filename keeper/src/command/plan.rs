//! `plan`: what would be done now, explained and simulated. Nothing is sent, nothing is stored.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    chain::ChainState,
    cli::Output,
    config::Config,
    duties::Duties,
    error::{Error, Exit},
    human::{Sol, Time, Usd},
    keeper::{Decider, Decision, Prepared, SOURCE},
    plan::{Action, Distribution, Revenue},
};

/// Decides, explains, signs and simulates.
///
/// # Errors
/// Whatever stands in the way of deciding; a simulation that fails is part of the answer.
pub async fn plan(config: &Config, output: Output) -> Result<Exit, Error> {
    let decider = Decider::from_config(config)?;
    let Decision { state, action, .. } = decider.decide().await?;
    let source = state.vault.source(SOURCE);
    let mut text = format!(
        "chain clock   {}\nvault         {}\ndistributed   until {}\nfunded        {} waiting\nwallet        {}\n",
        Time(state.now),
        state.vault_address,
        Time(source.last_interval_id),
        Sol(source.funded_lamports),
        Sol(state.wallet_lamports)
    );
    let mut value = json!({
        "chain_clock_unix_seconds": state.now,
        "vault": state.vault_address.to_string(),
        "last_interval_id": source.last_interval_id,
        "funded_lamports": source.funded_lamports.to_string(),
        "wallet_lamports": state.wallet_lamports.to_string(),
    });
    let exit = match &action {
        Action::Wait { until, reason } => {
            text.push_str(&format!(
                "decision      wait until {}: {reason}",
                Time(*until)
            ));
            extend(
                &mut value,
                json!({"action": "wait", "until_unix_seconds": until, "reason": reason.code()}),
            );
            Exit::Done
        }
        Action::NeedsPerson(trouble) => {
            text.push_str(&format!("decision      a person must act: {trouble}"));
            extend(
                &mut value,
                json!({"action": "needs_a_person", "trouble": trouble.code(), "message": trouble.to_string()}),
            );
            Exit::NeedsPerson
        }
        Action::Distribute(distribution) => {
            explain(&state, distribution, &mut text, &mut value);
            let prepared = decider.prepare(&state, distribution).await;
            if let Ok(prepared) = &prepared {
                contents(
                    &decider,
                    &state,
                    distribution,
                    prepared,
                    &mut text,
                    &mut value,
                );
            }
            simulated(&prepared, &mut text, &mut value);
            prepared.as_ref().map_or_else(Error::exit, |_| Exit::Done)
        }
        Action::AskRevenue { .. } | Action::AskPrice => Exit::Failed,
    };
    let duties = Duties::new(decider, config).due().await?;
    for duty in &duties {
        text.push_str(&format!("\nbase staking  {duty}"));
    }
    let duties: Vec<_> = duties.iter().map(|duty| duty.json()).collect();
    extend(&mut value, json!({"duties": duties}));
    extend(
        &mut value,
        json!({"outcome": exit.name(), "exit_code": exit.code()}),
    );
    output.print(&text, &value);
    Ok(exit)
}

fn explain(state: &ChainState, distribution: &Distribution, text: &mut String, value: &mut Value) {
    let Distribution {
        windows,
        fund_lamports,
        distribute_lamports,
        revenue,
        nano_usd_per_sol,
        ..
    } = distribution;
    let revenue_text = match revenue {
        Revenue::NanoUsd(nano_usd) => Usd(*nano_usd).to_string(),
        Revenue::Lamports(lamports) => Sol(*lamports).to_string(),
    };
    text.push_str(&format!(
        "decision      distribute {windows} window(s), {} to {}\nwhy           they have ended and are settled, and the chain was distributed to until their begin\nrevenue       {revenue_text}\n",
        Time(distribution.previous_interval_id),
        Time(distribution.interval_id)
    ));
    if let Some(price) = nano_usd_per_sol {
        text.push_str(&format!(
            "price         {} for one SOL\n",
            Usd(i64::try_from(*price).unwrap_or(i64::MAX))
        ));
    }
    let waiting = state.vault.source(SOURCE).funded_lamports;
    let split = &state.vault.config.compute_split;
    text.push_str(&format!(
        "fund          {}: the revenue in SOL, rounded down, from the keeper's wallet\ndistribute    {}: that and {} funded before, at most {} at once\nsplit         {} to stakers, {} subsidy, {} reserve, {} treasury (basis points)\n",
        Sol(*fund_lamports),
        Sol(*distribute_lamports),
        Sol(waiting),
        Sol(state.vault.config.max_distribution_lamports),
        split.stakers_bps,
        split.subsidy_bps,
        split.reserve_bps,
        split.treasury_bps,
    ));
    let revenue_json = match revenue {
        Revenue::NanoUsd(nano_usd) => json!({"revenue_nano_usd": nano_usd.to_string()}),
        Revenue::Lamports(lamports) => json!({"revenue_lamports": lamports.to_string()}),
    };
    extend(value, revenue_json);
    extend(
        value,
        json!({
            "action": "distribute",
            "previous_interval_id": distribution.previous_interval_id,
            "interval_id": distribution.interval_id,
            "windows": windows,
            "fund_lamports": fund_lamports.to_string(),
            "distribute_lamports": distribute_lamports.to_string(),
            "nano_usd_per_sol": nano_usd_per_sol.map(|price| price.to_string()),
        }),
    );
}

/// The transaction, instruction by instruction, and what it costs.
fn contents(
    decider: &Decider,
    state: &ChainState,
    distribution: &Distribution,
    prepared: &Prepared,
    text: &mut String,
    value: &mut Value,
) {
    let (keeper, vault) = (decider.address(), state.vault_address);
    let terms = &prepared.terms;
    let mut instructions = vec![
        format!("limit of {} compute units", terms.compute_unit_limit),
        format!(
            "priority fee of {} micro-lamports a unit",
            terms.compute_unit_price
        ),
    ];
    for refresh in &prepared.refreshes {
        instructions.push(format!(
            "refresh_price of token {} from account {}",
            refresh.mint, refresh.source
        ));
    }
    if distribution.fund_lamports > 0 {
        instructions.push(format!(
            "fund compute with {} lamports, from {keeper} to vault {vault}",
            distribution.fund_lamports
        ));
    }
    instructions.push(format!(
        "distribute_yield of compute, {} lamports, interval {} to {}, over {} pool(s)",
        distribution.distribute_lamports,
        distribution.previous_interval_id,
        distribution.interval_id,
        state.pools.len()
    ));
    for (number, instruction) in (1..).zip(&instructions) {
        text.push_str(&format!("instruction {number} {instruction}\n"));
    }
    let fee_lamports = terms.fee_lamports();
    let left = state
        .wallet_lamports
        .saturating_sub(distribution.fund_lamports)
        .saturating_sub(fee_lamports);
    text.push_str(&format!(
        "fee           {} at most, paid by {keeper}\nwallet after  {}\n",
        Sol(fee_lamports),
        Sol(left)
    ));
    extend(
        value,
        json!({
            "instructions": instructions,
            "fee_lamports": fee_lamports.to_string(),
            "wallet_after_lamports": left.to_string(),
        }),
    );
}

fn simulated(prepared: &Result<Prepared, Error>, text: &mut String, value: &mut Value) {
    match prepared {
        Ok(prepared) => {
            let bytes = BASE64_STANDARD.encode(&prepared.transaction.bytes);
            let mints = prepared
                .refreshes
                .iter()
                .map(|refresh| refresh.mint.to_string());
            let refreshed: Vec<_> = mints.collect();
            text.push_str(&format!(
                "simulation    succeeds, {} compute units\nsignature     {}\ntransaction   {bytes}\nnothing was sent: `once` or `run` does it. The transaction above is signed and valid for about a minute: treat it as a cheque.",
                prepared.simulation.units, prepared.transaction.signature
            ));
            extend(
                value,
                json!({
                    "simulation": "succeeds",
                    "refreshed_mints": refreshed,
                    "compute_units": prepared.simulation.units,
                    "compute_unit_limit": prepared.terms.compute_unit_limit,
                    "compute_unit_price_micro_lamports": prepared.terms.compute_unit_price,
                    "last_valid_block_height": prepared.last_valid_block_height,
                    "signature": prepared.transaction.signature.to_string(),
                    "transaction": bytes,
                    "logs": prepared.simulation.logs,
                }),
            );
        }
        Err(error) => {
            text.push_str(&format!("simulation    fails: {error}\nnothing was sent."));
            extend(
                value,
                json!({"simulation": "fails", "error": error.to_string()}),
            );
        }
    }
}

/// Adds the fields of one object to another.
fn extend(value: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.extend(more);
    }
}
