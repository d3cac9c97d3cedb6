//! Metrics, in Prometheus' terms. Amounts are lamports; times are Unix seconds of this machine's
//! clock, those with `chain` in their name of the cluster's.
//!
//! What may fail tells when it last succeeded and when it last failed: an alert compares the two,
//! and a restart, which forgets both, raises none.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{
    Reason,
    metric_names::{self as names, describe},
    readings::{self, Dependency},
};
use crate::{
    chain::ChainState,
    config::Config,
    error::{Error, Exit},
    keeper::{Outcome, SOURCE},
    revenue::RevenueError,
};

/// Upper bounds of the rounds' times counted, seconds: a look takes tens of milliseconds, a
/// landing seconds, an expiry a minute or more.
const ROUND_SECONDS: &[f64] = &[0.05, 0.2, 1.0, 3.0, 10.0, 30.0, 90.0, 180.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once; renders what it recorded.
pub fn install() -> PrometheusHandle {
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let builder = builder
                .set_buckets_for_metric(Matcher::Full(names::ROUND_DURATION.into()), ROUND_SECONDS)
                .unwrap_or_else(|_| PrometheusBuilder::new());
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder is installed: /metrics stays empty");
            }
            describe();
            start();
            handle
        })
        .clone()
}

/// Every series is there from the start: one that appears with its first event has no rate at it.
fn start() {
    for outcome in names::OUTCOMES {
        counter!(names::ROUNDS, "outcome" => outcome).absolute(0);
    }
    for name in names::COUNTERS {
        counter!(name).absolute(0);
    }
    for name in names::GAUGES {
        gauge!(name).set(0.0);
    }
    gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    now(names::PROCESS_START);
}

/// Records the limits the alerts compare with.
pub fn limits(config: &Config) {
    set(names::INTERVAL, i64::from(config.schedule.interval_seconds));
    set_u64(names::WALLET_RESERVE, config.fees.wallet_reserve_lamports);
    set_u64(names::WALLET_LOW, config.alerts.wallet_low_lamports);
}

/// Records a round.
pub fn round(result: &Result<Outcome, Error>, took: Duration) {
    let outcome = match result {
        Ok(Outcome::Waiting { reason, .. }) => {
            set(
                names::WAITING_FOR_REVENUE,
                i64::from(reason.is_for_revenue()),
            );
            "waiting"
        }
        Ok(Outcome::Standby { .. }) => "standby",
        Ok(Outcome::Landed { interval, .. }) => {
            counter!(names::DISTRIBUTED).increment(interval.distribute_lamports);
            counter!(names::FUNDED).increment(interval.fund_lamports);
            "landed"
        }
        Ok(Outcome::AlreadyDistributed { .. }) => "already_distributed",
        Ok(Outcome::Expired { .. }) => "expired",
        Ok(Outcome::InFlight { .. }) => "in_flight",
        Err(error) => error.exit().name(),
    };
    counter!(names::ROUNDS, "outcome" => outcome).increment(1);
    histogram!(names::ROUND_DURATION).record(took.as_secs_f64());
    let needs_person = matches!(result, Err(error) if error.exit() == Exit::NeedsPerson);
    set(names::NEEDS_PERSON, i64::from(needs_person));
    match result {
        Ok(_) => now(names::ROUND_SUCCESS),
        Err(error) => {
            now(names::ROUND_FAILURE);
            failed(error);
        }
    }
    tell(result);
}

/// A dependency that failed is remembered with its cause.
fn failed(error: &Error) {
    let (dependency, name) = match error {
        Error::Rpc { .. } => (Dependency::Rpc, names::RPC_FAILURE),
        // Asked early; the platform answered.
        Error::Revenue(RevenueError::NotSettled { .. }) => return,
        Error::Revenue(_) => (Dependency::Revenue, names::REVENUE_FAILURE),
        Error::Price(_) => (Dependency::Price, names::PRICE_FAILURE),
        _ => return,
    };
    now(name);
    readings::failed(dependency, error.to_string());
}

/// The end of an attempt, for whoever reads the log.
fn tell(result: &Result<Outcome, Error>) {
    match result {
        Ok(Outcome::Landed {
            interval,
            signature,
        }) => {
            tracing::info!(interval_id = interval.interval_id, %signature, distribute_lamports = interval.distribute_lamports, fund_lamports = interval.fund_lamports, "distributed");
        }
        Ok(Outcome::AlreadyDistributed { interval }) => {
            tracing::info!(
                interval_id = interval.interval_id,
                "already distributed by another transaction"
            );
        }
        Ok(Outcome::Expired { interval }) => {
            tracing::warn!(
                interval_id = interval.interval_id,
                "the transaction expired; it is planned anew"
            );
        }
        _ => {}
    }
}

/// Records what was read of the chain.
pub fn chain(state: &ChainState) {
    let source = state.vault.source(SOURCE);
    set(names::CHAIN_INTERVAL_END, source.last_interval_id);
    set(names::DISTRIBUTION_SUCCESS, source.last_distributed_at);
    set(names::CHAIN_CLOCK, state.now);
    set_u64(names::WALLET, state.wallet_lamports);
    set_u64(names::VAULT_FUNDED, source.funded_lamports);
    now(names::RPC_SUCCESS);
    readings::succeeded(Dependency::Rpc);
    readings::chain(
        state.wallet_lamports,
        state.now.saturating_sub(source.last_interval_id),
    );
}

/// Records that the revenue of a stretch was measured.
pub fn revenue() {
    now(names::REVENUE_SUCCESS);
    readings::succeeded(Dependency::Revenue);
}

/// Records how far the source was behind what was asked for last, seconds.
pub fn revenue_behind(seconds: u64) {
    set_u64(names::REVENUE_BEHIND, seconds);
}

/// Counts a time revenue could not be measured, by its cause.
pub fn revenue_held(code: &'static str) {
    counter!(names::REVENUE_HELD, "code" => code).increment(1);
}

/// Counts a time there was no price to distribute at, by its cause.
pub fn price_held(code: &'static str) {
    counter!(names::PRICE_HELD, "code" => code).increment(1);
}

/// Records a price that was used.
pub fn price(nano_usd_per_sol: u64, age_seconds: i64) {
    set_u64(names::PRICE, nano_usd_per_sol);
    set(names::PRICE_AGE, age_seconds);
    now(names::PRICE_SUCCESS);
    readings::succeeded(Dependency::Price);
}

/// Records whether the keeper is able to distribute.
pub(super) fn ready(reasons: &[Reason]) {
    set(names::READY, i64::from(reasons.is_empty()));
}

/// Records how the delivery of a message ended.
pub(super) fn webhook(delivered: bool) {
    if delivered {
        counter!(names::WEBHOOK_SENT).increment(1);
        now(names::WEBHOOK_SUCCESS);
    } else {
        counter!(names::WEBHOOK_FAILURES).increment(1);
        now(names::WEBHOOK_FAILURE);
    }
}

fn now(name: &'static str) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    gauge!(name).set(since.map_or(0.0, |time| time.as_secs_f64()));
}

fn set_u64(name: &'static str, value: u64) {
    set(name, i64::try_from(value).unwrap_or(i64::MAX));
}

/// A gauge is a float by Prometheus' format; nothing is computed from it here.
#[expect(
    clippy::cast_precision_loss,
    reason = "shown, never computed with; exact below 2^53"
)]
fn set(name: &'static str, value: i64) {
    gauge!(name).set(value as f64);
}
