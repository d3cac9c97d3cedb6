//! The part rustc calls in place of a linker: all bitcode of a program in one file.
//!
//! A crate that is both `cdylib` and `lib` gets no link-time optimisation from cargo, so rustc
//! hands over the program's objects and every dependency as an rlib. Lowering happens afterwards
//! on the merged file, outside rustc, where an error can be printed as itself.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::tools::{Tools, run};

/// What rustc asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// File to write.
    pub output: PathBuf,
    /// Object files.
    pub objects: Vec<PathBuf>,
    /// Archives.
    pub rlibs: Vec<PathBuf>,
}

impl Request {
    /// Reads rustc's linker arguments; those that mean nothing here are ignored.
    ///
    /// # Errors
    /// No output file or no input.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut request = Self {
            output: PathBuf::new(),
            objects: Vec::new(),
            rlibs: Vec::new(),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let path = PathBuf::from(&argument);
            if argument == "-o" {
                request.output = arguments.next().context("`-o` without a file")?.into();
            } else if path.extension().is_some_and(|e| e == "o") {
                request.objects.push(path);
            } else if path.extension().is_some_and(|e| e == "rlib") {
                request.rlibs.push(path);
            }
        }
        if request.output.as_os_str().is_empty() || request.objects.is_empty() {
            bail!("expected rustc's linker arguments: `-o <file>` and object files");
        }
        Ok(request)
    }
}

/// Links all bitcode of a request into its output.
///
/// # Errors
/// A file cannot be read, or an LLVM program fails.
pub fn merge(request: &Request, tools: &Tools) -> Result<()> {
    let unpacked = request.output.with_extension("members");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    let mut inputs = Vec::new();
    for object in &request.objects {
        if is_bitcode(object)? {
            inputs.push(object.clone());
        }
    }
    for (index, rlib) in request.rlibs.iter().enumerate() {
        let folder = unpacked.join(index.to_string());
        fs::create_dir_all(&folder)?;
        run(tools
            .llvm("llvm-ar")
            .arg("x")
            .arg("--output")
            .arg(&folder)
            .arg(rlib))?;
        let mut members = fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        members.sort();
        for member in members {
            if is_bitcode(&member)? {
                inputs.push(member);
            }
        }
    }
    run(tools
        .llvm("llvm-link")
        .arg("--suppress-warnings")
        .args(&inputs)
        .arg("-o")
        .arg(&request.output))?;
    fs::remove_dir_all(&unpacked).or_else(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    Ok(())
}

/// Whether a file starts as LLVM bitcode does, bare or wrapped.
fn is_bitcode(path: &Path) -> Result<bool> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes.starts_with(b"BC\xc0\xde") || bytes.starts_with(b"\xde\xc0\x17\x0b"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rustcs_arguments() {
        let arguments = [
            "--cpu=v3", "a.o", "-L", "deps", "b.rlib", "-o", "out.so", "-O3",
        ];
        let request = Request::parse(arguments.into_iter().map(OsString::from)).unwrap();
        assert_eq!(request.output, PathBuf::from("out.so"));
        assert_eq!(request.objects, [PathBuf::from("a.o")]);
        assert_eq!(request.rlibs, [PathBuf::from("b.rlib")]);
        assert!(Request::parse(["a.o"].into_iter().map(OsString::from)).is_err());
    }
}
