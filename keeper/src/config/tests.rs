//! Reading, overriding and checking.

use std::collections::HashMap;

use config::{File, FileFormat};

use super::{
    load::{environment, from_sources},
    *,
};
use crate::error::Error;

const SAMPLE: &str = include_str!("../../keeper.sample.toml");

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
    load_set(text, variables, &[])
}

fn load_set(text: &str, variables: &[(&str, &str)], settings: &[&str]) -> Result<Config, Error> {
    let settings: Vec<Setting> = settings.iter().map(|s| s.parse().unwrap()).collect();
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let config = from_sources(
        File::from_str(text, FileFormat::Toml),
        environment().source(Some(variables)),
        &settings,
    )?;
    config.validate()?;
    Ok(config)
}

#[test]
fn the_sample_is_read_whole() {
    let config = load(SAMPLE, &[]).unwrap();
    assert_eq!(config.schedule, ScheduleConfig::default());
    assert_eq!(config.staking, StakingConfig::default());
    let shown = |alerts: &AlertsConfig| format!("{alerts:?}");
    assert_eq!(shown(&config.alerts), shown(&AlertsConfig::default()));
    assert_eq!(
        config.vault().unwrap(),
        primis_vault_interface::vault_address(1)
    );
    let init = config.init.unwrap();
    assert_eq!(init.config.compute_split.stakers_bps, 5_000);
    let price = config.price.unwrap();
    assert_eq!(price.kind, PriceKind::Hermes);
    assert!(price.hermes.unwrap().check_binary);
    let revenue = config.revenue.unwrap();
    assert_eq!(revenue.kind, RevenueKind::Ledger);
    assert_eq!(revenue.ledger.unwrap().amount, LedgerAmount::Fee);
    assert!(revenue.file.unwrap().less_cost);
}

#[test]
fn variables_override_the_file() {
    let vault = primis_vault_interface::vault_address(7).to_string();
    let config = load(
        SAMPLE,
        &[
            ("PRIMIS__CHAIN__VAULT", &vault),
            (
                "PRIMIS__CHAIN__RPC_URLS",
                "http://a.example,http://b.example",
            ),
            ("PRIMIS__SCHEDULE__INTERVAL_SECONDS", "10"),
            ("PRIMIS__REVENUE__KIND", "simulator"),
            ("PRIMIS__REVENUE__STRIPE__CATEGORIES", "charge,refund"),
            ("PRIMIS_API__LISTEN", "ignored"),
        ],
    )
    .unwrap();
    assert_eq!(config.vault().unwrap().to_string(), vault);
    assert_eq!(config.chain.rpc_urls.len(), 2);
    assert_eq!(config.schedule.interval_seconds, 10);
    let revenue = config.revenue.unwrap();
    assert_eq!(revenue.kind, RevenueKind::Simulator);
    assert_eq!(revenue.stripe.unwrap().categories, ["charge", "refund"]);
}

#[test]
fn price_accounts_are_read_and_each_mint_is_named_once() {
    let address = primis_vault_interface::NATIVE_MINT;
    let entry = format!("\n[[price_accounts]]\nmint = \"{address}\"\naccount = \"{address}\"\n");
    let once = load(&format!("{SAMPLE}{entry}"), &[]).unwrap();
    assert_eq!(
        once.price_accounts,
        [PriceAccountConfig {
            mint: address,
            account: address,
            quote_account: None
        }]
    );
    let twice = load(&format!("{SAMPLE}{entry}{entry}"), &[]).unwrap_err();
    assert!(twice.to_string().contains("twice"), "{twice}");
    let wrong = load(&format!("{SAMPLE}{entry}quote_account = \"x\"\n"), &[]).unwrap_err();
    assert!(wrong.to_string().contains("base58"), "{wrong}");
}

