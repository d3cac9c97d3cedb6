//! Measures compute revenue, funds the staking vault and distributes yield exactly once.

fn main() {}
