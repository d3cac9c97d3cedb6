//! What happens to the machine a keeper runs on: signals, a full disk, a clock that jumps.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use primis_localnet::{Daemon, daemon};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tokio::process::Command;

use crate::stand::Stand;

/// A library that shifts the wall clock of the process it is loaded into: a day ahead at one call,
/// a day back at the next. The monotonic clock is left alone, as an administrator leaves it.
const SHIFTED_CLOCK: &str = r"
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *now) {
    static _Atomic int calls;
    int failed = syscall(SYS_clock_gettime, id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += calls++ % 2 ? 86400 : -86400;
    return failed;
}
";

/// Starts `run` in a shell that runs `prelude` first, with these variables.
fn start_in_shell(
    stand: &Stand,
    name: &str,
    prelude: &str,
    variables: &[(&str, &Path)],
) -> Result<Daemon> {
    let config = stand.path(&format!("{name}.toml"));
    let config = config.to_str().context("the path is not text")?;
    let keeper = daemon::command("primis-keeper", &["--config", config, "--json", "run"])?;
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{prelude} exec \"$@\""))
        .arg("sh")
        .arg(keeper.as_std().get_program())
        .args(keeper.as_std().get_args());
    for (variable, value) in variables {
        shell.env(variable, value);
    }
    Daemon::launch("primis-keeper", shell, stand.log_of(name))
}

/// Starts `run` so that a file over its limit is an error to it, not its end.
///
/// # Errors
/// It is not built.
pub fn start_on_small_disk(stand: &Stand, name: &str) -> Result<Daemon> {
    start_in_shell(stand, name, "trap '' XFSZ;", &[])
}

/// Lets no file of the process grow, as a full disk does not, or lets it again.
///
/// # Errors
/// It has stopped.
pub fn set_disk_full(daemon: &Daemon, is_full: bool) -> Result<()> {
    let limit = Rlimit {
        current: is_full.then_some(1),
        maximum: None,
    };
    prlimit(Some(process(daemon)?), Resource::Fsize, limit)?;
    Ok(())
}

/// Starts `run` on a wall clock that jumps by two days at every look.
///
/// # Errors
/// There is no C compiler, or the keeper is not built.
pub async fn start_with_jumping_clock(stand: &Stand, name: &str) -> Result<Daemon> {
    let (source, library) = (stand.path("clock.c"), stand.path("clock.so"));
    std::fs::write(&source, SHIFTED_CLOCK)?;
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .stdin(Stdio::null())
        .output()
        .await
        .context("cc, which links Rust programs, compiles the shifted clock")?;
    ensure!(
        compiled.status.success(),
        "cc: {}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    start_in_shell(stand, name, "", &[("LD_PRELOAD", &library)])
}

/// Asks the daemon to read its configuration again.
///
/// # Errors
/// It has stopped.
pub fn hang_up(daemon: &Daemon) -> Result<()> {
    Ok(kill_process(process(daemon)?, Signal::HUP)?)
}

/// Stops the daemon where it is, as a machine that is suspended does, or lets it go on.
///
/// # Errors
/// It has ended.
pub fn set_paused(daemon: &Daemon, is_paused: bool) -> Result<()> {
    let signal = if is_paused {
        Signal::STOP
    } else {
        Signal::CONT
    };
    Ok(kill_process(process(daemon)?, signal)?)
}

fn process(daemon: &Daemon) -> Result<Pid> {
    let id = daemon.id().context("the daemon has stopped")?;
    Pid::from_raw(i32::try_from(id)?).context("no process id")
}
