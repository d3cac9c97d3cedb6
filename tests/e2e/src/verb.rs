//! A verb of the keeper, run to its end.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use primis_localnet::daemon;
use serde_json::Value;

/// Exit codes, as the keeper's help and README state them.
pub const DONE: i32 = 0;
/// Failed.
pub const FAILED: i32 = 1;
/// A person must act.
pub const NEEDS_PERSON: i32 = 2;
/// Try again later.
pub const TRY_LATER: i32 = 100;

/// How a verb ended.
#[derive(Debug)]
pub struct Verb {
    /// Its exit code.
    pub code: i32,
    /// The objects it printed, one a line.
    pub lines: Vec<Value>,
    /// What it logged.
    pub log: String,
}

impl Verb {
    /// Runs it with `--json`.
    pub async fn run(config: &Path, verb: &str) -> Result<Self> {
        let (code, stdout, log) = output(config, &["--json", verb]).await?;
        let lines = stdout
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("{verb} --json printed something else: {stdout}"))?;
        Ok(Self { code, lines, log })
    }

    /// The last object, which tells the end. It must agree with the exit code.
    pub fn end(&self) -> Result<&Value> {
        let end = self
            .lines
            .last()
            .with_context(|| format!("nothing was printed: {self:?}"))?;
        assert_eq!(
            end["exit_code"], self.code,
            "the exit code is in the output"
        );
        let outcome = match self.code {
            DONE => "done",
            FAILED => "failed",
            NEEDS_PERSON => "needs_a_person",
            TRY_LATER => "try_later",
            other => anyhow::bail!("{other} is no exit code of the keeper: {self:?}"),
        };
        assert_eq!(end["outcome"], outcome, "the outcome is in the output");
        Ok(end)
    }

    /// The end, of this exit code.
    pub fn ended(&self, code: i32) -> Result<&Value> {
        let end = self.end()?;
        assert_eq!(self.code, code, "{end}; its log:\n{}", self.log);
        Ok(end)
    }

    /// The error it ended with, of this exit code.
    pub fn error(&self, code: i32) -> Result<&str> {
        self.ended(code)?["error"]
            .as_str()
            .with_context(|| format!("no error was printed: {self:?}"))
    }

    /// The events it printed.
    pub fn events(&self) -> Vec<&str> {
        let events = self.lines.iter().map(|line| line["event"].as_str());
        events.flatten().collect()
    }
}

/// Exit code, standard output and standard error of a call as a person makes it.
pub async fn output(config: &Path, arguments: &[&str]) -> Result<(i32, String, String)> {
    let config = config.to_str().context("the path is not text")?;
    let arguments = [&["--config", config], arguments].concat();
    let output = daemon::command("primis-keeper", &arguments)?
        .stdin(Stdio::null())
        .output()
        .await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((
        output
            .status
            .code()
            .context("the keeper was ended by a signal")?,
        text(&output.stdout),
        text(&output.stderr),
    ))
}
