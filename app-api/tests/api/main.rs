//! The API from outside: real HTTP on port 0, a real database of each kind, and a cluster that
//! speaks Solana's JSON-RPC.

mod golden;
mod http;
mod indexer;
mod revenue;
mod statistics;
mod support;
mod usage;
