//! The command line.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use crate::{command, sbf};

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask <command>

  localnet [arguments…]   start a local Solana, the API, the keeper and demo stakers
  test [-- arguments…]    build the program and run every test; arguments go to the host's tests
  check                   formatting, lints, dependencies, interface and cost tables
  clients                 generate, build and test the client packages
  build-program           build the on-chain programs into target/deploy
      --arch v3|v0        bytecode version (v3)
      --force             build even when nothing has changed
  bench [cu] [--json] [--peer FILE]...
                          the compute units of every instruction, and beside them those of other
                          programs' instructions that files describe
  bench api [--json] [--positions N] [--rounds N] [--seconds N] [--connections N]
                          requests per second of the API's hot endpoints beside a bare handler's,
                          on SQLite and on PostgreSQL, with 100,000 positions where nothing is said
  bench gateway [--json] [--rounds N] [--seconds N] [--connections N]
                          requests per second and latency of the gateway, with a durable hold and
                          charge for each, beside those of a bare proxy to the same upstream
  fuzz [TARGET] [--seconds N]
                          any bytes against arithmetic and foreign accounts; 300 s where nothing
                          is said, and all targets side by side: stream, prices, accounts
  chaos [--intervals N] [--seed S] [--interval-seconds S] [--json] [--plan]
                          the real keeper in all its troubles on a local chain: 500 intervals of 2 s
                          and the faults of seed 1 where nothing is said; `--plan` prints them only
  help                    this text

The first build-program installs what it needs (Debian packages as root, or Anza's cargo-build-sbf
where that is on PATH) and takes some 5 minutes; later ones take seconds.";

/// A parsed command.
#[derive(Debug)]
pub enum Command {
    /// Build the programs and the IDL.
    BuildProgram(sbf::Options),
    /// Run every test; the arguments go to the host's `cargo test`.
    Test(Vec<OsString>),
    /// Formatting, lints, dependencies, drift.
    Check,
    /// Measure the API, with these arguments.
    BenchApi(Vec<OsString>),
    /// Measure the gateway with these arguments.
    BenchGateway(Vec<OsString>),
    /// The client packages.
    Clients,
    /// Measure the program.
    Bench {
        /// Machine-readable output.
        json: bool,
        /// Files that describe instructions of other programs.
        peers: Vec<OsString>,
    },
    /// Fuzz.
    Fuzz(command::Fuzz),
    /// Start the local network with these arguments.
    Localnet(Vec<OsString>),
    /// Trouble the keeper, with these arguments.
    Chaos(Vec<OsString>),
    /// Print the help.
    Help,
}

/// Parses the arguments after the program's name.
///
/// # Errors
/// An unknown command or option; the message says which.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command> {
    let name = match parser.next()? {
        None | Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match &*name {
        "build-program" => build_program(&mut parser),
        "test" => Ok(Command::Test(rest(&mut parser)?)),
        "check" => nothing_else(&mut parser, Command::Check),
        "clients" => nothing_else(&mut parser, Command::Clients),
        "bench" => bench(&mut parser),
        "fuzz" => fuzz(&mut parser),
        "localnet" => Ok(Command::Localnet(rest(&mut parser)?)),
        "chaos" => Ok(Command::Chaos(rest(&mut parser)?)),
        "help" => nothing_else(&mut parser, Command::Help),
        other => bail!("unknown command `{other}`; see `cargo xtask help`"),
    }
}

fn build_program(parser: &mut lexopt::Parser) -> Result<Command> {
    let mut options = sbf::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("arch") => options.arch = parser.value()?.string()?.parse()?,
            Long("force") => options.force = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::BuildProgram(options))
}

fn bench(parser: &mut lexopt::Parser) -> Result<Command> {
    let (mut json, mut peers) = (false, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            Long("peer") => peers.push(parser.value()?),
            // What `bench` alone measures.
            Value(name) if name == "cu" => {}
            Value(name) if name == "api" && peers.is_empty() => {
                let mut arguments = rest(parser)?;
                arguments.extend(json.then(|| "--json".into()));
                return Ok(Command::BenchApi(arguments));
            }
            Value(name) if name == "gateway" && peers.is_empty() => {
                let mut arguments = rest(parser)?;
                arguments.extend(json.then(|| "--json".into()));
                return Ok(Command::BenchGateway(arguments));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Bench { json, peers })
}

fn fuzz(parser: &mut lexopt::Parser) -> Result<Command> {
    let mut options = command::Fuzz::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seconds") => options.seconds = Some(parser.value()?.parse()?),
            Value(name) if options.target.is_none() => options.target = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Fuzz(options))
}

/// Everything that is left, without a leading `--`.
fn rest(parser: &mut lexopt::Parser) -> Result<Vec<OsString>> {
    let mut rest: Vec<OsString> = parser.raw_args().context("arguments")?.collect();
    if rest.first().is_some_and(|first| first == "--") {
        rest.remove(0);
    }
    Ok(rest)
}

fn nothing_else(parser: &mut lexopt::Parser, command: Command) -> Result<Command> {
    match parser.next()? {
        None => Ok(command),
        Some(other) => Err(other.unexpected().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command> {
        parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn commands_and_their_options() {
        assert!(matches!(parsed(&[]).unwrap(), Command::Help));
        assert!(matches!(parsed(&["clients"]).unwrap(), Command::Clients));
        assert!(matches!(
            parsed(&["bench", "cu", "--json", "--peer", "a.json"]).unwrap(),
            Command::Bench { json: true, peers } if peers == ["a.json"]
        ));
        let Command::BenchApi(arguments) = parsed(&["bench", "api", "--json"]).unwrap() else {
            panic!("not bench api");
        };
        assert_eq!(arguments, ["--json"]);
        let Command::BenchGateway(arguments) =
            parsed(&["bench", "gateway", "--rounds", "3"]).unwrap()
        else {
            panic!("not bench gateway");
        };
        assert_eq!(arguments, ["--rounds", "3"]);
        let Command::BuildProgram(options) =
            parsed(&["build-program", "--arch", "v0", "--force"]).unwrap()
        else {
            panic!("not build-program");
        };
        assert_eq!(options.arch, sbf_link::Arch::V0);
        assert!(options.force);
        let Command::Fuzz(options) = parsed(&["fuzz", "stream", "--seconds", "9"]).unwrap() else {
            panic!("not fuzz");
        };
        assert_eq!(
            (options.target.as_deref(), options.seconds),
            (Some("stream"), Some(9))
        );
        let Command::Test(arguments) = parsed(&["test", "--", "-p", "x"]).unwrap() else {
            panic!("not test");
        };
        assert_eq!(arguments, ["-p", "x"]);
        let Command::Chaos(arguments) = parsed(&["chaos", "--seed", "7", "--json"]).unwrap() else {
            panic!("not chaos");
        };
        assert_eq!(arguments, ["--seed", "7", "--json"]);
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(parsed(&["tset"]).unwrap_err().to_string().contains("tset"));
        assert!(
            parsed(&["build-program", "--arch", "v9"])
                .unwrap_err()
                .to_string()
                .contains("v9")
        );
        assert!(parsed(&["check", "--fast"]).is_err());
        assert!(parsed(&["fuzz", "a", "b"]).is_err());
    }
}
