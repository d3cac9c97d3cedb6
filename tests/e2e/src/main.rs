//! The path of a lamport through all parts.

fn main() {}
