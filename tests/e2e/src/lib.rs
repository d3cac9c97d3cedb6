//! The path of a lamport through all parts, on a real runtime and with the real daemons. The tests
//! of the whole lie in `tests/path/`, those of the keeper alone, killed and misled at every step,
//! in `tests/crash/`; one file each. They are two executables only because each that links a
//! Solana runtime takes half a minute and half a gigabyte.
//!
//! Here is what the second kind is made of, for whoever wants to trouble a keeper: a [`stand`] with
//! a chain, a vault and the real binary, a [`proxy`] between them with a [`trap`] for each fault,
//! a [`verb`] run to its end, what happens to the [`machine`] and the [`chain`], and the [`books`]
//! that must be right at the end. [`chaos`] makes all of it at once.

#![expect(
    clippy::indexing_slicing,
    reason = "a field that a JSON value does not have reads as null"
)]

pub mod books;
pub mod chain;
pub mod chaos;
pub mod config;
pub mod machine;
pub mod operator;
pub mod proxy;
pub mod stand;
pub mod trap;
pub mod verb;
