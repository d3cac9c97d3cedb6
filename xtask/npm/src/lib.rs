//! Node's part of the build: packages as their lock file says, in a folder of cargo's, and programs
//! that find them there. The sources stay clean: nothing is written beside a `package.json`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context as _, Result, bail};

/// What a package is described by.
const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// Written into `node_modules` when it is complete: the lock file and the choice it was made from.
const COMPLETE: &str = ".complete";
/// The oldest Node that everything here runs on.
const OLDEST_NODE: u32 = 18;
const HOW_TO_INSTALL: &str = "start the build with `cargo xtask localnet` or `cargo xtask test`, which install it, or run \
     `apt-get install nodejs npm`";

/// Which packages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What the product is built from.
    Build,
    /// Those for checks and tests too.
    All,
}

/// A folder with installed packages.
#[derive(Clone, Debug)]
pub struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// Installs what `source/package-lock.json` lists below `folder`, unless it is there already. No
    /// package runs a script of its own while it is installed.
    ///
    /// # Errors
    /// Node or npm is missing or too old, or a package cannot be had.
    pub fn install(source: &Path, folder: &Path, wanted: Wanted) -> Result<Self> {
        check_node()?;
        fs::create_dir_all(folder)?;
        let mut state = format!("{wanted:?}\n").into_bytes();
        for name in MANIFESTS {
            let from = source.join(name);
            let bytes =
                fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
            fs::write(folder.join(name), &bytes)?;
            state.extend(bytes);
        }
        let packages = Self {
            folder: folder.to_owned(),
        };
        let complete = packages.modules().join(COMPLETE);
        if fs::read(&complete).is_ok_and(|made_from| made_from == state) {
            return Ok(packages);
        }
        let mut npm = Command::new("npm");
        npm.current_dir(folder)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"]);
        if wanted == Wanted::Build {
            npm.arg("--omit=dev");
        }
        run(&mut npm, "npm")?;
        fs::write(complete, state)?;
        Ok(packages)
    }

    /// Where Node looks for packages.
    #[must_use]
    pub fn modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// A script of a package, such as `esbuild/bin/esbuild`, in Node.
    #[must_use]
    pub fn node(&self, script: &str) -> Command {
        let mut node = Command::new("node");
        node.arg(self.modules().join(script))
            .env("NODE_PATH", self.modules());
        node
    }
}

/// Runs a command; what it says is part of the error.
///
/// # Errors
/// It is not installed, or fails.
pub fn run(command: &mut Command, name: &str) -> Result<String> {
    let output = match command.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("{name} is not installed: {HOW_TO_INSTALL}")
        }
        other => other.with_context(|| format!("cannot run {name}"))?,
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed ({}):\n{said}{errors}", output.status);
    }
    Ok(said)
}

fn check_node() -> Result<()> {
    let version = run(Command::new("node").arg("--version"), "node")?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!(
            "node is {}, and {OLDEST_NODE} or newer is needed: {HOW_TO_INSTALL}",
            version.trim()
        ),
    }
}

/// The first number of `v18.20.4`.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major("v18.20.4\n"), Some(18));
        assert_eq!(major("v20.0.0"), Some(20));
        assert_eq!(major("18"), None);
    }

    #[test]
    fn what_is_missing_is_named_with_how_to_get_it() {
        let error = run(&mut Command::new("no-such-program"), "npm").unwrap_err();
        assert!(
            error.to_string().contains("apt-get install nodejs npm"),
            "{error}"
        );
    }
}
