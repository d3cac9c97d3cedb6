//! The metrics' names and what they mean. Units are in the names; counters end in `_total`.

use metrics::{describe_counter, describe_gauge, describe_histogram};

pub(super) const BUILD_INFO: &str = "primis_keeper_build_info";
pub(super) const PROCESS_START: &str = "process_start_time_seconds";
pub(super) const ROUNDS: &str = "primis_keeper_rounds_total";
pub(super) const ROUND_DURATION: &str = "primis_keeper_round_duration_seconds";
pub(super) const DISTRIBUTED: &str = "primis_keeper_distributed_lamports_total";
pub(super) const FUNDED: &str = "primis_keeper_funded_lamports_total";
pub(super) const WEBHOOK_SENT: &str = "primis_keeper_webhook_deliveries_total";
pub(super) const WEBHOOK_FAILURES: &str = "primis_keeper_webhook_failures_total";
pub(super) const ROUND_SUCCESS: &str = "primis_keeper_round_last_success_timestamp_seconds";
pub(super) const ROUND_FAILURE: &str = "primis_keeper_round_last_failure_timestamp_seconds";
pub(super) const DISTRIBUTION_SUCCESS: &str =
    "primis_keeper_distribution_last_success_timestamp_seconds";
pub(super) const RPC_SUCCESS: &str = "primis_keeper_rpc_last_success_timestamp_seconds";
pub(super) const RPC_FAILURE: &str = "primis_keeper_rpc_last_failure_timestamp_seconds";
pub(super) const REVENUE_SUCCESS: &str = "primis_keeper_revenue_last_success_timestamp_seconds";
pub(super) const REVENUE_FAILURE: &str = "primis_keeper_revenue_last_failure_timestamp_seconds";
pub(super) const PRICE_SUCCESS: &str = "primis_keeper_price_last_success_timestamp_seconds";
pub(super) const PRICE_FAILURE: &str = "primis_keeper_price_last_failure_timestamp_seconds";
pub(super) const WEBHOOK_SUCCESS: &str = "primis_keeper_webhook_last_success_timestamp_seconds";
pub(super) const WEBHOOK_FAILURE: &str = "primis_keeper_webhook_last_failure_timestamp_seconds";
pub(super) const READY: &str = "primis_keeper_ready";
pub(super) const NEEDS_PERSON: &str = "primis_keeper_needs_person";
pub(super) const WAITING_FOR_REVENUE: &str = "primis_keeper_waiting_for_revenue";
pub(super) const INTERVAL: &str = "primis_keeper_interval_seconds";
pub(super) const CHAIN_INTERVAL_END: &str = "primis_keeper_chain_interval_end_timestamp_seconds";
pub(super) const CHAIN_CLOCK: &str = "primis_keeper_chain_clock_timestamp_seconds";
pub(super) const WALLET: &str = "primis_keeper_wallet_lamports";
pub(super) const WALLET_RESERVE: &str = "primis_keeper_wallet_reserve_lamports";
pub(super) const WALLET_LOW: &str = "primis_keeper_wallet_low_lamports";
pub(super) const VAULT_FUNDED: &str = "primis_keeper_vault_funded_lamports";
pub(super) const PRICE: &str = "primis_keeper_sol_price_nano_usd";
pub(super) const REVENUE_BEHIND: &str = "primis_keeper_revenue_behind_seconds";
pub(super) const REVENUE_HELD: &str = "primis_keeper_revenue_held_total";
pub(super) const PRICE_HELD: &str = "primis_keeper_price_held_total";
pub(super) const PRICE_AGE: &str = "primis_keeper_sol_price_age_seconds";

/// How a round can end, the label `outcome` of [`ROUNDS`].
pub(super) const OUTCOMES: [&str; 9] = [
    "waiting",
    "standby",
    "landed",
    "already_distributed",
    "expired",
    "in_flight",
    "failed",
    "needs_a_person",
    "try_later",
];

/// Counters without labels.
pub(super) const COUNTERS: [&str; 4] = [DISTRIBUTED, FUNDED, WEBHOOK_SENT, WEBHOOK_FAILURES];

