//! Accounts, sessions and API keys.

mod keys;
mod passwords;
mod sessions;
