//! Boots the keeper; see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    primis_keeper::cli::main().await
}
