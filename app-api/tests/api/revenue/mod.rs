//! `GET /internal/revenue`: who may ask, and sums that never change once they were told.

mod settled;
mod signed;
