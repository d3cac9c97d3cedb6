//! The whole of Primis on one machine: a local Solana, the program, keeper, API, stakers and traffic.

fn main() {}
