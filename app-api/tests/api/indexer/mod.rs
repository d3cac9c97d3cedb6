//! What is read from the chain, whatever the endpoint does: complete, once, and in order.

mod backfill;
mod disturbed;
mod forked;
mod gaps;
mod killed;
mod logs;
mod look;
mod rebuild;
mod restart;
