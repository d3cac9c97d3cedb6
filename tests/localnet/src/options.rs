//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::chain::Port;

/// Ports that are taken when they are free: those of a local validator, and the API's.
const RPC_PORT: u16 = 8899;
const WS_PORT: u16 = 8900;
const API_PORT: u16 = 8080;

/// Runs the whole of Primis on this machine: a local Solana, the staking vault, the API, the
/// keeper, demo stakers and demo compute jobs. Needs no account anywhere; nothing leaves the
/// machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "primis-localnet", version)]
pub struct Options {
    /// Length of an interval: revenue is measured and distributed this often.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    pub interval: u64,
    /// Stop cleanly after this long; without it, at Ctrl-C.
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// Plain lines only, no line of progress.
    #[arg(long)]
    pub headless: bool,
    /// Write what happened and whether every lamport is accounted for, as JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Port of the RPC; 0 for any. [default: 8899 if free]
    #[arg(long)]
    pub rpc_port: Option<u16>,
    /// Port of the websocket; 0 for any. [default: 8900 if free]
    #[arg(long)]
    pub ws_port: Option<u16>,
    /// Port of the API; 0 for any. [default: 8080 if free]
    #[arg(long)]
    pub api_port: Option<u16>,
    /// Keep keys, configuration, databases and logs here; without it they are deleted at the end.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

impl Options {
    /// Ports of RPC, websocket and API.
    pub fn ports(&self) -> [Port; 3] {
        let port = |asked, usual| match asked {
            None => Port::Preferably(usual),
            Some(0) => Port::Any,
            Some(port) => Port::Exactly(port),
        };
        [
            port(self.rpc_port, RPC_PORT),
            port(self.ws_port, WS_PORT),
            port(self.api_port, API_PORT),
        ]
    }
}
