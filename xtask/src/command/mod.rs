//! One file per command.

mod bench;
mod build_program;
mod chaos;
mod check;
mod clients;
mod count;
mod fuzz;
mod localnet;
mod test;

pub use fuzz::Options as Fuzz;

use anyhow::Result;

use crate::cli::{Command, HELP};
use crate::paths::Paths;

/// Runs a parsed command.
///
/// # Errors
/// Those of the command.
pub fn run(command: Command, paths: &Paths) -> Result<()> {
    match command {
        Command::BuildProgram(options) => build_program::run(paths, options),
        Command::Test(arguments) => test::run(paths, &arguments),
        Command::Check => check::run(paths),
        Command::BenchApi(arguments) => bench::api(paths, &arguments),
        Command::BenchGateway(arguments) => bench::gateway(paths, &arguments),
        Command::Clients => clients::run(paths),
        Command::Bench { json, peers } => bench::run(paths, json, &peers),
        Command::Fuzz(options) => fuzz::run(paths, &options),
        Command::Chaos(arguments) => chaos::run(paths, &arguments),
        Command::Localnet(arguments) => localnet::run(paths, &arguments),
        Command::Help => {
            println!("{HELP}");
            Ok(())
        }
    }
}
