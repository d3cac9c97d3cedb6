//! Limits the kernel keeps.

use rustix::{
    io,
    process::{
        DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior,
        set_parent_process_death_signal, setrlimit,
    },
    thread::set_no_new_privs,
};

use crate::Limits;

/// Files a unit may have open at once.
const OPEN_FILES: u64 = 64;

/// Lowers what this process may use, with no way back: the system-call filter has none either.
pub(super) fn lower(limits: &Limits) -> io::Result<()> {
    set_no_new_privs(true)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // A unit does not outlive the server that started it.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let both = |resource, most: u64| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(most),
                maximum: Some(most),
            },
        )
    };
    both(Resource::Core, 0)?;
    both(Resource::As, limits.memory_bytes)?;
    both(Resource::Fsize, limits.result_bytes)?;
    both(Resource::Nofile, OPEN_FILES)?;
    both(Resource::Nproc, 1)?;
    both(Resource::Memlock, 0)?;
    both(Resource::Msgqueue, 0)?;
    // The signal at the first second over it says why; who ignores it is killed by the next.
    setrlimit(
        Resource::Cpu,
        Rlimit {
            current: Some(limits.cpu_seconds),
            maximum: Some(limits.cpu_seconds.saturating_add(1)),
        },
    )
}
