//! Child processes: started with what they need, and no more of the outer cargo than that.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;

/// Variables by which one cargo, rustc or toolchain manager steers another.
const STEERING: [&str; 10] = [
    "CARGO",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
    "LD_LIBRARY_PATH",
];

/// Of cargo's variables, those about the network and the registry stay.
const KEPT_PREFIXES: [&str; 4] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR"];

/// Becomes a binary of the workspace, so that its end is this one's, and Ctrl-C reaches it alone.
///
/// # Errors
/// It cannot be started; does not return otherwise.
pub fn become_binary(paths: &Paths, name: &str, arguments: &[OsString]) -> Result<()> {
    let program = paths.target.join("debug").join(name);
    let error = isolated(&program)
        .current_dir(&paths.root)
        .env("CARGO_TARGET_DIR", &paths.target)
        .args(arguments)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}

/// A command that does not inherit the outer cargo's choice of compiler, flags or package.
#[must_use]
pub fn isolated(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let steers = STEERING.contains(&text)
            || (text.starts_with("CARGO_") && !KEPT_PREFIXES.iter().any(|p| text.starts_with(p)));
        if steers {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo this command was started with, for host code, writing to `target`.
#[must_use]
pub fn host_cargo(target: &Path) -> Command {
    let mut command = isolated("cargo");
    if let Some(toolchain) = env::var_os("RUSTUP_TOOLCHAIN") {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command.env("CARGO_TARGET_DIR", target);
    command
}

/// PATH with the folder of the cargo this command was started with in front, for a program that
/// starts `cargo` and cannot bear `RUSTUP_TOOLCHAIN`.
///
/// # Errors
/// PATH holds a folder that cannot be joined.
pub fn path_with_host_cargo() -> Result<OsString> {
    let cargo = env::var_os("CARGO").map(PathBuf::from);
    let first = cargo.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(first.into_iter().chain(env::split_paths(&path))).context("PATH is not usable")
}

/// Runs a command with its output visible.
///
/// # Errors
/// It cannot start or it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command
        .status()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and returns what it prints; its errors stay visible.
///
/// # Errors
/// It cannot start or it fails.
pub fn read(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed no text"))
}

/// The program of this name on PATH.
#[must_use]
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| fs::metadata(file).is_ok_and(|data| data.is_file()))
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
