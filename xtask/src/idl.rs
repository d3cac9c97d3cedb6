//! The program's interface description (IDL), committed so that clients need no compiler.
//!
//! A program of its own makes it (`programs/idl-gen`): it builds the staking vault with Anchor's
//! `idl-build` feature and is too heavy to be part of this one.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::fingerprint::{self, Fingerprint};
use crate::paths::Paths;
use crate::process::{host_cargo, isolated, path_with_host_cargo, read, run};
use crate::progress::step;

/// Most lines of a difference that are printed.
const SHOWN: usize = 20;

/// Writes the description when the program has changed.
///
/// # Errors
/// It cannot be generated or written.
pub fn write(paths: &Paths, force: bool) -> Result<()> {
    let new = generate(paths, force)?;
    let path = paths.idl();
    if fs::read_to_string(&path).is_ok_and(|old| old == new) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("no folder for the IDL")?)?;
    fs::write(&path, new).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("==> wrote {}", paths.shown(&path));
    Ok(())
}

/// Fails when the committed description is not what the program gives.
///
/// # Errors
/// It differs; the message shows where and says what to run.
pub fn check(paths: &Paths) -> Result<()> {
    let new = generate(paths, false)?;
    let path = paths.idl();
    let old = fs::read_to_string(&path).unwrap_or_default();
    if old == new {
        return Ok(());
    }
    bail!(
        "{} is not what the program gives; run `cargo xtask build-program` and commit it\n{}",
        paths.shown(&path),
        difference(&old, &new)
    )
}

/// The description of the program as it is, from the last time if nothing has changed.
fn generate(paths: &Paths, force: bool) -> Result<String> {
    let folder = paths.target.join("idl");
    fs::create_dir_all(&folder)?;
    let (stamp, kept) = (folder.join("stamp"), folder.join("staking_vault.json"));
    let fingerprint = sources(paths)?;
    if !force && fingerprint::is_fresh(&stamp, &fingerprint, std::slice::from_ref(&kept)) {
        return fs::read_to_string(&kept).context("cannot read the IDL of the last build");
    }
    step("generating the IDL (the first time some 90 s)", || {
        run(host_cargo(&folder).current_dir(paths.programs()).args([
            "build",
            "--quiet",
            "--package",
            "primis-idl-gen",
        ]))?;
        // Flags of its own, so a folder of its own: cargo would rebuild everything in turns.
        let text = read(
            isolated(folder.join("debug").join("primis-idl-gen"))
                .current_dir(paths.programs())
                .env("PATH", path_with_host_cargo()?)
                .env("CARGO_TARGET_DIR", folder.join("program"))
                .arg(program(paths)),
        )?;
        fs::write(&kept, &text)?;
        fingerprint::record(&stamp, &fingerprint)?;
        Ok(text)
    })
}

fn program(paths: &Paths) -> PathBuf {
    paths.programs().join("staking-vault")
}

fn sources(paths: &Paths) -> Result<String> {
    let programs = paths.programs();
    let mut fingerprint = Fingerprint::new();
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "foreign-accounts",
        "idl-gen",
        "staking-vault",
        "vault-math",
    ] {
        fingerprint.path(&programs.join(part), &[])?;
    }
    Ok(fingerprint.finish())
}

/// The lines that one text has and the other has not, from the first difference on.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(shorter);
    let tail = tail.take_while(|(a, b)| a == b).count();
    let changed = |lines: &[&str], sign: char| -> Vec<String> {
        let count = lines.len() - head - tail;
        lines
            .iter()
            .skip(head)
            .take(count)
            .map(|line| format!("  {sign} {line}"))
            .collect()
    };
    let (removed, added) = (changed(&old, '-'), changed(&new, '+'));
    let total = removed.len() + added.len();
    let mut lines = vec![format!("  from line {}:", head + 1)];
    lines.extend(
        removed
            .into_iter()
            .take(SHOWN)
            .chain(added.into_iter().take(SHOWN)),
    );
    if total >= lines.len() {
        lines.push(format!("  … {total} lines differ"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_shows_its_place() {
        let text = difference("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(text, "  from line 2:\n  - b\n  + x");
        assert!(difference("", "a").contains("+ a"));
        assert_eq!(difference("a\na\n", "a\n"), "  from line 2:\n  - a");
    }
}
