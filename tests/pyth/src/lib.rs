//! Nothing of its own: see `tests/layout.rs`.
