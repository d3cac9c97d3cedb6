//! The official OpenAI SDKs run their documented examples against the gateway, unchanged.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Gate, PLAIN, USD};
use crate::support::database::Kind;

/// What every SDK is told.
const SAID: &str = "This is a test.";

async fn told(program: &str, arguments: &[&str], folder: &Path) -> Vec<(String, Value)> {
    let gate = Gate::with(Kind::Sqlite, USD, |_| {}).await;
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("OPENAI_BASE_URL", format!("{}/v1", gate.server.base))
        .env("OPENAI_API_KEY", &gate.customer.key)
        .env("NO_PROXY", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the SDK's program can be started");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // Each answer the upstream billed is charged once, and the one that failed on its way is estimated.
    let lines = gate.lines().await;
    let estimated = lines.iter().filter(|line| line.estimated).count();
    assert_eq!((lines.len(), estimated), (gate.first.billed().len() + 1, 1));
    assert!(lines.iter().any(|line| line.charge == PLAIN));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            (
                line["name"].as_str().unwrap().to_owned(),
                line["value"].clone(),
            )
        })
        .collect()
}

fn expected(asynchronous: bool) -> Vec<(String, Value)> {
    [
        ("completion", json!(SAID)),
        ("usage", json!([10, 5])),
        ("stream", json!(SAID)),
        ("stream_usage", json!([0, 15])),
        ("helper", json!(SAID)),
        ("embeddings", json!([[1.0, 2.0], [1.0, 2.0]])),
        ("models", json!(["test/model", "test/vectors"])),
        ("model", json!("test/model")),
        ("async", json!(SAID)),
        ("not_found", json!("model_not_found")),
        ("authentication", json!("unauthorized")),
        ("on_the_way", json!("upstream_failed")),
        ("money", json!([402, "insufficient_balance"])),
    ]
    .into_iter()
    .filter(|(name, _)| asynchronous || *name != "async")
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Numbers are compared as numbers: JavaScript writes 1.0 as 1.
fn same(told: &[(String, Value)], expected: &[(String, Value)]) {
    let text = |list: &[(String, Value)]| format!("{list:?}").replace(".0", "");
    assert_eq!(text(told), text(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdks_examples() {
    let python = std::env::var("OPENAI_PYTHON").expect(
        "OPENAI_PYTHON must name a python that has the openai package. `cargo xtask test` installs it and \
         sets it; by hand: python3 -m venv target/openai && target/openai/bin/pip install -r \
         app-api/tests/openai/requirements.txt",
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openai/examples.py");
    let folder = tempfile::tempdir().unwrap();
    same(
        &told(&python, &[script], folder.path()).await,
        &expected(true),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_sdks_examples() {
    let folder = std::env::var("OPENAI_NODE").expect(
        "OPENAI_NODE must name a folder with the packages of app-api/tests/openai/package.json. `cargo xtask \
         test` installs them and sets it; by hand: copy package.json and package-lock.json to \
         target/openai-node and run `npm ci` there",
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openai/examples.mjs");
    same(
        &told("node", &[script], Path::new(&folder)).await,
        &expected(false),
    );
}
