//! Starting the confined process, and ending it.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    Code, Failure, Job, Table,
    child::{Order, Outcome, Ready},
    confine::Confinement,
    description::{Description, Variable},
};

/// Longest line a process says it is confined by, bytes.
const READY_BYTES: u64 = 4_096;
/// The outcome has a message and little else.
const OUTCOME_BYTES: u64 = 64 << 10;

/// The program that becomes the confined process: reads an order and calls [`crate::child::main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulator {
    /// The program.
    pub program: PathBuf,
    /// What makes it run one job.
    pub arguments: Vec<OsString>,
}

/// A run that gave a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The result.
    pub table: Table,
    /// What confined it.
    pub confinement: Confinement,
}

impl Simulator {
    /// Runs a job in a process of its own; `scratch` is an empty directory outside the unit's.
    ///
    /// Dropped, it ends the process.
    ///
    /// # Errors
    /// Why there is no result. A failure of the operator's fault comes only from a process that ran none of
    /// the unit's code.
    pub async fn run(
        &self,
        job: &Job,
        unit: &Description,
        scratch: &Path,
    ) -> Result<Finished, Failure> {
        let checked = job.checked(unit)?;
        let (rows, outcome) = (scratch.join("rows.csv"), scratch.join("outcome.json"));
        for path in [&rows, &outcome] {
            fs::File::create_new(path).map_err(cannot_start)?;
        }
        let order = Order {
            job: job.clone(),
            unit: unit.clone(),
            rows: rows.clone(),
            outcome: outcome.clone(),
        };
        let order = serde_json::to_vec(&order).map_err(|error| cannot_start(error.into()))?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            // Addresses that an allocator takes in advance count against the limit of memory.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .current_dir(scratch)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot_start)?;
        let mut group = Group { child };
        let limits = &job.limits;
        let watched = timeout(
            Duration::from_secs(limits.wall_seconds),
            group.watch(&order, limits.output_bytes),
        )
        .await;
        // Whatever it left in its group ends with it.
        group.end();
        let (confinement, status) = watched.unwrap_or_else(|_| {
            Err(Failure::new(
                Code::WallTime,
                format!("the run took over {} seconds", limits.wall_seconds),
            ))
        })?;
        let result = ended(status, job).and_then(|()| {
            let text = bounded(&outcome, OUTCOME_BYTES)?;
            let outcome: Outcome = serde_json::from_slice(&text)
                .map_err(|_| Failure::new(Code::Crashed, "the unit ended its process"))?;
            outcome.result
        });
        result.map_err(believed)?;
        let table = bounded(&rows, limits.result_bytes.saturating_add(1))?;
        let recorded: Vec<Variable> = checked.record.into_iter().cloned().collect();
        let most_rows = checked.steps.saturating_add(1);
        // Megabytes of text: not between the requests of a server.
        let table = tokio::task::spawn_blocking(move || Table::parse(&table, &recorded, most_rows))
            .await
            .map_err(|error| cannot_start(error.into()))??;
        Ok(Finished { table, confinement })
    }
}

/// Once the unit's code ran, nothing its process says may blame the operator.
fn believed(failure: Failure) -> Failure {
    match failure.fault() {
        crate::Fault::Operator => Failure::new(Code::Crashed, failure.message),
        _ => failure,
    }
}

/// The process and all it started.
struct Group {
    child: Child,
}

impl Group {
    /// Gives it its order and waits for its end.
    async fn watch(
        &mut self,
        order: &[u8],
        output_bytes: u64,
    ) -> Result<(Confinement, ExitStatus), Failure> {
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        ) else {
            return Err(cannot_start(io::ErrorKind::BrokenPipe.into()));
        };
        // It reads all before it says anything; one that died says so by its end.
        let fed = stdin.write_all(order).await;
        drop(stdin);
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        (&mut stdout)
            .take(READY_BYTES)
            .read_until(b'\n', &mut line)
            .await
            .map_err(cannot_start)?;
        let ready: Ready = match (fed, serde_json::from_slice(&line)) {
            (Ok(()), Ok(ready)) => ready,
            (Err(error), _) => return Err(cannot_start(error)),
            (_, Err(error)) => return Err(cannot_start(error.into())),
        };
        let confinement = ready.confined?;
        // One that printed too much is not waited for.
        tokio::try_join!(drain(stdout, output_bytes), drain(stderr, output_bytes)).map_err(
            |TooMuch| {
                Failure::new(
                    Code::OutputTooLarge,
                    format!("the unit printed over {output_bytes} bytes"),
                )
            },
        )?;
        let status = self.child.wait().await.map_err(cannot_start)?;
        Ok((confinement, status))
    }

    fn end(&mut self) {
        // Its id is its group's: it was made the first of one. It is not waited for before, so the id is still
        // its own; if it was, it could start nothing that would be left.
        if let Some(group) = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

struct TooMuch;

/// Throws away what the unit prints, up to a bound.
async fn drain(stream: impl AsyncRead + Unpin, most: u64) -> Result<(), TooMuch> {
    let mut stream = stream.take(most.saturating_add(1));
    let read = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    match read {
        Ok(bytes) if bytes > most => Err(TooMuch),
        _ => Ok(()),
    }
}

/// What an end by a signal means.
fn ended(status: ExitStatus, job: &Job) -> Result<(), Failure> {
    let limits = &job.limits;
    let Some(signal) = status.signal() else {
        return Ok(());
    };
    Err(match signal {
        // Who ignores the first is killed by the second, and nobody else kills it.
        libc::SIGXCPU | libc::SIGKILL => Failure::new(
            Code::CpuTime,
            format!(
                "the run used over {} seconds of processor time",
                limits.cpu_seconds
            ),
        ),
        libc::SIGSYS => Failure::new(
            Code::ForbiddenCall,
            "the unit tried to reach the network or to start a process or thread, which it may not",
        ),
        libc::SIGXFSZ => Failure::new(Code::ResultTooLarge, "the unit wrote more than its result"),
        _ => Failure::new(
            Code::Crashed,
            format!(
                "the unit crashed (signal {signal}); it has {} MiB of memory",
                limits.memory_bytes >> 20
            ),
        ),
    })
}

/// Reads a file of at most so many bytes.
fn bounded(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let length = fs::metadata(path).map_err(cannot_start)?.len();
    if length > most {
        return Err(Failure::new(
            Code::ResultTooLarge,
            "the unit wrote more than its result",
        ));
    }
    fs::read(path).map_err(cannot_start)
}

fn cannot_start(error: io::Error) -> Failure {
    Failure::new(
        Code::CannotStart,
        format!("the run cannot be started or read: {error}"),
    )
}
