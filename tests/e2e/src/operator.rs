//! An operator's calls: a verb with flags and variables, and a keeper that runs.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use primis_localnet::{Daemon, daemon};
use serde_json::Value;

use crate::stand::Stand;
use crate::verb::Verb;

impl Stand {
    /// Runs a verb with `--json` and these arguments.
    pub async fn call(&self, arguments: &[&str]) -> Result<Verb> {
        self.call_with(arguments, &[]).await
    }

    /// The same with variables.
    pub async fn call_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Verb> {
        let config = self.config();
        let config = config.to_str().context("the path is not text")?;
        let arguments = [&["--config", config, "--json"], arguments].concat();
        let mut command = daemon::command("primis-keeper", &arguments)?;
        command.stdin(Stdio::null()).envs(variables.iter().copied());
        let output = command.output().await?;
        let stdout = String::from_utf8(output.stdout)?;
        let lines = stdout.lines().map(serde_json::from_str);
        Ok(Verb {
            code: output.status.code().context("ended by a signal")?,
            lines: lines
                .collect::<Result<_, _>>()
                .with_context(|| format!("{arguments:?} printed something else: {stdout}"))?,
            log: String::from_utf8(output.stderr)?,
        })
    }

    /// Starts `run` with these arguments; returns it with its address and its log.
    pub async fn running(&self, arguments: &[&str]) -> Result<(Daemon, String, PathBuf)> {
        let config = self.config();
        let config = config.to_str().context("the path is not text")?;
        let arguments = [&["--config", config, "--json"], arguments, &["run"]].concat();
        let log = self.path("run.log");
        let mut keeper = Daemon::start("primis-keeper", &arguments, log.clone())?;
        let line = keeper.listening(0).await?;
        // In JSON the address is followed by what comes after it in the object.
        let url = line.split('"').next().unwrap_or_default().to_owned();
        Ok((keeper, url, log))
    }

    /// Adds a piece to the configuration.
    pub fn add_to_config(&self, piece: &str) -> Result<()> {
        let text = std::fs::read_to_string(self.config())?;
        Ok(std::fs::write(self.config(), format!("{text}\n{piece}\n"))?)
    }
}

/// Status and JSON of an address.
pub async fn get(url: &str) -> Result<(u16, Value)> {
    let answer = reqwest::get(url).await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_str(&answer.text().await?)?))
}
