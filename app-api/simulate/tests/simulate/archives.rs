//! Archives that are no units.

use std::io::Cursor;

use primis_simulate::{
    Code,
    archive::{Bounds, unpack},
    description::Description,
};

use super::{
    fmu::{two, zipped},
    unpacked,
};

const BOUNDS: Bounds = Bounds {
    files: 3,
    bytes: 1 << 20,
};

fn refused(archive: &[u8]) -> Code {
    let dir = tempfile::tempdir().unwrap();
    let code = unpack(Cursor::new(archive), &dir.path().join("unit"), BOUNDS)
        .unwrap_err()
        .code;
    // Nothing beside the directory it was to go to.
    assert!(
        std::fs::read_dir(dir.path())
            .unwrap()
            .all(|entry| entry.unwrap().file_name() == "unit")
    );
    code
}

fn described(description: &str, library: &str) -> Code {
    let dir = tempfile::tempdir().unwrap();
    let archive = zipped(&[
        ("modelDescription.xml", description.as_bytes()),
        (library, b""),
    ]);
    unpacked(&archive, &dir.path().join("unit"))
        .unwrap_err()
        .code
}

#[test]
fn broken_ones() {
    assert_eq!(refused(b"no archive"), Code::BadArchive);
    assert_eq!(refused(b""), Code::BadArchive);
    let mut cut = two();
    cut.truncate(cut.len() / 2);
    assert_eq!(refused(&cut), Code::BadArchive);
}

#[test]
fn ones_that_leave_their_directory() {
    for name in ["../outside", "a/../../outside", "/outside", "..\\outside"] {
        assert_eq!(
            refused(&zipped(&[(name, b"x")])),
            Code::UnsafePath,
            "{name}"
        );
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc", zip::write::SimpleFileOptions::default())
        .unwrap();
    assert_eq!(
        refused(&zip.finish().unwrap().into_inner()),
        Code::UnsafePath
    );
}

#[test]
fn ones_that_grow() {
    let zeros = vec![0; 2 << 20];
    assert_eq!(refused(&zipped(&[("bomb", &zeros)])), Code::TooLarge);
    assert_eq!(
        refused(&zipped(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")])),
        Code::TooManyFiles
    );
    // A name that is a file and a directory.
    assert_eq!(
        refused(&zipped(&[("a", b""), ("a/b", b"")])),
        Code::BadArchive
    );
}

#[test]
fn descriptions_of_what_cannot_run() {
    let model = |version: &str, inside: &str| {
        format!(
            "<fmiModelDescription fmiVersion=\"{version}\" modelName=\"m\" guid=\"g\">{inside}<ModelVariables/></fmiModelDescription>"
        )
    };
    let simulation = "<CoSimulation modelIdentifier=\"m\"/>";
    assert_eq!(described("<broken", "m"), Code::BadDescription);
    assert_eq!(described("<other/>", "m"), Code::BadDescription);
    assert_eq!(
        described(&model("1.0", simulation), "m"),
        Code::UnsupportedVersion
    );
    assert_eq!(
        described(&model("2.0", "<ModelExchange modelIdentifier=\"m\"/>"), "m"),
        Code::NoCoSimulation
    );
    assert_eq!(
        described(&model("2.0", simulation), "binaries/win64/m.dll"),
        Code::NoBinary
    );
    assert_eq!(
        described(
            &model("2.0", "<CoSimulation modelIdentifier=\"../../m\"/>"),
            "m"
        ),
        Code::BadDescription
    );
    assert_eq!(described(&model("2.0", ""), "m"), Code::NoCoSimulation);
    // Entities that would expand to gigabytes.
    let laughs = format!(
        "<!DOCTYPE d [<!ENTITY a \"ha\">]>{}",
        model("2.0", simulation)
    );
    assert_eq!(described(&laughs, "m"), Code::BadDescription);
    assert!(Description::parse(&model("2.0", simulation)).is_ok());
}
