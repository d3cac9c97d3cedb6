//! `cargo xtask`: the project's commands. Light on purpose: it builds in seconds, and everything
//! heavy is a program of its own that it starts.

mod apt;
mod cli;
mod clients;
mod command;
mod fingerprint;
mod idl;
mod node;
mod paths;
mod process;
mod progress;
mod python;
mod sbf;

use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let command = cli::parse(lexopt::Parser::from_env())?;
    command::run(command, &paths::Paths::find()?)
}