/// Gauges without labels.
pub(super) const GAUGES: [&str; 24] = [
    REVENUE_BEHIND,
    ROUND_SUCCESS,
    ROUND_FAILURE,
    DISTRIBUTION_SUCCESS,
    RPC_SUCCESS,
    RPC_FAILURE,
    REVENUE_SUCCESS,
    REVENUE_FAILURE,
    PRICE_SUCCESS,
    PRICE_FAILURE,
    WEBHOOK_SUCCESS,
    WEBHOOK_FAILURE,
    READY,
    NEEDS_PERSON,
    WAITING_FOR_REVENUE,
    INTERVAL,
    CHAIN_INTERVAL_END,
    CHAIN_CLOCK,
    WALLET,
    WALLET_RESERVE,
    WALLET_LOW,
    VAULT_FUNDED,
    PRICE,
    PRICE_AGE,
];

/// Tells the recorder what each is.
pub(super) fn describe() {
    for (name, help) in COUNTER_HELP {
        describe_counter!(name, help);
    }
    for (name, help) in GAUGE_HELP {
        describe_gauge!(name, help);
    }
    describe_histogram!(ROUND_DURATION, "How long a round took.");
}

const COUNTER_HELP: [(&str, &str); 7] = [
    (
        REVENUE_HELD,
        "Times revenue could not be measured, by cause.",
    ),
    (
        PRICE_HELD,
        "Times there was no price to distribute at, by cause.",
    ),
    (ROUNDS, "Rounds by how they ended."),
    (DISTRIBUTED, "Lamports distributed by this process."),
    (FUNDED, "Lamports funded by this process."),
    (WEBHOOK_SENT, "Messages the webhook took."),
    (WEBHOOK_FAILURES, "Tries to deliver a message that failed."),
];

const GAUGE_HELP: [(&str, &str); 26] = [
    (
        REVENUE_BEHIND,
        "How far the source of revenue was behind the window asked for last.",
    ),
    (BUILD_INFO, "Always 1; the label is the version."),
    (PROCESS_START, "When this process began, Unix seconds."),
    (ROUND_SUCCESS, "When a round last succeeded."),
    (ROUND_FAILURE, "When a round last failed."),
    (
        DISTRIBUTION_SUCCESS,
        "When the vault was last distributed to, whoever did it, by the cluster's clock.",
    ),
    (RPC_SUCCESS, "When the chain was last read."),
    (
        RPC_FAILURE,
        "When a round last failed because no RPC answered.",
    ),
    (
        REVENUE_SUCCESS,
        "When revenue was last measured; only asked for when a window has ended.",
    ),
    (
        REVENUE_FAILURE,
        "When a round last failed because revenue could not be measured.",
    ),
    (
        PRICE_SUCCESS,
        "When a price was last used; only asked for when there is revenue to convert.",
    ),
    (
        PRICE_FAILURE,
        "When a round last failed because there was no price, or an old or uncertain one.",
    ),
    (WEBHOOK_SUCCESS, "When the webhook last took a message."),
    (WEBHOOK_FAILURE, "When it last did not."),
    (
        READY,
        "1 where the keeper is able to distribute, as /readyz says, else 0.",
    ),
    (
        NEEDS_PERSON,
        "1 where the last round ended with something only a person can see to, else 0.",
    ),
    (
        WAITING_FOR_REVENUE,
        "1 where all that is settled is too little to distribute, else 0.",
    ),
    (INTERVAL, "Length of a window, as configured."),
    (
        CHAIN_INTERVAL_END,
        "Where the vault's last distribution ended.",
    ),
    (CHAIN_CLOCK, "The cluster's clock."),
    (WALLET, "Lamports in the keeper's wallet."),
    (
        WALLET_RESERVE,
        "Lamports a distribution leaves in the wallet, as configured.",
    ),
    (
        WALLET_LOW,
        "Lamports below which the wallet is worth an alert, as configured.",
    ),
    (VAULT_FUNDED, "Lamports funded and not yet distributed."),
    (PRICE, "Nano-USD for one SOL, as last used."),
    (PRICE_AGE, "Age of that price when it was used."),
];
