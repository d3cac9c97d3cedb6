//! Accounts, sessions and API keys.

mod keys;
mod openid;
mod passwords;
mod secrets;
mod sessions;
mod wallets;
