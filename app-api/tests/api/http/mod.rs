//! The server as load balancers, monitors and mistaken clients see it.

mod health;
mod metrics;
mod openapi;
mod refused;
