//! The Stripe source against a server that pages, limits and fails as Stripe does, and as it should
//! not.

mod again;
mod counted;
mod refused;
mod server;
