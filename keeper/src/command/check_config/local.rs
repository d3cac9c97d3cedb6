//! What this machine can tell: values, files, their permissions, the database, the port.

use std::{
    fs::{File, remove_file},
    net::SocketAddr,
    path::Path,
};

use solana_signer::Signer as _;
use tokio::net::TcpListener;

use super::{Findings, rpc};
use crate::{
    command::healthcheck::alive,
    config::{Config, RevenueKind, is_private, read_keypair},
    memory::Memory,
    ops::alerts::Webhook,
    price::PriceSource,
    revenue,
};

/// Checks all of it.
pub(super) async fn check(config: &Config, findings: &mut Findings) {
    for problem in config.problems() {
        findings.error(problem.key, problem.message);
    }
    keys(config, findings);
    for (key, path) in secrets(config) {
        permissions(key, path, findings);
    }
    match revenue::from_config(config.revenue.as_ref()) {
        Ok(_) => findings.ok("revenue", "the source is set up"),
        Err(error) => findings.error("revenue", error.to_string()),
    }
    match PriceSource::from_config(config.price.as_ref(), &rpc(config)) {
        Ok(PriceSource::Fixed(_)) => findings.warning(
            "price",
            "a SOL always costs the same, whatever the market says: for demonstrations only",
        ),
        Ok(_) => findings.ok("price", "the source is set up"),
        Err(error) => findings.error("price", error.to_string()),
    }
    let is_model = |kind: RevenueKind| kind == RevenueKind::Simulator;
    if config
        .revenue
        .as_ref()
        .is_some_and(|revenue| is_model(revenue.kind))
    {
        findings.warning(
            "revenue.kind",
            "revenue is a model's, and what it says is paid from the wallet: for demonstrations only",
        );
    }
    match Webhook::from_config(&config.alerts) {
        Ok(Some(_)) => findings.ok("alerts", "messages go to a webhook"),
        Ok(None) => findings.warning(
            "alerts",
            "nobody is told when a person is wanted: set webhook_url_path, or watch /metrics with the alert rules in keeper/deploy",
        ),
        Err(error) => findings.error("alerts", error.to_string()),
    }
    memory(&config.memory.path, findings).await;
    listen(config.ops.listen, findings).await;
}

fn keys(config: &Config, findings: &mut Findings) {
    let key = "chain.keypair_path";
    match read_keypair(&config.chain.keypair_path, key) {
        Ok(keypair) => findings.ok(key, format!("the key of {}", keypair.pubkey())),
        Err(error) => findings.error(key, error.to_string()),
    }
    let key = "chain.vault";
    match config.vault() {
        Ok(vault) => findings.ok(key, vault.to_string()),
        Err(error) => findings.error(key, error.to_string()),
    }
    // Only `init-vault` needs it; where the vault runs, the authority's key lies elsewhere.
    let authority = config
        .init
        .as_ref()
        .and_then(|init| init.authority_keypair_path.as_ref());
    if let Some(path) = authority.filter(|path| path.exists()) {
        findings.warning(
            "init.authority_keypair_path",
            format!(
                "{} lies on this machine: once the vault exists, keep the authority's key elsewhere",
                path.display()
            ),
        );
    }
}

/// The files that hold secrets.
fn secrets(config: &Config) -> Vec<(&'static str, &Path)> {
    let ledger = config
        .revenue
        .as_ref()
        .and_then(|revenue| revenue.ledger.as_ref());
    let stripe = config
        .revenue
        .as_ref()
        .and_then(|revenue| revenue.stripe.as_ref());
    let hermes = config
        .price
        .as_ref()
        .and_then(|price| price.hermes.as_ref());
    let init = config.init.as_ref();
    let named = [
        (
            "chain.keypair_path",
            Some(config.chain.keypair_path.as_path()),
        ),
        (
            "revenue.ledger.secret_path",
            ledger.map(|ledger| ledger.secret_path.as_path()),
        ),
        (
            "revenue.stripe.api_key_path",
            stripe.map(|stripe| stripe.api_key_path.as_path()),
        ),
        (
            "price.hermes.api_key_path",
            hermes.and_then(|hermes| hermes.api_key_path.as_deref()),
        ),
        (
            "alerts.webhook_url_path",
            config.alerts.webhook_url_path.as_deref(),
        ),
        ("alerts.secret_path", config.alerts.secret_path.as_deref()),
        (
            "init.authority_keypair_path",
            init.and_then(|init| init.authority_keypair_path.as_deref()),
        ),
    ];
    named
        .into_iter()
        .filter_map(|(key, path)| Some((key, path?)))
        .collect()
}

fn permissions(key: &str, path: &Path, findings: &mut Findings) {
    // A file that is not there is told where it is needed.
    if is_private(path).is_ok_and(|private| !private) {
        let path = path.display();
        findings.warning(
            key,
            format!("everybody on this machine can read or change {path}: `chmod 600 {path}`"),
        );
    }
}

async fn memory(path: &Path, findings: &mut Findings) {
    let key = "memory.path";
    if path.exists() {
        match Memory::check_file_writable(path).await {
            Ok(()) => findings.ok(key, format!("{} can be written", path.display())),
            Err(error) => findings.error(key, error.to_string()),
        }
        return;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let probe = folder.join(format!(".primis-keeper-check-{}", std::process::id()));
    match File::create_new(&probe).and_then(|_| remove_file(&probe)) {
        Ok(()) => findings.ok(key, format!("{} will be created", path.display())),
        Err(error) => findings.error(
            key,
            format!(
                "{} cannot be written: {error}; create the folder and give it to the keeper's user",
                folder.display()
            ),
        ),
    }
}

async fn listen(address: SocketAddr, findings: &mut Findings) {
    let key = "ops.listen";
    let Err(error) = TcpListener::bind(address).await else {
        if !address.ip().is_loopback() {
            findings.warning(
                key,
                format!("{address} can be reached from other machines: health and metrics tell what the wallet holds"),
            );
        } else {
            findings.ok(key, format!("{address} is free"));
        }
        return;
    };
    match alive(address).await {
        Ok(_) => findings.warning(
            key,
            format!(
                "a keeper listens at {address} already: stop it before another is started here"
            ),
        ),
        Err(_) => findings.error(
            key,
            format!("{address} cannot be listened to: {error}; choose another address or port"),
        ),
    }
}
