//! The path of a lamport through all parts, on a real runtime and with the real daemons. The tests
//! of the whole lie in `tests/path/`, those of the keeper alone, killed and misled at every step,
//! in `tests/crash/`; one file each. They are two executables only because each that links a
//! Solana runtime takes half a minute and half a gigabyte.
