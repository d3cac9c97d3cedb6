//! A program that computes, so that the host can compare.
//!
//! The build lowers wide arithmetic and wide signatures itself, and a mistake there would be silent
//! and expensive. This program applies one operation to many operands and returns the results;
//! `tests/sbf` runs the same functions on the host and requires equality. It is never deployed.
//!
//! Instruction data: operation (1 byte), then operand pairs of 2 × 16 bytes, little-endian.
//! Return data: for each pair a value of 16 bytes and a flag of 1 byte.
#![cfg_attr(target_os = "solana", no_std)]

pub mod calls;
#[cfg(target_os = "solana")]
mod entrypoint;
pub mod operations;

/// Bytes of one operand pair.
pub const PAIR_BYTES: usize = 32;
/// Bytes of one result.
pub const RESULT_BYTES: usize = 17;
/// Most pairs in one instruction: their results fit in the runtime's 1,024 bytes of return data
/// and the pairs in one transaction.
pub const MAX_PAIRS: usize = 30;

/// Value and flag (overflow, absence or comparison) of one operation.
pub type Outcome = (u128, bool);
