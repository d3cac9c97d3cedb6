//! Makes a module legal for LLVM's BPF backend without changing what it computes.
//!
//! The backend passes five registers, returns one, and knows no library for wide arithmetic.
//! [`abi`] moves what does not fit into memory, [`wide`] replaces wide operations with calls to
//! the helpers in `helpers/`, and [`verify`] names the function of whatever is still illegal.

pub mod abi;
mod argument;
mod attributes;
pub mod verify;
pub mod wide;
