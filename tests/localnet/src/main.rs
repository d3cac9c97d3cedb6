//! Boots the local network.

use std::process::ExitCode;

use clap::Parser as _;
use primis_localnet::{Options, network};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            let enough = async move {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            };
            network::run(&options, enough).await
        }
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    };
    match outcome {
        Ok(report) if report.faults.is_empty() => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("the local network ran, but not all is well: see the faults above");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("the local network failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}
