//! The server as load balancers, monitors and mistaken clients see it.

mod cached;
mod health;
mod manners;
mod metrics;
mod openapi;
mod refused;
mod schemathesis;
