//! The keeper's files: configuration and memory.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::stand::{INTERVAL_SECONDS, Stand, VAULT_ID};

/// Compute sold in a year by the simulator, dollars.
pub const YEARLY_VOLUME_USD: u64 = 10_000_000;
/// The platform's part of it, basis points.
pub const FEE_BPS: u64 = 1_000;
/// Cents for a SOL.
pub const USD_PER_SOL_CENTS: u64 = 15_000;

impl Stand {
    /// The configuration's file.
    pub fn config(&self) -> PathBuf {
        self.path("keeper.toml")
    }

    /// The memory's file.
    pub fn memory(&self) -> PathBuf {
        self.path("keeper.sqlite")
    }

    /// A file of this test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration: the simulator's revenue at a price that never changes, and no base staking,
    /// whose looks at the chain would be counted among those of the distribution.
    pub fn config_text(&self) -> String {
        let [keeper, guardian, treasury] = self.roles.addresses();
        format!(
            r#"[chain]
rpc_urls = [{rpc_url:?}]
keypair_path = {keypair:?}
vault = "{vault}"

[schedule]
interval_seconds = {INTERVAL_SECONDS}
settle_grace_seconds = 1

[revenue]
kind = "simulator"
[revenue.simulator]
yearly_compute_volume_usd = {YEARLY_VOLUME_USD}
platform_fee_bps = {FEE_BPS}

[price]
kind = "fixed"
[price.fixed]
usd_per_sol_cents = {USD_PER_SOL_CENTS}

[staking]
enabled = false

[memory]
path = {memory:?}

[ops]
listen = "127.0.0.1:0"

[init]
vault_id = {VAULT_ID}
authority_keypair_path = {authority:?}
keeper = "{keeper}"
guardian = "{guardian}"
timelock_seconds = 3600
[init.config]
stream_seconds = {INTERVAL_SECONDS}
max_distribution_lamports = 10000000000
subsidy_address = "{treasury}"
reserve_address = "{treasury}"
treasury_address = "{treasury}"
"#,
            rpc_url = self.proxy.url,
            keypair = self.path("keeper.json"),
            vault = self.addresses.vault,
            memory = self.memory(),
            authority = self.path("authority.json"),
        )
    }

    /// Another configuration, with a piece of the text replaced that must be there.
    pub fn config_with(&self, name: &str, piece: &str, by: &str) -> Result<PathBuf> {
        let text = self.config_text();
        ensure!(text.contains(piece), "the configuration has no {piece:?}");
        let path = self.path(name);
        std::fs::write(&path, text.replace(piece, by))?;
        Ok(path)
    }

    /// The configuration of another keeper: `<name>.toml`, with a memory of its own and pieces of
    /// the text replaced that must be there.
    pub fn write_config(&self, name: &str, changes: &[(&str, &str)]) -> Result<PathBuf> {
        let mut text = self.config_text().replace(
            &format!("{:?}", self.memory()),
            &format!("{:?}", self.path(&format!("{name}.sqlite"))),
        );
        for (piece, by) in changes {
            ensure!(text.contains(piece), "the configuration has no {piece:?}");
            text = text.replace(piece, by);
        }
        let path = self.path(&format!("{name}.toml"));
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Deletes the memory, as a lost disk does.
    pub fn forget(&self) -> Result<()> {
        for suffix in ["", "-wal", "-shm"] {
            let path = self.path(&format!("keeper.sqlite{suffix}"));
            if path.exists() {
                std::fs::remove_file(&path)?;
            }
        }
        ensure!(!self.memory().exists(), "the memory is left");
        Ok(())
    }
}
