//! Secrets live in files. Their contents are never part of an error.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use solana_keypair::{Keypair, read_keypair as parse_keypair};

use crate::error::Error;

/// A secret text: the file without white space around it.
///
/// # Errors
/// [`Error::Config`] if the file cannot be read or holds nothing.
pub fn read_secret(path: &Path, key: &str) -> Result<String, Error> {
    let text = fs::read_to_string(path).map_err(|e| {
        Error::Config(format!(
            "{key}: {} cannot be read: {e}; create it, or correct the path",
            path.display()
        ))
    })?;
    match text.trim() {
        "" => Err(Error::Config(format!(
            "{key}: {} is empty: write the secret into it",
            path.display()
        ))),
        secret => Ok(secret.to_owned()),
    }
}

/// A keypair as `solana-keygen new` writes it: a JSON list of 64 numbers.
///
/// # Errors
/// [`Error::Config`] if the file cannot be read or is none.
pub fn read_keypair(path: &Path, key: &str) -> Result<Keypair, Error> {
    let mut file = fs::File::open(path).map_err(|e| {
        Error::Config(format!(
            "{key}: {} cannot be read: {e}; create it, or correct the path",
            path.display()
        ))
    })?;
    // The cause is left out on purpose: a parser's message can quote what it read.
    parse_keypair(&mut file).map_err(|_| {
        Error::Config(format!(
            "{key}: {} is not a keypair file: make one with `solana-keygen new`",
            path.display()
        ))
    })
}

/// Whether nobody but its owner and its group can read a file. Its group may: that is how a
/// service manager hands secrets over.
///
/// # Errors
/// Whatever looking at it fails with.
pub fn is_private(path: &Path) -> std::io::Result<bool> {
    /// Read and write by everybody.
    const OTHERS: u32 = 0o006;
    Ok(fs::metadata(path)?.permissions().mode() & OTHERS == 0)
}

#[cfg(test)]
mod tests {
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn a_secret_is_trimmed_and_never_empty() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        assert!(read_secret(&path, "k").is_err());
        fs::write(&path, " \n").unwrap();
        assert!(read_secret(&path, "k").is_err());
        fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(read_secret(&path, "k").unwrap(), "s3cret");
    }

    #[test]
    fn a_keypair_is_the_solana_clis_json() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keeper.json");
        let keypair = Keypair::new();
        fs::write(&path, format!("{:?}\n", keypair.to_bytes())).unwrap();
        assert_eq!(read_keypair(&path, "k").unwrap().pubkey(), keypair.pubkey());
        fs::write(&path, "[1, 2, 3]").unwrap();
        let error = read_keypair(&path, "k").unwrap_err().to_string();
        assert!(
            error.contains("solana-keygen") && !error.contains("[1"),
            "{error}"
        );
    }
}
