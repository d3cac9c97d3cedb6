//! Runs an FMU from the command line, confined as the server confines it.

use std::{collections::BTreeMap, fs::File, io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Parser;
use primis_simulate::{
    Job, Limits, Simulator, Value,
    archive::{self, Bounds},
    child,
    description::Description,
};

/// Makes this program the confined process.
const CHILD: &str = "run-fmu";

/// Runs a functional mock-up unit and prints its result.
#[derive(Parser)]
struct Args {
    /// The unit: an .fmu archive, or a directory it is unpacked in.
    fmu: PathBuf,
    /// A start value, NAME=VALUE; may be given again.
    #[arg(long = "start", value_parser = start_value)]
    start: Vec<(String, Value)>,
    /// Where the simulation ends.
    #[arg(long)]
    stop_time: f64,
    /// Between two rows.
    #[arg(long)]
    step_size: f64,
    /// A variable to record; all outputs if none is given.
    #[arg(long = "output")]
    outputs: Vec<String>,
    /// Prints JSON rather than CSV.
    #[arg(long)]
    json: bool,
}

fn start_value(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    // What is no number, true or false is a string.
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::Text(value.to_owned()));
    Ok((name.to_owned(), value))
}

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == CHILD)
    {
        return child::main();
    }
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<()> {
    let scratch = tempfile::tempdir().context("no temporary directory can be made")?;
    let directory = if args.fmu.is_dir() {
        args.fmu.canonicalize()?
    } else {
        let file = File::open(&args.fmu)
            .with_context(|| format!("{} cannot be read", args.fmu.display()))?;
        let directory = scratch.path().join("unit");
        archive::unpack(file, &directory, Bounds::default())?;
        directory
    };
    let unit = Description::read(&directory)?;
    let job = Job {
        directory,
        start_values: BTreeMap::from_iter(args.start),
        stop_time: args.stop_time,
        step_size: args.step_size,
        outputs: args.outputs,
        limits: Limits::default(),
    };
    let simulator = Simulator {
        program: std::env::current_exe()?,
        arguments: vec![CHILD.into()],
    };
    let own = scratch.path().join("run");
    std::fs::create_dir(&own)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let finished = runtime.block_on(simulator.run(&job, &unit, &own))?;
    let text = if args.json {
        serde_json::to_vec(&finished.table)?
    } else {
        finished.table.to_csv()?
    };
    std::io::stdout().write_all(&text)?;
    eprintln!(
        "confined by seccomp{}",
        if finished.confinement.landlock {
            " and landlock"
        } else {
            " alone"
        }
    );
    Ok(())
}
