//! The process that runs a unit: confines itself, runs one job, and writes down what came of it.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use serde::{Deserialize, Serialize};

use crate::{
    Code, Failure, Job, Value,
    confine::{Confinement, confine},
    description::Description,
    fmi, table,
};

/// What the process reads on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) job: Job,
    pub(crate) unit: Description,
    /// Where the rows go; there already.
    pub(crate) rows: PathBuf,
    /// Where the outcome goes; there already.
    pub(crate) outcome: PathBuf,
}

/// The first line on standard output, before any of the unit's code runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) confined: Result<Confinement, Failure>,
}

/// What came of the job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) result: Result<(), Failure>,
}

/// Runs the job that stands on standard input. Everything is told in files and on standard output; the
/// exit code only says whether it was.
pub fn main() -> ExitCode {
    match obey() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn obey() -> io::Result<()> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    let order: Order = serde_json::from_slice(&text)?;
    drop(text);
    // Confinement closes what is open, so the files are opened by it; they cannot be opened after it.
    let confined = confine(&order.job.directory, &order.job.limits, || {
        let write = |path| File::options().write(true).open(path);
        Ok((write(&order.rows)?, write(&order.outcome)?))
    });
    let (confined, files) = match confined {
        Ok((confinement, files)) => (Ok(confinement), Some(files)),
        Err(failure) => (Err(failure), None),
    };
    let mut out = io::stdout();
    serde_json::to_writer(&mut out, &Ready { confined })?;
    out.write_all(b"\n")?;
    out.flush()?;
    let Some((rows, mut outcome)) = files else {
        return Ok(());
    };
    let result = simulate(&order.job, &order.unit, rows);
    outcome.write_all(&serde_json::to_vec(&Outcome { result })?)
}

fn simulate(job: &Job, unit: &Description, rows: File) -> Result<(), Failure> {
    let checked = job.checked(unit)?;
    let mut instance = fmi::load(&job.directory, unit)?;
    for (variable, value) in &checked.set {
        instance.set(variable, value)?;
    }
    instance.initialize(checked.start_time, job.stop_time)?;
    let mut rows = csv::Writer::from_writer(Counted {
        file: rows,
        left: job.limits.result_bytes,
    });
    let names =
        std::iter::once("time").chain(checked.record.iter().map(|variable| &*variable.name));
    rows.write_record(names).map_err(unwritten)?;
    let mut time = checked.start_time;
    let mut over = false;
    for step in 0..=checked.steps {
        let row = std::iter::once(Ok(Value::Real(time)))
            .chain(checked.record.iter().map(|variable| instance.get(variable)))
            .map(|value| value.map(|value| table::field(&value)))
            .collect::<Result<Vec<_>, _>>()?;
        rows.write_record(&row).map_err(unwritten)?;
        if step == checked.steps || over {
            break;
        }
        let next = if step.saturating_add(1) == checked.steps {
            job.stop_time
        } else {
            // Not a sum: that would drift.
            #[expect(
                clippy::cast_precision_loss,
                reason = "steps are bounded far below 2^53"
            )]
            let steps = step.saturating_add(1) as f64;
            checked.start_time + steps * job.step_size
        };
        over = instance.step(time, next - time)?;
        time = next;
    }
    rows.flush().map_err(|error| unwritten(error.into()))?;
    instance.end()
}

/// A file that takes so many bytes and no more.
struct Counted {
    file: File,
    left: u64,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.left = self
            .left
            .checked_sub(written as u64)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn unwritten(error: csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Failure::new(
            Code::ResultTooLarge,
            "the result is too large: record fewer variables or take larger steps",
        ),
        _ => Failure::new(
            Code::Crashed,
            format!("the result cannot be written: {error}"),
        ),
    }
}
