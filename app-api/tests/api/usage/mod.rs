//! `POST /v1/usage/events`: who may post, what is refused, what is counted.

mod counted;
mod refused;
