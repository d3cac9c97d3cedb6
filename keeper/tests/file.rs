//! The file source: what is counted, what is refused and with which words, and that no row is ever
//! lost or counted twice, however the file grows.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

use std::{fmt::Write as _, fs, path::Path};

use primis_keeper::{
    config::FileConfig,
    plan::Revenue,
    revenue::{RevenueError, RevenueFile, RevenueSource, Stretch},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

const T: i64 = 1_700_000_400;
const HEADER: &str = "settled_at,kind,amount_usd,id\n";

fn source(path: &Path, share_bps: u16, less_cost: bool) -> RevenueFile {
    let config = json!({"path": path, "share_bps": share_bps, "less_cost": less_cost});
    let config: FileConfig = serde_json::from_value(config).unwrap();
    RevenueFile::new(&config).unwrap()
}

async fn measure(source: &RevenueFile, from: i64, to: i64) -> Result<Revenue, RevenueError> {
    let stretch = Stretch {
        from,
        to,
        total_value_lamports: 0,
        stakers_bps: 5_000,
    };
    source.measure(stretch).await
}

/// The first ten minutes of a file of this name and text.
async fn read(name: &str, text: &str) -> Result<Revenue, RevenueError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    measure(&source(&path, 10_000, true), T, T + 600).await
}

#[tokio::test]
async fn csv_and_json_lines_say_the_same() {
    let csv = "\u{feff}settled_at,kind,amount_usd,id\r\n\
        1700000400,sale,12.50,a\r\n\
        2023-11-14T22:20:01Z, refund ,0.000000001,b\r\n\
        \r\n\
        2023-11-14T23:20:02+01:00,cost,2.5,\"c, with a comma\"\r\n\
        1700001000,sale,1000,d\r\n";
    let jsonl = r#"{"settled_at":1700000400,"kind":"sale","amount_usd":"12.50","id":"a"}
{"settled_at":"2023-11-14T22:20:01Z","kind":"refund","amount_usd":"0.000000001","id":"b"}

{"id":"c, with a comma","settled_at":"1700000402","kind":"cost","amount_usd":"2.5"}
{"settled_at":1700001000,"kind":"mark","id":"d"}
"#;
    let expected = Revenue::NanoUsd(9_999_999_999);
    assert_eq!(read("r.csv", csv).await.unwrap(), expected);
    assert_eq!(read("r.jsonl", jsonl).await.unwrap(), expected);
}

#[tokio::test]
async fn columns_may_stand_in_any_order_and_marks_carry_no_amount() {
    let text = "id,amount_usd,settled_at,kind\na,5,1700000500,sale\nb,,1700001000,mark\n";
    assert_eq!(
        read("r.csv", text).await.unwrap(),
        Revenue::NanoUsd(5_000_000_000)
    );
}

#[tokio::test]
async fn costs_and_share_are_as_configured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let text = format!(
        "{HEADER}{T},sale,10,a\n{T},cost,4,b\n{T},refund,3,c\n{},mark,,d\n",
        T + 600
    );
    fs::write(&path, text).unwrap();
    for (share_bps, less_cost, expected) in [
        (10_000, true, 3_000_000_000),
        (10_000, false, 7_000_000_000),
        (2_500, true, 750_000_000),
    ] {
        let got = measure(&source(&path, share_bps, less_cost), T, T + 600).await;
        assert_eq!(got.unwrap(), Revenue::NanoUsd(expected));
    }
}

