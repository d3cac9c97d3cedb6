//! A daemon as a child process: found beside this executable, logged to a file, stopped politely
//! or not at all politely.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout_at};

/// How long a daemon may take to be up, and to stop once told.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of a log that are shown when its daemon fails.
const TAIL_LINES: usize = 20;

/// A running daemon. It is killed when this is dropped.
pub struct Daemon {
    name: &'static str,
    log: PathBuf,
    child: Child,
}

impl Daemon {
    /// Starts `name` with its output in `log`; a second start goes on in the same file.
    ///
    /// # Errors
    /// It is not built, or the log cannot be written.
    pub fn start(name: &'static str, arguments: &[&str], log: PathBuf) -> Result<Self> {
        Self::launch(name, command(name, arguments)?, log)
    }

    /// The same by a command of one's own, which ends in the daemon.
    ///
    /// # Errors
    /// It cannot be started, or the log cannot be written.
    pub fn launch(name: &'static str, mut command: Command, log: PathBuf) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        // A Ctrl-C in the terminal reaches the whole process group; this one decides itself when
        // its daemons stop.
        command.process_group(0).kill_on_drop(true);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, log, child })
    }

    /// Waits for the last `listening on http://…` line after `from` bytes of the log.
    ///
    /// # Errors
    /// The daemon ends before it, or takes too long.
    pub async fn listening(&mut self, from: u64) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = read_from(&self.log, from)?;
            // The line is complete only with its end.
            let complete = log.rsplit_once('\n').map_or("", |(lines, _)| lines);
            let address = complete.lines().find_map(|line| {
                line.split_once("listening on ")?
                    .1
                    .split_whitespace()
                    .next()
            });
            if let Some(address) = address {
                return Ok(address.trim_matches('"').to_owned());
            }
            self.check()?;
            ensure!(
                Instant::now() < deadline,
                "{} did not say where it listens:\n{}",
                self.name,
                self.tail()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Bytes of the log so far.
    pub fn log_length(log: &Path) -> u64 {
        std::fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    /// Its process; `None` once it has stopped.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// It does not; the error shows the end of its log.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "{} stopped by itself ({status}); the end of its log:\n{}",
                self.name,
                self.tail()
            );
        }
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// It had stopped before, does not stop in time, or fails while stopping.
    pub async fn stop(mut self) -> Result<()> {
        self.check()?;
        self.signal(Signal::TERM)?;
        let Ok(status) = timeout_at(Instant::now() + PATIENCE, self.child.wait()).await else {
            bail!(
                "{} does not stop; the end of its log:\n{}",
                self.name,
                self.tail()
            );
        };
        let status: ExitStatus = status?;
        ensure!(
            status.success(),
            "{} failed while stopping ({status}); the end of its log:\n{}",
            self.name,
            self.tail()
        );
        Ok(())
    }

    /// Kills it on the spot, as a crash or a power cut would.
    ///
    /// # Errors
    /// It had stopped before.
    pub async fn kill(mut self) -> Result<()> {
        self.check()?;
        self.signal(Signal::KILL)?;
        self.child.wait().await?;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        kill_process(
            id.with_context(|| format!("{} has stopped", self.name))?,
            signal,
        )?;
        Ok(())
    }

    fn tail(&self) -> String {
        let log = read_from(&self.log, 0).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(TAIL_LINES)..)
            .unwrap_or_default()
            .join("\n")
    }
}

/// Runs a command of a daemon to its end; returns what it printed.
///
/// # Errors
/// It is not built, or fails: the error holds what it said.
pub async fn run(name: &'static str, arguments: &[&str]) -> Result<String> {
    let output = command(name, arguments)?
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{name} {} failed ({}):\n{said}",
        arguments.join(" "),
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command whose settings come from its arguments alone, not from this process's variables.
///
/// # Errors
/// It is not built.
pub fn command(name: &'static str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(beside(name)?);
    for (variable, _) in std::env::vars_os() {
        let variable = variable.to_string_lossy();
        if variable.starts_with("PRIMIS_") || variable == "DATABASE_URL" {
            command.env_remove(variable.as_ref());
        }
    }
    command.args(arguments);
    Ok(command)
}

/// The executable of this name beside this one; tests lie one folder deeper.
fn beside(name: &'static str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "{name} is not built beside {}: run `cargo build --bins`, or `cargo xtask test`",
                own.display()
            )
        })
}

/// The log from a byte on; nothing where it does not exist yet.
fn read_from(log: &Path, from: u64) -> Result<String> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let from = usize::try_from(from)?.min(bytes.len());
    Ok(String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned())
}
