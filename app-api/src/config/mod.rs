//! What the server is told: a TOML file, `PRIMIS_API__*` variables and flags, in that order.

mod accounts;
mod bounds;
mod cli;
mod gateway;
mod runs;
mod sections;
mod stripe;
mod webhooks;

use config::{Config, Environment, File, FileFormat};
use serde::de::DeserializeOwned;

pub use accounts::{Accounts, OpenIdProvider};
pub use cli::Args;
pub use gateway::{Gateway, MaxTokensField, Upstream};
pub use runs::Runs;
pub use sections::{
    Actions, Chain, Cluster, Commitment, Database, Http, Indexer, Model, Platform, PoolName, Price,
    Settings,
};
pub use stripe::{Pack, RunPack, Stripe};
pub use webhooks::Webhooks;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable cannot be read, or names an unknown key.
    #[error("configuration: {0}; app-api/app-api.sample.toml lists every key")]
    Read(#[from] config::ConfigError),
    /// A value is out of its bounds.
    #[error("configuration: {key} {problem}")]
    Invalid {
        /// The key, with its section.
        key: &'static str,
        /// What is wrong with it, and what it should be.
        problem: &'static str,
    },
    /// A file the configuration names cannot be read.
    #[error("configuration: {key} names {path}, which cannot be read: {source}")]
    File {
        /// The key, with its section.
        key: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Reads and checks the whole configuration.
///
/// # Errors
/// If the file, a variable or a flag cannot be read or is out of bounds.
pub fn load(args: &Args) -> Result<Settings, ConfigError> {
    let mut builder = Config::builder();
    if let Some(path) = &args.config {
        builder = builder.add_source(File::from(path.as_path()));
    }
    builder = builder.set_override_option("database.url", std::env::var("DATABASE_URL").ok())?;
    let mut layered = builder.build()?;
    // Variables come after the file and DATABASE_URL, flags after both.
    layered = Config::builder()
        .add_source(layered)
        .add_source(
            Environment::with_prefix("PRIMIS_API")
                .prefix_separator("__")
                .separator("__")
                .try_parsing(true),
        )
        .set_override_option("listen", args.listen.clone())?
        .set_override_option("database.url", args.database_url.clone())?
        .set_override_option("chain.rpc_url", args.rpc_url.clone())?
        .set_override_option("chain.ws_url", args.ws_url.clone())?
        .set_override_option("chain.vault", args.vault.clone())?
        .build()?;
    let settings: Settings = layered.try_deserialize()?;
    settings.validate()?;
    Ok(settings)
}

/// Reads TOML whose whole numbers are whole: the configuration's own reader takes 0.5 for one.
///
/// # Errors
/// If it is not of the type's form.
pub(crate) fn exact<T: DeserializeOwned>(text: &str) -> Result<T, config::ConfigError> {
    let values: serde_json::Value = Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()?
        .try_deserialize()?;
    serde_json::from_value(values).map_err(|error| config::ConfigError::Message(error.to_string()))
}

/// Refuses a value of a key unless it is `ok`.
fn require(ok: bool, key: &'static str, problem: &'static str) -> Result<(), ConfigError> {
    ok.then_some(())
        .ok_or(ConfigError::Invalid { key, problem })
}

/// Reads a file that holds one secret; the newline at its end is not part of it.
///
/// # Errors
/// If it cannot be read or is empty.
pub fn read_secret(key: &'static str, path: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        key,
        path: path.to_owned(),
        source,
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(ConfigError::Invalid {
            key,
            problem: "names an empty file: write the secret into it",
        });
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn from_toml(text: &str) -> Result<Settings, ConfigError> {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        load(&Args {
            config: Some(file.path().to_owned()),
            ..Args::default()
        })
    }

    #[test]
    fn the_sample_is_the_defaults() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/app-api.sample.toml");
        let args = Args {
            config: Some(sample.into()),
            ..Args::default()
        };
        assert_eq!(load(&args).unwrap(), Settings::default());
    }

    #[test]
    fn unknown_keys_and_wild_values_are_refused() {
        assert!(
            from_toml("lissten = \"x\"")
                .unwrap_err()
                .to_string()
                .contains("lissten")
        );
        assert!(
            from_toml("[platform]\nfee_bps = 10001")
                .unwrap_err()
                .to_string()
                .contains("fee_bps")
        );
        assert!(
            from_toml("[model]\ninterval_seconds = 0")
                .unwrap_err()
                .to_string()
                .contains("interval_seconds")
        );
        let twice = "[[gateway.upstreams]]\nname = \"a\"\nbase_url = \"http://a/v1\"\n".repeat(2);
        assert!(
            from_toml(&twice)
                .unwrap_err()
                .to_string()
                .contains("gateway.upstreams.name")
        );
        assert!(
            from_toml("[chain]\nvault = \"nonsense\"")
                .unwrap_err()
                .to_string()
                .contains("vault")
        );
    }

    #[test]
    fn flags_override_the_file() {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(b"listen = \"127.0.0.1:1\"\n[chain]\nrpc_url = \"http://a\"")
            .unwrap();
        let args = Args {
            config: Some(file.path().to_owned()),
            listen: Some("127.0.0.1:0".into()),
            ..Args::default()
        };
        let settings = load(&args).unwrap();
        assert_eq!(settings.listen, "127.0.0.1:0");
        assert_eq!(settings.chain.rpc_url, "http://a");
    }
}
