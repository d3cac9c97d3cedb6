//! SIGHUP: the configuration is read again, and what cannot break anything is taken over: RPC
//! endpoints, fees, prices and their bounds, the backup's delay. What a distribution covers, who
//! signs it and where it is remembered stay until the next start.

use std::fmt::Debug;

use metrics::{counter, describe_counter};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{cli::Output, config::Config, error::Error, keeper::Keeper, ops};

/// The configuration in use, and the signal that asks for another.
pub(super) struct Reload {
    config: Config,
    signal: Signal,
}

impl Reload {
    /// Listens for SIGHUP from now on.
    ///
    /// # Errors
    /// [`Error::System`].
    pub(super) fn listen(config: &Config) -> Result<Self, Error> {
        let signal = signal(SignalKind::hangup()).map_err(|e| Error::System {
            what: "listening to SIGHUP".into(),
            cause: e.to_string(),
        })?;
        Ok(Self {
            config: config.clone(),
            signal,
        })
    }

    /// The configuration in use.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Waits for the signal; one that came in the meantime counts.
    pub(super) async fn asked(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending().await
        }
    }

    /// Reads the configuration; returns the keeper by its safe settings, or as it was.
    pub(super) async fn apply(&mut self, keeper: Keeper, output: Output) -> Keeper {
        let read = async {
            let new = self.config.reload()?;
            let taken = merged(&self.config, &new);
            let keeper = keeper.with_settings(&taken).await?;
            Ok::<_, Error>((needing_restart(&taken, &new), taken, keeper))
        };
        match read.await {
            Ok((restart, taken, keeper)) => {
                count(if restart.is_empty() {
                    "taken"
                } else {
                    "taken_in_part"
                });
                self.config = taken;
                ops::metrics::limits(&self.config);
                let mut text = "the configuration was read again".to_owned();
                if !restart.is_empty() {
                    text.push_str(&format!(
                        "; changes in {} are not taken: restart the keeper for them",
                        restart.join(", ")
                    ));
                    tracing::warn!(sections = ?restart, "changed settings need a restart");
                }
                output.print(
                    &text,
                    &json!({"event": "reloaded", "needs_restart": restart}),
                );
                keeper
            }
            Err(error) => {
                count("refused");
                let error = error.to_string();
                tracing::error!(error, "the new configuration is refused, the old one stays");
                output.print(
                    &format!("the new configuration is refused, the old one stays: {error}"),
                    &json!({"event": "reload_refused", "error": error}),
                );
                keeper
            }
        }
    }
}

/// The configuration in use with the safe settings of the new one.
fn merged(used: &Config, new: &Config) -> Config {
    let mut merged = used.clone();
    merged.chain.rpc_urls.clone_from(&new.chain.rpc_urls);
    merged.schedule.backup_delay_seconds = new.schedule.backup_delay_seconds;
    merged.price.clone_from(&new.price);
    merged.price_accounts.clone_from(&new.price_accounts);
    merged.fees = new.fees;
    merged
}

/// Sections of the new configuration that say something else than what is used.
fn needing_restart(used: &Config, new: &Config) -> Vec<&'static str> {
    let differ = |a: &dyn Debug, b: &dyn Debug| format!("{a:?}") != format!("{b:?}");
    let sections: [(&str, &dyn Debug, &dyn Debug); 8] = [
        ("chain", &used.chain, &new.chain),
        ("schedule", &used.schedule, &new.schedule),
        ("revenue", &used.revenue, &new.revenue),
        ("staking", &used.staking, &new.staking),
        ("memory", &used.memory, &new.memory),
        ("ops", &used.ops, &new.ops),
        ("alerts", &used.alerts, &new.alerts),
        ("init", &used.init, &new.init),
    ];
    let mut changed: Vec<_> = sections
        .into_iter()
        .filter(|(_, used, new)| differ(used, new))
        .map(|(name, ..)| name)
        .collect();
    if changed.is_empty() && differ(used, new) {
        changed.push("another section");
    }
    changed
}

/// Says what the metric means; after the recorder is installed.
pub(super) fn describe_metrics() {
    describe_counter!(
        "primis_keeper_config_reloads_total",
        "Configurations read again on SIGHUP: taken, taken_in_part (the rest needs a restart), refused."
    );
    for result in ["taken", "taken_in_part", "refused"] {
        counter!("primis_keeper_config_reloads_total", "result" => result).absolute(0);
    }
}

fn count(result: &'static str) {
    counter!("primis_keeper_config_reloads_total", "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    const SAMPLE: &str = include_str!("../../../keeper.sample.toml");

    fn config(replaced: &[(&str, &str)]) -> Config {
        let mut text = SAMPLE.to_owned();
        for (old, new) in replaced {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.toml");
        std::fs::write(&path, text).unwrap();
        let mut config = Config::load(&path).unwrap();
        // Read from the same file again.
        config.origin = Origin::default();
        config
    }

    #[test]
    fn safe_settings_are_taken_and_need_no_restart() {
        let used = config(&[]);
        let new = config(&[
            ("http://127.0.0.1:8899", "http://127.0.0.1:9900"),
            ("backup_delay_seconds = 0", "backup_delay_seconds = 60"),
            ("max_age_seconds = 60", "max_age_seconds = 30"),
            ("cap_micro_lamports = 1000000", "cap_micro_lamports = 7"),
        ]);
        let taken = merged(&used, &new);
        assert_eq!(needing_restart(&taken, &new), Vec::<&str>::new());
        assert_eq!(taken.chain.rpc_urls, ["http://127.0.0.1:9900"]);
        assert_eq!(taken.fees.cap_micro_lamports, 7);
        assert_eq!(taken.schedule.backup_delay_seconds, 60);
    }

    #[test]
    fn what_decides_amounts_and_signers_stays_and_is_named() {
        let used = config(&[]);
        for (old, new, section) in [
            (
                "interval_seconds = 600",
                "interval_seconds = 60",
                "schedule",
            ),
            ("\"keeper.json\"", "\"other.json\"", "chain"),
            (
                "commitment = \"confirmed\"",
                "commitment = \"finalized\"",
                "chain",
            ),
            ("kind = \"ledger\"", "kind = \"simulator\"", "revenue"),
            ("keeper.sqlite", "other.sqlite", "memory"),
            ("127.0.0.1:9464", "127.0.0.1:9465", "ops"),
        ] {
            let new = config(&[
                (old, new),
                ("cap_micro_lamports = 1000000", "cap_micro_lamports = 7"),
            ]);
            let taken = merged(&used, &new);
            assert_eq!(needing_restart(&taken, &new), [section]);
            assert_eq!(
                needing_restart(&used, &taken),
                ["another section"],
                "the fee cap alone"
            );
        }
    }
}