#[tokio::test]
async fn a_stretch_is_settled_when_a_row_of_its_end_or_later_is_there() {
    for (text, behind) in [
        (String::new(), 600),
        (HEADER.to_owned(), 600),
        (format!("{HEADER}{T},sale,1,a\n"), 600),
        (format!("{HEADER}{},sale,1,a\n", T + 599), 1),
        // A source whose clock is days behind, or that nobody wrote to since.
        (format!("{HEADER}{},sale,1,a\n", T - 259_200), 259_800),
    ] {
        let error = read("r.csv", &text).await.unwrap_err();
        let RevenueError::NotSettled {
            retry_after_seconds,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(retry_after_seconds, Some(behind), "{text}");
    }
    // A clock that is ahead only delays: its rows wait for the cluster's clock.
    let ahead = format!("{HEADER}{T},sale,1,a\n{},sale,7,b\n", T + 864_000);
    assert_eq!(
        read("r.csv", &ahead).await.unwrap(),
        Revenue::NanoUsd(1_000_000_000)
    );
}

#[tokio::test]
async fn mistakes_are_refused_with_their_line_and_nothing_is_counted() {
    let row = |text: &str| format!("{HEADER}{T},sale,1,a\n{text}\n{},mark,,z\n", T + 600);
    for (text, named) in [
        (
            row("1700000399,sale,1,b"),
            "line 3: settled_at is 1 s before the row above it",
        ),
        (row("1700000400,sale,1,a"), "line 3: id \"a\" comes twice"),
        (
            row("1700000400,sale,-1,b"),
            "line 3: amount_usd \"-1\" is negative",
        ),
        (row("1700000400,sale,,b"), "line 3: amount_usd"),
        (row("1700000400,sale,1e3,b"), "line 3: amount_usd"),
        (row("1700000400,sale,99999999999,b"), "out of range"),
        (row("1700000400,gift,1,b"), "line 3: kind \"gift\""),
        (
            row("1700000400,mark,1,b"),
            "line 3: a mark has no amount_usd",
        ),
        (row("yesterday,sale,1,b"), "line 3: settled_at"),
        (row("2023-11-14T22:20:00,sale,1,b"), "line 3: settled_at"),
        (row("1700000400000,sale,1,b"), "line 3: settled_at"),
        (row("-5,sale,1,b"), "line 3: settled_at"),
        (row("1700000400,sale,1,"), "line 3: id"),
        (row("1700000400,sale,1,b,usd"), "line: 3"),
        (row("1700000400,sale,1"), "line: 3"),
        (row("1700000400,sale,1,\"b"), "a quote that is not closed"),
        ("<html>\n".into(), "line 1: the columns must be"),
        (
            "settled_at,kind,amount,id\n".into(),
            "line 1: the columns must be",
        ),
        (format!("{T},sale,1,a\n"), "line 1: the columns must be"),
    ] {
        let error = read("r.csv", &text).await.unwrap_err();
        assert!(
            matches!(error, RevenueError::Malformed { .. }),
            "{text}: {error:?}"
        );
        assert!(error.to_string().contains(named), "{named}: {error}");
        assert!(!error.is_transient());
    }
    let good = r#"{"settled_at":1700000400,"kind":"sale","amount_usd":"1","id":"a"}"#;
    for (text, named) in [
        (
            r#"{"settled_at":1700000400,"kind":"sale","amount_usd":1.5,"id":"b"}"#,
            "line 2: amount_usd must be a text",
        ),
        (
            r#"{"settled_at":1700000400.5,"kind":"sale","amount_usd":"1","id":"b"}"#,
            "line 2: settled_at",
        ),
        (
            r#"{"settled_at":1700000400,"kind":"sale","amount_usd":"1","id":"b","currency":"eur"}"#,
            "line 2: unknown field `currency`",
        ),
        (
            r#"{"settled_at":1700000400,"kind":"sale","amount_usd":"1","amount_usd":"2","id":"b"}"#,
            "line 2: duplicate field",
        ),
        (
            r#"{"settled_at":1700000400,"kind":"sale","amou"#,
            "line 2: EOF",
        ),
        ("[]", "line 2"),
        ("null", "line 2"),
    ] {
        let error = read("r.jsonl", &format!("{good}\n{text}\n"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, RevenueError::Malformed { .. }),
            "{text}: {error:?}"
        );
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
    let latin1 = [HEADER.as_bytes(), b"1700000400,sale,1,caf\xe9\n"].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    fs::write(&path, latin1).unwrap();
    let error = measure(&source(&path, 10_000, true), T, T + 600)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("utf-8"), "{error}");
}

#[tokio::test]
async fn a_row_that_is_being_written_and_a_missing_file_are_tried_again() {
    let whole = format!("{HEADER}{T},sale,100.00,a\n{},mark,,b\n", T + 600);
    for cut in 1..whole.len() {
        let torn = &whole[..cut];
        let got = read("r.csv", torn).await;
        if torn.ends_with('\n') {
            assert!(
                matches!(got, Err(RevenueError::NotSettled { .. })),
                "{torn:?}: {got:?}"
            );
        } else {
            let error = got.unwrap_err();
            assert!(
                error.is_transient() && error.to_string().contains("has no end"),
                "{error}"
            );
        }
    }
    let error = measure(
        &source(Path::new("/nowhere/r.csv"), 10_000, true),
        T,
        T + 600,
    )
    .await;
    let error = error.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("[revenue.file] path"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_too_long_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    fs::File::create(&path)
        .unwrap()
        .set_len(65 * 1024 * 1024)
        .unwrap();
    let error = measure(&source(&path, 10_000, true), T, T + 600)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("move the rows"), "{error}");
}

#[test]
fn the_name_tells_the_format() {
    for name in ["revenue", "revenue.txt", "revenue.json"] {
        let config: FileConfig = serde_json::from_value(json!({"path": name})).unwrap();
        let error = RevenueFile::new(&config).unwrap_err();
        assert!(error.to_string().contains(".jsonl"), "{error}");
    }
}

/// A writer appends rows in their order, late ones with the time they are written at, and a keeper
/// measures whatever is settled between: each row is counted once.
#[test]
fn however_the_file_grows_each_row_is_counted_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows = proptest::collection::vec(
        (0_i64..900, 0..3_usize, 0_u64..50_000_000_000, any::<bool>()),
        1..40,
    );
    let mut runner = TestRunner::new(ProptestConfig::with_cases(48));
    runner
        .run(&(rows, 1_u16..=10_000, any::<bool>()), |(rows, share_bps, csv)| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(if csv { "r.csv" } else { "r.jsonl" });
            let mut text = if csv { HEADER.to_owned() } else { String::new() };
            let source = source(&path, share_bps, true);
            let (mut at, mut from, mut counted, mut expected) = (T, T, 0_i128, 0_i128);
            for (n, (step, kind, nano, look)) in rows.iter().enumerate() {
                at += step;
                let (name, sign) = [("sale", 1), ("refund", -1), ("cost", -1)][*kind];
                let amount = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
                if csv {
                    writeln!(text, "{at},{name},{amount},{n}").unwrap();
                } else {
                    let row = json!({"settled_at": at, "kind": name, "amount_usd": amount, "id": n.to_string()});
                    writeln!(text, "{row}").unwrap();
                }
                fs::write(&path, &text).unwrap();
                // What is settled: everything before the row just written.
                if *look && at > from {
                    let got = runtime.block_on(measure(&source, from, at)).unwrap();
                    let Revenue::NanoUsd(got) = got else { panic!("{got:?}") };
                    counted += i128::from(got);
                    from = at;
                    prop_assert!(runtime.block_on(measure(&source, from, at + 1)).is_err());
                }
                expected += (sign * i128::from(*nano) * i128::from(share_bps)).div_euclid(10_000);
            }
            let end = at + 1;
            if csv {
                writeln!(text, "{end},mark,,end").unwrap();
            } else {
                writeln!(text, "{}", json!({"settled_at": end, "kind": "mark", "id": "end"})).unwrap();
            }
            fs::write(&path, &text).unwrap();
            let Revenue::NanoUsd(rest) = runtime.block_on(measure(&source, from, end)).unwrap() else { panic!() };
            prop_assert_eq!(counted + i128::from(rest), expected);
            let whole = runtime.block_on(measure(&source, T, end)).unwrap();
            prop_assert_eq!(i128::from(match whole { Revenue::NanoUsd(x) => x, other => panic!("{other:?}") }), expected);
            Ok(())
        })
        .unwrap();
}
