//! Reading: the file, over it the variables, over both what `--set` says.

use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};

use super::{Config, Setting};
use crate::error::Error;

/// Variables that override the file begin with this, then `__`.
const ENVIRONMENT_PREFIX: &str = "PRIMIS";
/// Keys that take several values, separated by commas where they are not TOML.
pub(super) const LIST_KEYS: &[&str] = &[
    "chain.rpc_urls",
    "revenue.stripe.categories",
    "revenue.stripe.ignored_categories",
];

/// Where a configuration is read from, so that it can be read again.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The TOML file.
    pub path: PathBuf,
    /// What the command line sets, over the file and the variables.
    pub settings: Vec<Setting>,
}

impl Origin {
    /// Reads without checking: what the types take is taken.
    ///
    /// # Errors
    /// [`Error::Config`] where there is no file, a key is unknown, or a value is of another type.
    pub fn read(&self) -> Result<Config, Error> {
        if !self.path.is_file() {
            return Err(Error::Config(format!(
                "there is no file {}: name it with --config, or write one with `primis-keeper sample-config > keeper.toml`",
                self.path.display()
            )));
        }
        let file = File::from(self.path.as_path()).format(FileFormat::Toml);
        let mut config = from_sources(file, environment(), &self.settings)?;
        config.origin = self.clone();
        Ok(config)
    }

    /// Reads, and checks what can be checked without the network.
    ///
    /// # Errors
    /// [`Error::Config`], with the key and what to do.
    pub fn load(&self) -> Result<Config, Error> {
        let config = self.read()?;
        config.validate()?;
        Ok(config)
    }
}

impl Config {
    /// Reads `path`, then the environment, and checks what can be checked without the network.
    ///
    /// # Errors
    /// [`Error::Config`], with the key and what to do.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let origin = Origin {
            path: path.to_owned(),
            settings: Vec::new(),
        };
        origin.load()
    }

    /// The same configuration as it is written now.
    ///
    /// # Errors
    /// [`Error::Config`], with the key and what to do.
    pub fn reload(&self) -> Result<Self, Error> {
        self.origin.load()
    }
}

pub(super) fn from_sources(
    file: impl config::Source + Send + Sync + 'static,
    environment: Environment,
    settings: &[Setting],
) -> Result<Config, Error> {
    let mut builder = config::Config::builder()
        .add_source(file)
        .add_source(environment);
    for setting in settings {
        builder = builder.add_source(File::from_str(setting.toml(), FileFormat::Toml));
    }
    builder
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|e| {
            Error::Config(format!(
                "{e}; every key is explained in `primis-keeper sample-config`"
            ))
        })
}

pub(super) fn environment() -> Environment {
    let environment = Environment::with_prefix(ENVIRONMENT_PREFIX)
        .separator("__")
        .try_parsing(true)
        .list_separator(",");
    LIST_KEYS.iter().fold(environment, |environment, key| {
        environment.with_list_parse_key(key)
    })
}
