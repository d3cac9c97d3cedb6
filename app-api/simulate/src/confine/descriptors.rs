//! Nothing the parent had open stays open.

#![expect(unsafe_code, reason = "the system call has no safe binding")]

use std::io;

/// First descriptor after standard input, output and error.
const FIRST: libc::c_uint = 3;

/// Closes all but standard input, output and error. To be called before anything else is opened.
pub(super) fn close_inherited() -> io::Result<()> {
    // SAFETY: takes numbers, touches no memory. Nothing in this process owns a descriptor from 3 on yet: the
    // caller opens its files afterwards.
    let closed = unsafe { libc::close_range(FIRST, libc::c_uint::MAX, 0) };
    if closed == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
