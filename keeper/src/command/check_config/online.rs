//! What the network can tell: RPCs, the vault and the keeper's part in it, price, revenue.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer as _;

use super::{Findings, rpc};
use crate::{
    chain::{ChainState, Rpc, due_refreshes},
    config::{Config, read_keypair},
    human::{Sol, Time, Usd},
    keeper::SOURCE,
    plan::Revenue,
    price::PriceSource,
    revenue::{self, Stretch},
};

/// How far this machine's clock may be off the cluster's before it is worth a word, seconds:
/// requests to the platform are dated by it.
const CLOCK_OFF_SECONDS: u64 = 60;

/// Checks all of it; what cannot be asked because something before it failed is left out.
pub(super) async fn check(config: &Config, findings: &mut Findings) {
    if !rpcs(config, findings).await {
        return;
    }
    let Some(state) = vault(config, findings).await else {
        return;
    };
    clock(state.now, findings);
    tokens(config, &state, findings);
    price(config, state.now, findings).await;
    revenue(config, &state, findings).await;
}

/// Whether at least one RPC answers, and all are of one cluster.
async fn rpcs(config: &Config, findings: &mut Findings) -> bool {
    let key = "chain.rpc_urls";
    let mut clusters = BTreeSet::new();
    let mut failures = Vec::new();
    for url in &config.chain.rpc_urls {
        let rpc = Rpc::new(std::slice::from_ref(url), config.chain.commitment.config());
        let ask = |client: Arc<RpcClient>| async move { client.get_genesis_hash().await };
        match rpc.read("getGenesisHash", ask).await {
            Ok(hash) => {
                let label = format!("{rpc:?}");
                let label = label.trim_matches(['[', ']', '"']);
                findings.ok(key, format!("{label} answers, of cluster {hash}"));
                clusters.insert(hash);
            }
            Err(error) => failures.push(error.to_string()),
        }
    }
    for failure in failures {
        let advice = "check the address, its key and the network, or leave it out";
        // The keeper works while one of them does.
        if clusters.is_empty() {
            findings.error(key, format!("{failure}; {advice}"));
        } else {
            findings.warning(key, format!("{failure}; {advice}"));
        }
    }
    if clusters.len() > 1 {
        findings.error(
            key,
            "the addresses are of different clusters: leave only those of one",
        );
    }
    clusters.len() == 1
}

async fn vault(config: &Config, findings: &mut Findings) -> Option<ChainState> {
    let address = config.vault().ok()?;
    let keypair = read_keypair(&config.chain.keypair_path, "chain.keypair_path").ok()?;
    let rpc = rpc(config);
    let state = match ChainState::read(&rpc, address, keypair.pubkey()).await {
        Ok(state) => state,
        Err(error) => {
            findings.error("vault", error.to_string());
            return None;
        }
    };
    let facts = state.facts(SOURCE, &keypair.pubkey());
    let until = Time(facts.last_interval_id);
    findings.ok("vault", format!("exists, distributed until {until}"));
    if facts.is_keeper {
        findings.ok("keeper", "the key is the vault's keeper");
    } else {
        findings.error(
            "keeper",
            format!(
                "the vault's keeper is {}, this key is {}: use the keeper's keypair, or let the vault's authority call set_keeper",
                state.vault.keeper,
                keypair.pubkey()
            ),
        );
    }
    if facts.is_paused {
        findings.warning(
            "vault",
            "distributions are paused: its authority lifts that with set_pause",
        );
    }
    wallet(config, facts.wallet_lamports, findings);
    rules(config, &state, findings);
    Some(state)
}

fn wallet(config: &Config, lamports: u64, findings: &mut Findings) {
    let holds = format!("holds {}", Sol(lamports));
    let (reserve, low) = (
        config.fees.wallet_reserve_lamports,
        config.alerts.wallet_low_lamports,
    );
    if lamports <= reserve {
        findings.error(
            "wallet",
            format!(
                "{holds}, which is not more than its reserve of {}: send SOL to it",
                Sol(reserve)
            ),
        );
    } else if lamports < low {
        findings.warning(
            "wallet",
            format!(
                "{holds}, less than alerts.wallet_low_lamports, {}: send SOL to it",
                Sol(low)
            ),
        );
    } else {
        findings.ok("wallet", holds);
    }
}

/// The schedule against the vault's own rules.
fn rules(config: &Config, state: &ChainState, findings: &mut Findings) {
    let interval = u64::from(config.schedule.interval_seconds);
    let rules = &state.vault.config;
    if rules.min_spacing_seconds > interval {
        findings.warning(
            "schedule.interval_seconds",
            format!(
                "the vault wants {} s between two distributions: windows of {interval} s are distributed several at once",
                rules.min_spacing_seconds
            ),
        );
    }
    if rules.stream_seconds < interval {
        findings.warning(
            "schedule.interval_seconds",
            format!(
                "a distribution streams for {} s: stakers earn nothing for the rest of an interval of {interval} s",
                rules.stream_seconds
            ),
        );
    }
}

fn clock(chain_now: i64, findings: &mut Findings) {
    let here = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|time| i64::try_from(time.as_secs()).ok())
        .unwrap_or(i64::MAX);
    let off = here.abs_diff(chain_now);
    if off > CLOCK_OFF_SECONDS {
        findings.warning(
            "clock",
            format!(
                "this machine's clock is {off} s off the cluster's: set it by NTP; the platform refuses requests that are dated wrongly"
            ),
        );
    } else {
        findings.ok("clock", format!("{off} s off the cluster's"));
    }
}

fn tokens(config: &Config, state: &ChainState, findings: &mut Findings) {
    match due_refreshes(&state.pools, &config.price_accounts, state.now) {
        Ok(_) => findings.ok("price_accounts", "nothing is missing"),
        Err(error) => findings.error("price_accounts", error.to_string()),
    }
}

async fn price(config: &Config, now: i64, findings: &mut Findings) {
    let Ok(source) = PriceSource::from_config(config.price.as_ref(), &rpc(config)) else {
        return;
    };
    match source.sol_usd(now).await {
        Ok(price) => {
            let usd = Usd(i64::try_from(price.nano_usd_per_sol).unwrap_or(i64::MAX));
            findings.ok("price", format!("a SOL costs {usd}"));
        }
        Err(error) => findings.error("price", error.to_string()),
    }
}

/// Asks for the last window that has ended.
async fn revenue(config: &Config, state: &ChainState, findings: &mut Findings) {
    let Ok(source) = revenue::from_config(config.revenue.as_ref()) else {
        return;
    };
    let interval = i64::from(config.schedule.interval_seconds).max(1);
    let settled = state
        .now
        .saturating_sub(i64::from(config.schedule.settle_grace_seconds));
    let to = settled.div_euclid(interval).saturating_mul(interval);
    let stretch = Stretch {
        from: to.saturating_sub(interval),
        to,
        total_value_lamports: state.total_value_lamports().unwrap_or(u64::MAX),
        stakers_bps: state.vault.config.compute_split.stakers_bps,
    };
    match source.measure(stretch).await {
        Ok(revenue) => {
            let amount = match revenue {
                Revenue::NanoUsd(nano_usd) => Usd(nano_usd).to_string(),
                Revenue::Lamports(lamports) => Sol(lamports).to_string(),
            };
            findings.ok(
                "revenue",
                format!("{amount} from {} to {}", Time(stretch.from), Time(to)),
            );
        }
        Err(error) => findings.error("revenue", error.to_string()),
    }
}
