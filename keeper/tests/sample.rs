//! The committed sample: its sections show the defaults, those it shows as comments too.
#![allow(clippy::unwrap_used, reason = "a broken expectation is a failed test")]

use std::fs;

use primis_keeper::config::{Config, PriceKind, RevenueConfig, RevenueKind};

const SAMPLE: &str = include_str!("../keeper.sample.toml");
const ADDRESS: &str = "So11111111111111111111111111111111111111112";

fn load(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.toml");
    fs::write(&path, text).unwrap();
    Config::load(&path).unwrap()
}

/// The least that is asked for, with `more`.
fn short(more: &str) -> Config {
    let chain = "[chain]\nrpc_urls = [\"http://a.example\"]\nkeypair_path = \"k\"\n";
    load(&format!("{chain}{more}"))
}

#[test]
fn the_sections_of_revenue_are_their_defaults() {
    let shown = load(SAMPLE).revenue.unwrap();
    let left_out = short(
        r#"
        [revenue]
        kind = "stripe"
        [revenue.ledger]
        url = "http://127.0.0.1:8080"
        secret_path = "revenue.secret"
        [revenue.stripe]
        api_key_path = "stripe.key"
        [revenue.file]
        path = "revenue.csv"
        "#,
    );
    let left_out = left_out.revenue.unwrap();
    assert_eq!(
        (shown.kind, left_out.kind),
        (RevenueKind::Ledger, RevenueKind::Stripe)
    );
    let sections = |config: &RevenueConfig| {
        let RevenueConfig {
            ledger,
            stripe,
            file,
            ..
        } = config;
        format!("{ledger:?} {stripe:?} {file:?}")
    };
    assert_eq!(sections(&shown), sections(&left_out));
}

#[test]
fn the_commented_section_of_the_price_account_is_read_and_shows_its_defaults() {
    let commented: String = SAMPLE
        .lines()
        .skip_while(|line| *line != "# [price.account]")
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim_start_matches("# "))
        .filter(|line| line.starts_with('[') || line.contains(" = "))
        .map(|line| format!("{line}\n"))
        .collect();
    let shown = commented.replace("\"...\"", &format!("{ADDRESS:?}"));
    let kind = "[price]\nkind = \"account\"\n";
    let shown = short(&format!("{kind}{shown}")).price.unwrap();
    assert_eq!(shown.kind, PriceKind::Account);
    let shown = shown.account.unwrap();
    let left_out = format!(
        "{kind}[price.account]\naddress = {ADDRESS:?}\nfeed_id = {:?}\n",
        shown.feed_id
    );
    let left_out = short(&left_out).price.unwrap().account.unwrap();
    assert_eq!(format!("{shown:?}"), format!("{left_out:?}"));
}
