//! Tests of the staking vault on LiteSVM, and its compute unit table.

fn main() {}
