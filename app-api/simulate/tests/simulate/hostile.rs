//! Units that do what they must not: each ends with a clear failure, and leaves nothing.

use std::time::Instant;

use primis_simulate::{Code, Fault, Simulator, Value};

use super::{code, fmu, job, run, simulator, unpacked};

fn mode(mode: i64) -> Vec<(&'static str, Value)> {
    vec![("mode", Value::Integer(mode))]
}

async fn ends_with(mode_of_unit: i64, expected: Code) {
    for archive in [fmu::two(), fmu::three()] {
        assert_eq!(code(&archive, job(&mode(mode_of_unit))).await, expected);
    }
}

#[tokio::test]
async fn an_endless_loop() {
    ends_with(1, Code::CpuTime).await;
}

#[tokio::test]
async fn an_endless_loop_that_ignores_the_signal() {
    assert_eq!(code(&fmu::two(), job(&mode(14))).await, Code::CpuTime);
}

#[tokio::test]
async fn an_endless_sleep() {
    let mut job = job(&mode(12));
    job.limits.wall_seconds = 1;
    assert_eq!(code(&fmu::two(), job).await, Code::WallTime);
}

#[tokio::test]
async fn all_the_memory() {
    let failure = run(&fmu::two(), job(&mode(2))).await.unwrap_err();
    assert_eq!(failure.code, Code::Crashed);
    assert!(failure.message.contains("512 MiB"), "{failure}");
}

#[tokio::test]
async fn a_file_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("written");
    let mut values = mode(3);
    values.push(("target", Value::Text(target.display().to_string())));
    assert_eq!(code(&fmu::two(), job(&values)).await, Code::StepRefused);
    assert!(!target.exists());
    // One that is there is neither changed nor taken away.
    std::fs::write(&target, "before").unwrap();
    assert_eq!(code(&fmu::two(), job(&values)).await, Code::StepRefused);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "before");
}

/// What the server's user may read, the unit may not: it would carry it off in its outputs.
#[tokio::test]
async fn a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("secret");
    std::fs::write(&target, "pepper").unwrap();
    for secret in [
        target.to_str().unwrap(),
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/1/cmdline",
    ] {
        let mut values = mode(10);
        values.push(("target", Value::Text(secret.to_owned())));
        let table = run(&fmu::two(), job(&values)).await.unwrap().table;
        assert_eq!(table.rows[10][4], Value::Text("closed".into()), "{secret}");
    }
}

#[tokio::test]
async fn the_network_and_other_processes() {
    for forbidden in [4, 5, 16, 17] {
        ends_with(forbidden, Code::ForbiddenCall).await;
    }
    // The parent's process, of which a signal would be the end.
    ends_with(15, Code::StepRefused).await;
}

#[tokio::test]
async fn crashes_and_ends() {
    for crash in [6, 8, 11] {
        ends_with(crash, Code::Crashed).await;
    }
    ends_with(9, Code::StepRefused).await;
}

#[tokio::test]
async fn gigabytes_of_output() {
    ends_with(7, Code::OutputTooLarge).await;
}

/// A unit can write into the files of its own result; it cannot make its failure the operator's, which
/// would be another run for free.
#[tokio::test]
async fn a_forged_outcome() {
    for forged in [13, 18, 19] {
        let failure = run(&fmu::two(), job(&mode(forged))).await.unwrap_err();
        assert_eq!(failure.fault(), Fault::Fmu, "{forged}: {failure:?}");
    }
}

#[tokio::test]
async fn at_load_already() {
    for (mode, expected) in [
        (1, Code::CpuTime),
        (4, Code::ForbiddenCall),
        (6, Code::Crashed),
        (8, Code::Crashed),
    ] {
        assert_eq!(code(&fmu::hostile_at_load(mode), job(&[])).await, expected);
    }
}

#[tokio::test]
async fn a_program_that_cannot_run_is_the_operators_fault() {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("unit");
    let description = unpacked(&fmu::two(), &unit).unwrap();
    let mut job = job(&[]);
    job.directory = unit;
    for program in ["/nonexistent", "/bin/true", "/bin/false"] {
        let scratch = tempfile::tempdir().unwrap();
        let simulator = Simulator {
            program: program.into(),
            ..simulator()
        };
        let failure = simulator
            .run(&job, &description, scratch.path())
            .await
            .unwrap_err();
        assert_eq!(failure.fault(), Fault::Operator, "{program}");
    }
}

/// The run's future dropped, as when the server stops: its process goes too.
#[tokio::test]
async fn an_abandoned_run_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (unit, scratch) = (dir.path().join("unit"), dir.path().join("scratch"));
    let description = unpacked(&fmu::two(), &unit).unwrap();
    std::fs::create_dir(&scratch).unwrap();
    let mut job = job(&mode(12));
    job.directory = unit;
    job.limits.wall_seconds = 600;
    let simulator = simulator();
    let runs = || {
        let place = scratch.display().to_string();
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(Result::ok)
            .any(|process| {
                std::fs::read_link(process.path().join("cwd"))
                    .is_ok_and(|cwd| cwd.display().to_string() == place)
            })
    };
    let running = simulator.run(&job, &description, &scratch);
    tokio::select! {
        ended = running => panic!("{ended:?}"),
        () = async { while !runs() { tokio::task::yield_now().await } } => {}
    }
    let started = Instant::now();
    while runs() {
        assert!(
            started.elapsed().as_secs() < 10,
            "the process is still there"
        );
        std::thread::yield_now();
    }
}
