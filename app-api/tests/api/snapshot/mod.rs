//! Answers from memory: what they are made of is what the store holds.

mod replicas;
mod same_as_store;
