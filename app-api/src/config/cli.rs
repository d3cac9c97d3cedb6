//! The flags.

use std::path::PathBuf;

/// Statistics, usage metering and the revenue report, over HTTP.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "primis-app-api", version)]
pub struct Args {
    /// TOML file; app-api/app-api.sample.toml lists every key.
    #[arg(long, value_name = "FILE", env = "PRIMIS_API_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// sqlite://… or postgres://…
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// JSON-RPC endpoint of the cluster.
    #[arg(long, value_name = "URL")]
    pub rpc_url: Option<String>,
    /// Websocket endpoint of the cluster.
    #[arg(long, value_name = "URL")]
    pub ws_url: Option<String>,
    /// Address of the vault to follow.
    #[arg(long, value_name = "ADDRESS")]
    pub vault: Option<String>,
    /// Drops what was indexed of the vault and reads all of it from the chain again; usage and revenue
    /// stay. Until that is complete, statistics answer 503; a start without the flag goes on with it.
    #[arg(long)]
    pub rebuild: bool,
}
