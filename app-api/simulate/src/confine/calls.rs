//! Which system calls can be made, by seccomp.
//!
//! What is not listed fails with EPERM, so that a library that merely asks goes on. What no honest unit does
//! (network, processes and threads, tracing) ends the process, so that the result says why.

use std::collections::BTreeMap;

use libc::{c_int, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

/// Reading, memory, time, and the end.
const ALLOWED: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_lstat,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_poll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_stat,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_time,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What ends the process.
const DEADLY: &[c_long] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_bpf,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_connect,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_fork,
    libc::SYS_io_uring_setup,
    libc::SYS_listen,
    libc::SYS_mount,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_setns,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_unshare,
    libc::SYS_vfork,
];

/// Filters the system calls of this process from here on.
pub(super) fn filter() -> Result<(), seccompiler::Error> {
    let all = |calls: &[c_long]| {
        calls
            .iter()
            .map(|call| (*call, Vec::new()))
            .collect::<BTreeMap<_, _>>()
    };
    let mut allowed = all(ALLOWED);
    allowed.extend(conditional()?);
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1));
    let permitted = program(allowed, refused, SeccompAction::Allow)?;
    let deadly = program(
        all(DEADLY),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
    )?;
    // Of two filters the stricter word holds. The deadly one first: the other forbids to add one.
    apply_filter(&deadly)?;
    apply_filter(&permitted)
}

/// Allowed with certain arguments only.
fn conditional() -> Result<[(c_long, Vec<SeccompRule>); 6], BackendError> {
    // Nothing is opened for writing: results go to what was opened before.
    let writing = bits(libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND);
    let reading = |index| {
        rule(vec![condition(
            index,
            SeccompCmpOp::MaskedEq(writing),
            bits(libc::O_RDONLY),
        )?])
    };
    let own = u64::from(std::process::id());
    let abort = || {
        rule(vec![
            condition(0, SeccompCmpOp::Eq, own)?,
            condition(2, SeccompCmpOp::Eq, bits(libc::SIGABRT))?,
        ])
    };
    Ok([
        (libc::SYS_open, vec![reading(1)?]),
        (libc::SYS_openat, vec![reading(2)?]),
        // `abort()` and nobody else's signal.
        (libc::SYS_tgkill, vec![abort()?]),
        // Whether something is a terminal; terminals have worse requests.
        (
            libc::SYS_ioctl,
            vec![rule(vec![condition(1, SeccompCmpOp::Eq, libc::TCGETS)?])?],
        ),
        (
            libc::SYS_fcntl,
            vec![
                rule(vec![condition(1, SeccompCmpOp::Eq, bits(libc::F_GETFL))?])?,
                rule(vec![condition(1, SeccompCmpOp::Eq, bits(libc::F_GETFD))?])?,
                rule(vec![condition(1, SeccompCmpOp::Eq, bits(libc::F_SETFD))?])?,
            ],
        ),
        // Limits are asked for, never set.
        (
            libc::SYS_prlimit64,
            vec![rule(vec![SeccompCondition::new(
                2,
                SeccompCmpArgLen::Qword,
                SeccompCmpOp::Eq,
                0,
            )?])?],
        ),
    ])
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions)
}

fn condition(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
}

/// A constant of the C library, none of which is negative.
fn bits(constant: c_int) -> u64 {
    u64::from(constant.cast_unsigned())
}

fn program(
    calls: BTreeMap<c_long, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    SeccompFilter::new(calls, otherwise, listed, TargetArch::x86_64)?.try_into()
}
