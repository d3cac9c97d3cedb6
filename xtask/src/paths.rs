//! Where things are: the tree, cargo's output, the cache of tools.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders a command works with.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Root of the repository.
    pub root: PathBuf,
    /// Cargo's target folder: `CARGO_TARGET_DIR`, else `<root>/target`.
    pub target: PathBuf,
    /// Tools that outlive a clean target folder, keyed by version inside.
    pub cache: PathBuf,
}

impl Paths {
    /// Finds the folders from the environment.
    ///
    /// # Errors
    /// The tree is not where it was compiled from, or there is no home folder for the cache.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .filter(|root| root.join("Cargo.toml").is_file())
            .context("cannot find the repository; start me as `cargo xtask`")?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let cache = match env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cache"),
        };
        Ok(Self {
            root,
            target,
            cache: cache.join("primis"),
        })
    }

    /// The workspace of on-chain programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.root.join("programs")
    }

    /// Where finished programs go.
    #[must_use]
    pub fn deploy(&self) -> PathBuf {
        self.target.join("deploy")
    }

    /// Everything between source and finished program.
    #[must_use]
    pub fn sbf(&self) -> PathBuf {
        self.target.join("sbf")
    }

    /// The committed interface description of the staking vault.
    #[must_use]
    pub fn idl(&self) -> PathBuf {
        self.programs().join("idl").join("staking_vault.json")
    }

    /// `path` as seen from the root, for messages.
    #[must_use]
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
