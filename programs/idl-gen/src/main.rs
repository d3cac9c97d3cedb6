//! Prints the interface description of the program in the folder given, as JSON.
//!
//! Anchor's own command-line tool does the same, and much else, for much more to build. Start it
//! through `cargo xtask build-program`, which keeps the result in `programs/idl/`.

use std::env;
use std::io::Write as _;

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context as _, Result, ensure};

fn main() -> Result<()> {
    // The builder mistakes rustup's variable for a command-line argument and fails.
    ensure!(
        env::var_os("RUSTUP_TOOLCHAIN").is_none(),
        "unset RUSTUP_TOOLCHAIN, or use `cargo xtask build-program`"
    );
    let program = env::args_os()
        .nth(1)
        .context("usage: primis-idl-gen <program folder>")?;
    let mut idl = IdlBuilder::new()
        .program_path(program.into())
        .cargo_args(vec!["--lib".to_owned()])
        .build()?;
    // The builder tests run in no fixed order, and the groups of errors come in theirs.
    idl.errors.sort_by_key(|error| error.code);
    let mut text = serde_json::to_string_pretty(&idl)?;
    text.push('\n');
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
