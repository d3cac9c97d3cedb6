//! Units that do what they should.

use primis_simulate::{Code, Value};

use super::{code, fmu, job, run};

/// What FMPy 0.3.32 computes for the same unit and values: `simulate_fmu(unit, stop_time=1,
/// step_size=0.25, output_interval=0.25, start_values={'x': 3, 'k': 0.7}, output=['x', 'count'])`.
const BY_FMPY: &str = include_str!("fmpy.csv");

#[tokio::test]
async fn both_versions_compute_the_model() {
    for archive in [fmu::two(), fmu::three()] {
        let finished = run(
            &archive,
            job(&[("k", Value::Real(2.0)), ("x", Value::Integer(5))]),
        )
        .await
        .unwrap();
        assert!(finished.confinement.seccomp);
        let table = finished.table;
        assert_eq!(table.columns, ["time", "x", "count", "positive", "label"]);
        assert_eq!(table.rows.len(), 11);
        let (mut x, mut time) = (5.0, 0.0);
        for (row, step) in table.rows.iter().zip(0_i32..) {
            let expected = [
                Value::Real(time),
                Value::Real(x),
                Value::Integer(step.into()),
                Value::Boolean(x > 0.5),
                Value::Text("fine".into()),
            ];
            // To the bit: the same operations in the same order.
            assert_eq!(row[..], expected);
            let next = if step == 9 {
                1.0
            } else {
                f64::from(step + 1) * 0.1
            };
            x += (next - time) * (-2.0 * x);
            time = next;
        }
        let csv = String::from_utf8(table.to_csv().unwrap()).unwrap();
        assert!(
            csv.starts_with(
                "time,x,count,positive,label\n0.0,5.0,0,true,fine\n0.1,4.0,1,true,fine\n"
            ),
            "{csv}"
        );
    }
}

#[tokio::test]
async fn the_same_as_fmpy() {
    for archive in [fmu::two(), fmu::three()] {
        let mut job = job(&[("k", Value::Real(0.7)), ("x", Value::Real(3.0))]);
        job.step_size = 0.25;
        job.outputs = vec!["x".into(), "count".into()];
        let table = run(&archive, job).await.unwrap().table;
        assert_eq!(String::from_utf8(table.to_csv().unwrap()).unwrap(), BY_FMPY);
    }
}

#[tokio::test]
async fn the_last_step_may_be_shorter() {
    let mut job = job(&[]);
    job.step_size = 0.4;
    job.outputs = vec!["count".into()];
    let table = run(&fmu::two(), job).await.unwrap().table;
    let times: Vec<_> = table.rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(times, [0.0, 0.4, 0.8, 1.0].map(Value::Real));
}

#[tokio::test]
async fn what_the_unit_does_not_have_is_refused() {
    let unit = fmu::two();
    let refused = |values: &[(&str, Value)], outputs: &[&str]| {
        let mut job = job(values);
        job.outputs = outputs.iter().map(|name| (*name).to_owned()).collect();
        code(&unit, job)
    };
    assert_eq!(
        refused(&[("y", Value::Real(1.0))], &[]).await,
        Code::UnknownVariable
    );
    assert_eq!(refused(&[], &["y"]).await, Code::UnknownVariable);
    assert_eq!(
        refused(&[("mode", Value::Real(1.5))], &[]).await,
        Code::WrongType
    );
    assert_eq!(
        refused(&[("mode", Value::Integer(1 << 40))], &[]).await,
        Code::WrongType
    );
    assert_eq!(
        refused(&[("k", Value::Text("1".into()))], &[]).await,
        Code::WrongType
    );
    assert_eq!(
        refused(&[("target", Value::Text("a\0b".into()))], &[]).await,
        Code::WrongType
    );
    assert_eq!(
        refused(&[("count", Value::Integer(1))], &[]).await,
        Code::WrongType
    );
    assert_eq!(
        refused(&[("target", Value::Text("a".repeat(256)))], &[]).await,
        Code::ValueRefused
    );
    let mut long = job(&[]);
    long.step_size = 1e-9;
    assert_eq!(code(&unit, long).await, Code::TooManySteps);
}

#[tokio::test]
async fn a_result_has_a_largest_size() {
    let mut job = job(&[]);
    job.step_size = 0.001;
    job.limits.result_bytes = 4_096;
    assert_eq!(code(&fmu::two(), job).await, Code::ResultTooLarge);
}
