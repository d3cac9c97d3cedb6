//! What a process takes from itself before it loads code nobody trusts.

mod calls;
mod descriptors;
mod files;
mod limits;

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Code, Failure, Limits};

/// What confines a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confinement {
    /// System calls are filtered: no network, no processes or threads, no file opened for writing.
    pub seccomp: bool,
    /// Only the unit's own directory and the system's libraries can be read.
    pub landlock: bool,
}

/// Confines this process for good: limits, no new privileges, its files, its system calls. `open` makes what
/// stays open besides the standard streams.
///
/// # Errors
/// If something of it does not hold; then nothing may be loaded.
pub fn confine<T>(
    directory: &Path,
    limits: &Limits,
    open: impl FnOnce() -> io::Result<T>,
) -> Result<(Confinement, T), Failure> {
    let step = |what: &str, error: &dyn std::fmt::Display| {
        Failure::new(
            Code::NotConfined,
            format!("the process cannot be confined ({what}): {error}"),
        )
    };
    descriptors::close_inherited().map_err(|error| step("descriptors", &error))?;
    let opened = open().map_err(|error| step("files", &error))?;
    limits::lower(limits).map_err(|error| step("limits", &error))?;
    let landlock = files::only(directory).map_err(|error| step("landlock", &error))?;
    if !landlock && !limits.without_landlock {
        return Err(step("landlock", &"this kernel does not have it"));
    }
    // Last: it forbids what the others do.
    calls::filter().map_err(|error| step("seccomp", &error))?;
    Ok((
        Confinement {
            seccomp: true,
            landlock,
        },
        opened,
    ))
}
