//! Units for tests, compiled from the C source beside this file.

use std::{
    collections::HashMap,
    io::{Cursor, Write as _},
    process::Command,
    sync::{Mutex, PoisonError},
};

use zip::{ZipWriter, write::SimpleFileOptions};

const TWO: (&str, &str) = ("linux64", include_str!("fmi2.xml"));
const THREE: (&str, &str) = ("x86_64-linux", include_str!("fmi3.xml"));

/// The decay model as FMI 2.0.
pub fn two() -> Vec<u8> {
    archive(TWO, &[])
}

/// The same as FMI 3.0.
#[allow(
    dead_code,
    reason = "the API's tests run one version of the standard only"
)]
pub fn three() -> Vec<u8> {
    archive(THREE, &["-DFMI3"])
}

/// Misbehaves as soon as it is loaded.
#[allow(
    dead_code,
    reason = "the API's tests choose misbehaviour by a start value"
)]
pub fn hostile_at_load(mode: u32) -> Vec<u8> {
    archive(TWO, &[&format!("-DAT_LOAD={mode}")])
}

/// The decay model with a file more.
#[allow(dead_code, reason = "the simulator's tests need no other unit")]
pub fn with_file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let (platform, description) = TWO;
    let library = library(&[]);
    zipped(&[
        ("modelDescription.xml", description.as_bytes()),
        (&format!("binaries/{platform}/decay.so"), &library),
        (name, bytes),
    ])
}

fn archive((platform, description): (&str, &str), flags: &[&str]) -> Vec<u8> {
    let library = library(flags);
    zipped(&[
        ("modelDescription.xml", description.as_bytes()),
        (&format!("binaries/{platform}/decay.so"), &library),
    ])
}

/// An archive of these entries.
pub fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Compiles the unit, once for each set of flags.
fn library(flags: &[&str]) -> Vec<u8> {
    static MADE: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    made.entry(flags.concat())
        .or_insert_with(|| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("decay.so");
            let source = dir.path().join("unit.c");
            std::fs::write(&source, include_str!("unit.c")).unwrap();
            let output = Command::new("cc")
                .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
                .arg(&path)
                .args(flags)
                .arg(source)
                .output()
                .expect("a C compiler makes the units of these tests: install gcc");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            std::fs::read(path).unwrap()
        })
        .clone()
}
