//! What wallets meet where no transaction is made; `tests/e2e/tests/actions` makes them, on the program.

mod network;
mod refused;
