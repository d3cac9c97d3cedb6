//! The path of a lamport through all parts, on a real runtime and with the real daemons. The tests
//! lie in `tests/path/`, one file each; they are one executable because each that links a Solana
//! runtime takes half a minute and half a gigabyte.
