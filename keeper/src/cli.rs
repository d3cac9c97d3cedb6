//! The command line.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use serde_json::{Value, json};

use crate::{
    command::{
        self,
        history::{SourceName, Span},
    },
    config::{Config, Origin, Setting},
    error::{Error, Exit},
    ops::log::{self, LogFormat, LogLevel},
};

/// What follows from each exit code, in the help of every verb.
const EXIT_CODES: &str = "\
Exit codes:
    0  done, or nothing is due
    1  failed: the message says why; run `check-config`, then try again
    2  a person must act: the message says what to do
  100  try again later; nothing is wrong here

What is set:
  --set section.key=value counts more than PRIMIS__SECTION__KEY=value in the environment, which
  counts more than the file. `sample-config` explains every key.";

/// Measures compute revenue, funds the staking vault and distributes the yield, exactly once.
#[derive(Debug, Parser)]
#[command(name = "primis-keeper", version, after_help = EXIT_CODES)]
struct Cli {
    /// The configuration.
    #[arg(
        long,
        short,
        global = true,
        default_value = "keeper.toml",
        env = "PRIMIS_KEEPER_CONFIG"
    )]
    config: PathBuf,
    /// A key of the configuration, over the environment and the file; can be given several times.
    #[arg(long = "set", short, global = true, value_name = "SECTION.KEY=VALUE")]
    settings: Vec<Setting>,
    /// Print JSON, one object a line, instead of text. Amounts are decimal strings.
    #[arg(long, global = true)]
    json: bool,
    /// How logs look, on standard error.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "PRIMIS_KEEPER_LOG_FORMAT"
    )]
    log_format: LogFormat,
    /// The least serious lines of the keeper that are logged; left out: what RUST_LOG says, else
    /// info.
    #[arg(long, global = true, value_enum, env = "PRIMIS_KEEPER_LOG_LEVEL")]
    log_level: Option<LogLevel>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Distribute whenever it is due, until SIGTERM or SIGINT.
    #[command(after_help = EXIT_CODES)]
    Run,
    /// Distribute what is due now, if anything, and stop.
    #[command(after_help = EXIT_CODES)]
    Once,
    /// Explain what would be done now and simulate it; nothing is sent, nothing is stored.
    #[command(after_help = EXIT_CODES)]
    Plan,
    /// Show the vault, the wallet, and the last attempts.
    #[command(after_help = EXIT_CODES)]
    Status,
    /// Show what was distributed: by the chain, with this keeper's attempts beside it.
    #[command(after_help = EXIT_CODES)]
    History {
        /// At most so many distributions, the newest.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Where the yield came from.
        #[arg(long, value_enum, default_value_t)]
        source: SourceName,
        #[command(flatten)]
        span: Span,
    },
    /// Measure the revenue of what was distributed again, and compare it with the chain, the
    /// vault's books and the memory. Nothing is sent. Ends with 2 where something differs, with
    /// 100 where the revenue cannot be asked for.
    #[command(after_help = EXIT_CODES)]
    Reconcile {
        #[command(flatten)]
        span: Span,
    },
    /// Create the vault and its SOL pool as [init] says; what exists already is left as it is.
    #[command(after_help = EXIT_CODES)]
    InitVault,
    /// Check the configuration and everything it names: files, keys, the vault, RPCs, price,
    /// revenue. Nothing is sent. Ends with 2 where something is wrong.
    #[command(after_help = EXIT_CODES)]
    CheckConfig {
        /// Ask nothing of the network.
        #[arg(long)]
        offline: bool,
    },
    /// Print a configuration that explains every key.
    SampleConfig,
    /// Ask the keeper that runs with this configuration whether it is alive; for containers.
    #[command(after_help = EXIT_CODES)]
    Healthcheck,
}

/// Where results go: text for people or JSON for programs, on standard output. Logs go to
/// standard error.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Text, or JSON where `json` is set.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result. A reader that went away is no reason to stop distributing.
    pub fn print(self, text: &str, json: &Value) {
        let mut out = std::io::stdout().lock();
        let written = if self.json {
            writeln!(out, "{json}")
        } else {
            writeln!(out, "{text}")
        };
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::debug!(%error, "standard output is closed");
        }
    }
}

/// Parses the command line, runs the verb, and prints what stood in its way.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.log_format, cli.log_level);
    let output = Output::new(cli.json);
    let exit = match run_verb(cli, output).await {
        Ok(exit) => exit,
        Err(error) => {
            report(&error, output);
            error.exit()
        }
    };
    ExitCode::from(exit.code())
}

async fn run_verb(cli: Cli, output: Output) -> Result<Exit, Error> {
    let origin = Origin {
        path: cli.config,
        settings: cli.settings,
    };
    let load = || -> Result<Config, Error> { origin.load() };
    match cli.verb {
        Verb::Run => command::run::run(&load()?, output).await,
        Verb::Once => command::once::once(&load()?, output).await,
        Verb::Plan => command::plan::plan(&load()?, output).await,
        Verb::Status => command::status::status(&load()?, output).await,
        Verb::History {
            limit,
            source,
            span,
        } => command::history::history(&load()?, span, source, limit, output).await,
        Verb::Reconcile { span } => command::reconcile::reconcile(&load()?, span, output).await,
        Verb::InitVault => command::init_vault::init_vault(&load()?, output).await,
        // Reads the configuration itself: what is wrong with it is what it is there to tell.
        Verb::CheckConfig { offline } => {
            command::check_config::check_config(&origin, offline, output).await
        }
        Verb::SampleConfig => Ok(command::sample_config::sample_config(output)),
        Verb::Healthcheck => command::healthcheck::healthcheck(&load()?, output).await,
    }
}

fn report(error: &Error, output: Output) {
    let exit = error.exit();
    let json =
        json!({"error": error.to_string(), "outcome": exit.name(), "exit_code": exit.code()});
    if output.json {
        output.print("", &json);
    } else {
        let what = match exit {
            Exit::NeedsPerson => "a person must act",
            Exit::TryLater => "try again later",
            Exit::Done | Exit::Failed => "failed",
        };
        eprintln!("{what}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_documents_the_exit_codes() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        for verb in [
            "run",
            "once",
            "plan",
            "status",
            "history",
            "reconcile",
            "init-vault",
            "check-config",
        ] {
            let verb = command.find_subcommand_mut(verb).unwrap();
            let help = verb.render_long_help().to_string();
            assert!(help.contains("100  try again later"), "{help}");
        }
    }
}
