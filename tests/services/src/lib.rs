//! Local stand-ins for the services outside that the platform talks to: [`stripe`], a model API
//! ([`upstream`]), an OpenID provider ([`openid`]) and an x402 facilitator ([`facilitator`]). Each speaks
//! the wire format of the real one, with its failures; the tests of the API and the local network stand
//! on them. Nothing that goes into production may depend on this crate.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not of the wire format is told by panicking, which hangs up"
)]

pub mod facilitator;
pub mod openid;
pub mod stripe;
pub mod upstream;
