//! Metrics of the duties. Times are Unix seconds of the cluster's clock.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use super::{duty::Duty, facts::StakingFacts};

/// Describes them, and gives each duty its counters, so that an alert can be written on them before
/// anything has happened.
pub(super) fn describe() {
    describe_counter!(
        "primis_keeper_duty_done_total",
        "Duties of base staking done by this process."
    );
    describe_counter!(
        "primis_keeper_duty_failed_total",
        "Duties of base staking that failed; each is tried again."
    );
    describe_counter!(
        "primis_keeper_duty_looks_failed_total",
        "Looks at the chain for duties that failed."
    );
    describe_gauge!(
        "primis_keeper_duty_last_look_timestamp_seconds",
        "When the chain was last looked at for duties."
    );
    describe_gauge!(
        "primis_keeper_duty_last_success_timestamp_seconds",
        "When a duty was last done by this process."
    );
    describe_gauge!(
        "primis_keeper_duty_due",
        "Duties that were due at the last look."
    );
    describe_gauge!(
        "primis_keeper_pool_free_lamports",
        "Lamports of the SOL pool that are not staked."
    );
    describe_gauge!(
        "primis_keeper_pool_staked_lamports",
        "Lamports of the SOL pool in stake accounts."
    );
    describe_gauge!(
        "primis_keeper_pool_ticket_lamports",
        "Lamports that withdrawal tickets wait for."
    );
    for code in Duty::CODES {
        counter!("primis_keeper_duty_done_total", "duty" => code).increment(0);
        counter!("primis_keeper_duty_failed_total", "duty" => code).increment(0);
    }
}

pub(super) fn look(facts: &StakingFacts, duties: &[Duty]) {
    set(
        "primis_keeper_duty_last_look_timestamp_seconds",
        facts.now.unsigned_abs(),
    );
    set("primis_keeper_pool_free_lamports", facts.pool.free_lamports);
    set(
        "primis_keeper_pool_staked_lamports",
        facts.pool.staked_lamports,
    );
    set(
        "primis_keeper_pool_ticket_lamports",
        facts.pool.ticket_lamports(),
    );
    for code in Duty::CODES {
        let due = duties.iter().filter(|duty| duty.code() == code).count();
        gauge!("primis_keeper_duty_due", "duty" => code)
            .set(f64::from(u32::try_from(due).unwrap_or(u32::MAX)));
    }
}

pub(super) fn look_failed() {
    counter!("primis_keeper_duty_looks_failed_total").increment(1);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "shown, never computed with; exact below 2^53"
)]
pub(super) fn done(duty: &Duty, now: i64) {
    counter!("primis_keeper_duty_done_total", "duty" => duty.code()).increment(1);
    gauge!("primis_keeper_duty_last_success_timestamp_seconds", "duty" => duty.code())
        .set(now as f64);
}

pub(super) fn failed(duty: &Duty) {
    counter!("primis_keeper_duty_failed_total", "duty" => duty.code()).increment(1);
}

/// A gauge is a float by Prometheus' format; nothing is computed from it here.
#[expect(
    clippy::cast_precision_loss,
    reason = "shown, never computed with; exact below 2^53"
)]
fn set(name: &'static str, value: u64) {
    gauge!(name).set(value as f64);
}
