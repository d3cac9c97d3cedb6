//! Units of every kind in the process that confines them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says by panicking that something is not as it must be"
)]

mod archives;
#[path = "../fmu/mod.rs"]
mod fmu;
mod honest;
mod hostile;

use std::{collections::BTreeMap, io::Cursor, path::Path};

use primis_simulate::{
    Code, Failure, Finished, Job, Limits, Simulator, Value,
    archive::{self, Bounds},
    description::Description,
};

/// The program of this package, made to run one job.
fn simulator() -> Simulator {
    Simulator {
        program: env!("CARGO_BIN_EXE_primis-simulate").into(),
        arguments: vec!["run-fmu".into()],
    }
}

/// A job of ten steps of a tenth.
fn job(start_values: &[(&str, Value)]) -> Job {
    let mut values = BTreeMap::new();
    for (name, value) in start_values {
        values.insert((*name).to_owned(), value.clone());
    }
    Job {
        directory: "".into(),
        start_values: values,
        stop_time: 1.0,
        step_size: 0.1,
        outputs: Vec::new(),
        limits: Limits {
            cpu_seconds: 1,
            wall_seconds: 60,
            memory_bytes: 512 << 20,
            ..Limits::default()
        },
    }
}

/// Unpacks and runs; nothing may be left in the directory it ran in.
async fn run(archive: &[u8], mut job: Job) -> Result<Finished, Failure> {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("unit");
    let description = unpacked(archive, &unit)?;
    let scratch = dir.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    job.directory = unit;
    let result = simulator().run(&job, &description, &scratch).await;
    let mut left: Vec<_> = std::fs::read_dir(&scratch)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert!(
        left.is_empty() || left == ["outcome.json", "rows.csv"],
        "{left:?}"
    );
    result
}

fn unpacked(archive: &[u8], directory: &Path) -> Result<Description, Failure> {
    archive::unpack(Cursor::new(archive), directory, Bounds::default())?;
    Description::read(directory)
}

/// The code of a run that must fail.
async fn code(archive: &[u8], job: Job) -> Code {
    let failure = run(archive, job).await.unwrap_err();
    assert!(!failure.message.is_empty());
    failure.code
}
