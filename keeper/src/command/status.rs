//! `status`: the vault, the wallet, and what the keeper remembers.

use serde_json::json;
use solana_signer::Signer;

use super::describe::attempt_json;
use crate::{
    chain::{ChainState, Rpc},
    cli::Output,
    config::{Config, read_keypair},
    error::{Error, Exit},
    human::{Sol, Time},
    keeper::{SOURCE, rules},
    memory::Memory,
    plan::{Action, Known, plan},
};

/// Attempts that are shown.
const SHOWN_ATTEMPTS: u32 = 5;

/// Reads the chain and the memory.
///
/// # Errors
/// Whatever reading fails with.
pub async fn status(config: &Config, output: Output) -> Result<Exit, Error> {
    let keypair = read_keypair(&config.chain.keypair_path, "chain.keypair_path")?;
    let rpc = Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config());
    let state = ChainState::read(&rpc, config.vault()?, keypair.pubkey()).await?;
    let facts = state.facts(SOURCE, &keypair.pubkey());
    // Without revenue the plan ends in a question exactly where something is due.
    let (due, trouble) = match plan(&facts, &Known::default(), &rules(config)) {
        Action::Wait { until, .. } => (until, None),
        Action::NeedsPerson(trouble) => (state.now, Some(trouble)),
        _ => (state.now, None),
    };
    let attempts = match Memory::open_to_read(&config.memory.path).await? {
        Some(memory) => {
            memory
                .recent(&state.vault_address, SOURCE as u8, SHOWN_ATTEMPTS)
                .await?
        }
        None => Vec::new(),
    };
    let source = state.vault.source(SOURCE);
    let staked = state.total_value_lamports().unwrap_or(u64::MAX);
    let exit = if trouble.is_some() {
        Exit::NeedsPerson
    } else {
        Exit::Done
    };
    let mut text = format!(
        "chain clock    {} (slot {})\nvault          {}\nkeeper         {} ({} in its wallet)\nstaked         {}\ndistributed    until {}, {} times, {} in all\nfunded         {} waiting\nnext due       {}",
        Time(state.now),
        state.slot,
        state.vault_address,
        keypair.pubkey(),
        Sol(state.wallet_lamports),
        Sol(staked),
        Time(source.last_interval_id),
        source.distribution_count,
        Sol(source.distributed_total_lamports),
        Sol(source.funded_lamports),
        if due <= state.now {
            "now".to_owned()
        } else {
            Time(due).to_string()
        },
    );
    if let Some(trouble) = &trouble {
        text.push_str(&format!("\na person must act: {trouble}"));
    }
    for attempt in &attempts {
        text.push_str(&format!(
            "\nattempt {:<6} {:<10} until {}: {}{}",
            attempt.id,
            attempt.state.name(),
            Time(attempt.interval_id),
            Sol(attempt.distribute_lamports),
            attempt
                .note
                .as_ref()
                .map(|note| format!(" ({note})"))
                .unwrap_or_default()
        ));
    }
    let value = json!({
        "chain_clock_unix_seconds": state.now,
        "slot": state.slot,
        "vault": state.vault_address.to_string(),
        "keeper": keypair.pubkey().to_string(),
        "is_keeper": facts.is_keeper,
        "is_paused": facts.is_paused,
        "wallet_lamports": state.wallet_lamports.to_string(),
        "total_value_lamports": staked.to_string(),
        "last_interval_id": source.last_interval_id,
        "last_distributed_unix_seconds": source.last_distributed_at,
        "distribution_count": source.distribution_count,
        "distributed_total_lamports": source.distributed_total_lamports.to_string(),
        "funded_lamports": source.funded_lamports.to_string(),
        "next_due_unix_seconds": due,
        "trouble": trouble.map(|trouble| trouble.code()),
        "message": trouble.map(|trouble| trouble.to_string()),
        "attempts": attempts.iter().map(attempt_json).collect::<Vec<_>>(),
        "outcome": exit.name(),
        "exit_code": exit.code(),
    });
    output.print(&text, &value);
    Ok(exit)
}
