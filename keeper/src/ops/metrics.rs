//! Metrics, in Prometheus' terms. Amounts are lamports, times Unix seconds of the cluster's clock.

use std::{sync::OnceLock, time::Duration};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    chain::ChainState,
    error::Error,
    keeper::{Outcome, SOURCE},
};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once; renders what it recorded.
pub fn install() -> PrometheusHandle {
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder is installed: /metrics stays empty");
            }
            describe();
            handle
        })
        .clone()
}

fn describe() {
    describe_counter!("primis_keeper_rounds_total", "Rounds by how they ended.");
    describe_counter!(
        "primis_keeper_distributed_lamports_total",
        "Lamports distributed by this process."
    );
    describe_counter!(
        "primis_keeper_funded_lamports_total",
        "Lamports funded by this process."
    );
    describe_histogram!("primis_keeper_round_seconds", "How long a round took.");
    describe_gauge!(
        "primis_keeper_last_interval_id",
        "Where the vault's last distribution ended, Unix seconds."
    );
    describe_gauge!(
        "primis_keeper_chain_clock",
        "The cluster's clock, Unix seconds."
    );
    describe_gauge!(
        "primis_keeper_wallet_lamports",
        "Lamports in the keeper's wallet."
    );
    describe_gauge!(
        "primis_keeper_vault_funded_lamports",
        "Lamports funded and not yet distributed."
    );
    describe_gauge!(
        "primis_keeper_price_nano_usd",
        "Nano-USD for one SOL, as last used."
    );
    describe_gauge!(
        "primis_keeper_price_age_seconds",
        "Age of that price when it was used."
    );
}

/// Records a round.
pub fn round(result: &Result<Outcome, Error>, took: Duration) {
    let outcome = match result {
        Ok(Outcome::Waiting { .. }) => "waiting",
        Ok(Outcome::Standby { .. }) => "standby",
        Ok(Outcome::Landed { interval, .. }) => {
            counter!("primis_keeper_distributed_lamports_total")
                .increment(interval.distribute_lamports);
            counter!("primis_keeper_funded_lamports_total").increment(interval.fund_lamports);
            "landed"
        }
        Ok(Outcome::AlreadyDistributed { .. }) => "already_distributed",
        Ok(Outcome::Expired { .. }) => "expired",
        Ok(Outcome::InFlight { .. }) => "in_flight",
        Err(error) => error.exit().name(),
    };
    counter!("primis_keeper_rounds_total", "outcome" => outcome).increment(1);
    histogram!("primis_keeper_round_seconds").record(took.as_secs_f64());
}

/// Records what was read of the chain.
pub fn chain(state: &ChainState) {
    let source = state.vault.source(SOURCE);
    set("primis_keeper_last_interval_id", source.last_interval_id);
    set("primis_keeper_chain_clock", state.now);
    set(
        "primis_keeper_wallet_lamports",
        i64::try_from(state.wallet_lamports).unwrap_or(i64::MAX),
    );
    set(
        "primis_keeper_vault_funded_lamports",
        i64::try_from(source.funded_lamports).unwrap_or(i64::MAX),
    );
}

/// Records a price that was used.
pub fn price(nano_usd_per_sol: u64, age_seconds: i64) {
    set(
        "primis_keeper_price_nano_usd",
        i64::try_from(nano_usd_per_sol).unwrap_or(i64::MAX),
    );
    set("primis_keeper_price_age_seconds", age_seconds);
}

/// A gauge is a float by Prometheus' format; nothing is computed from it here.
#[expect(
    clippy::cast_precision_loss,
    reason = "shown, never computed with; exact below 2^53"
)]
fn set(name: &'static str, value: i64) {
    gauge!(name).set(value as f64);
}
