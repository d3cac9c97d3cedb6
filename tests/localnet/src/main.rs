//! The whole of Primis on one machine.

fn main() {}