#[test]
fn mistakes_are_named() {
    for (variable, value, named) in [
        ("PRIMIS__SCHEDULE__INTERVAL_SECOND", "10", "interval_second"),
        (
            "PRIMIS__SCHEDULE__INTERVAL_SECONDS",
            "0",
            "interval_seconds",
        ),
        (
            "PRIMIS__SCHEDULE__INTERVAL_SECONDS",
            "-5",
            "interval_seconds",
        ),
        (
            "PRIMIS__SCHEDULE__MIN_DISTRIBUTION_LAMPORTS",
            "0",
            "min_distribution_lamports",
        ),
        ("PRIMIS__CHAIN__VAULT", "not-an-address", "vault"),
        (
            "PRIMIS__CHAIN__RPC_URLS",
            "http://127.0.0.1:8899,ws://127.0.0.1:8900",
            "rpc_urls: address 2",
        ),
        (
            "PRIMIS__CHAIN__RPC_URLS",
            "localhost",
            "rpc_urls: address 1",
        ),
        ("PRIMIS__CHAIN__COMMITMENT", "processed", "commitment"),
        ("PRIMIS__REVENUE__KIND", "paypal", "paypal"),
        ("PRIMIS__REVENUE__LEDGER__AMOUNT", "gross", "gross"),
        (
            "PRIMIS__REVENUE__STRIPE__SHARE_BPS",
            "0",
            "stripe.share_bps",
        ),
        (
            "PRIMIS__REVENUE__FILE__SHARE_BPS",
            "10001",
            "file.share_bps",
        ),
        (
            "PRIMIS__REVENUE__STRIPE__SETTLE_GRACE_SECONDS",
            "59",
            "settle_grace_seconds",
        ),
        ("PRIMIS__STAKING__LOOK_SECONDS", "0", "look_seconds"),
        ("PRIMIS__STAKING__LOOK_SECOND", "1", "look_second"),
        (
            "PRIMIS__STAKING__REFILL_BELOW_PERCENT",
            "101",
            "refill_below_percent",
        ),
        (
            "PRIMIS__STAKING__MAX_STAKE_ACCOUNT_LAMPORTS",
            "1",
            "max_stake_account_lamports",
        ),
        (
            "PRIMIS__FEES__FLOOR_MICRO_LAMPORTS",
            "2000000",
            "floor_micro_lamports",
        ),
        (
            "PRIMIS__FEES__COMPUTE_UNIT_PRICE_PERCENTILE",
            "101",
            "percentile",
        ),
    ] {
        let error = load(SAMPLE, &[(variable, value)]).unwrap_err().to_string();
        assert!(error.contains(named), "{variable}={value}: {error}");
    }
}

#[test]
fn the_command_line_overrides_variables_and_variables_the_file() {
    let seconds = |config: Config| config.schedule.interval_seconds;
    let variable = [("PRIMIS__SCHEDULE__INTERVAL_SECONDS", "10")];
    assert_eq!(seconds(load(SAMPLE, &[]).unwrap()), 600);
    assert_eq!(seconds(load(SAMPLE, &variable).unwrap()), 10);
    let set = [
        "schedule.interval_seconds=20",
        "schedule.interval_seconds=30",
    ];
    let config = load_set(SAMPLE, &variable, &set).unwrap();
    assert_eq!(
        config.schedule.settle_grace_seconds, 3,
        "its neighbours stay"
    );
    assert_eq!(seconds(config), 30, "the last one counts");
    let urls = ["chain.rpc_urls=http://a,http://b"];
    let variable = [("PRIMIS__CHAIN__RPC_URLS", "http://c")];
    let config = load_set(SAMPLE, &variable, &urls).unwrap();
    assert_eq!(config.chain.rpc_urls, ["http://a", "http://b"]);
    let typo = load_set(SAMPLE, &[], &["schedule.interval=1"]).unwrap_err();
    assert!(typo.to_string().contains("interval"), "{typo}");
}

#[test]
fn every_problem_is_listed_at_once() {
    let set = [
        "schedule.interval_seconds=0",
        "fees.compute_unit_price_percentile=101",
        "alerts.webhook_url=ftp://h",
    ];
    let error = load_set(SAMPLE, &[], &set).unwrap_err().to_string();
    for named in ["interval_seconds", "percentile", "alerts.webhook_url"] {
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn addresses_that_may_carry_a_key_are_not_shown() {
    let set = [
        "chain.rpc_urls=https://rpc.example/?api-key=s3cret",
        "alerts.webhook_url=https://hooks.example/s3cret",
    ];
    let shown = format!("{:?}", load_set(SAMPLE, &[], &set).unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}
