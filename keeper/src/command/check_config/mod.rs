//! `check-config`: everything that can be checked before the keeper runs, each finding with what to
//! do. It sends no transaction and leaves no file.

mod local;
mod online;

use serde_json::{Value, json};

use crate::{
    chain::Rpc,
    cli::Output,
    config::{Config, Origin},
    error::{Error, Exit},
};

/// The endpoints as they are configured.
fn rpc(config: &Config) -> Rpc {
    Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config())
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// As it should be.
    Ok,
    /// The keeper runs with it; a person should know.
    Warning,
    /// The keeper does not run, or does not distribute, with it.
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug)]
struct Finding {
    /// The key, as `section.key`, or what was checked.
    check: String,
    level: Level,
    /// What was found; where it is not as it should be, what to do.
    message: String,
}

/// What was checked so far.
#[derive(Clone, Debug, Default)]
struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, level: Level, check: &str, message: impl Into<String>) {
        self.all.push(Finding {
            check: check.to_owned(),
            level,
            message: message.into(),
        });
    }

    fn ok(&mut self, check: &str, message: impl Into<String>) {
        self.add(Level::Ok, check, message);
    }

    fn warning(&mut self, check: &str, message: impl Into<String>) {
        self.add(Level::Warning, check, message);
    }

    /// An error in the words the keeper itself would use.
    fn error(&mut self, check: &str, message: impl Into<String>) {
        self.add(Level::Error, check, message);
    }

    fn count(&self, level: Level) -> usize {
        self.all
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for Finding {
            check,
            level,
            message,
        } in &self.all
        {
            text.push_str(&format!("{:<8} {check}: {message}\n", level.name()));
        }
        text
    }

    fn json(&self) -> Vec<Value> {
        let finding = |finding: &Finding| {
            json!({
                "check": finding.check,
                "level": finding.level.name(),
                "message": finding.message,
            })
        };
        self.all.iter().map(finding).collect()
    }
}

/// Checks.
///
/// # Errors
/// None of its own: what is wrong is a finding.
pub async fn check_config(origin: &Origin, offline: bool, output: Output) -> Result<Exit, Error> {
    let mut findings = Findings::default();
    match origin.read() {
        Err(error) => findings.error("configuration", error.to_string()),
        Ok(config) => {
            findings.ok(
                "configuration",
                format!("{} is read", origin.path.display()),
            );
            local::check(&config, &mut findings).await;
            if !offline {
                online::check(&config, &mut findings).await;
            }
        }
    }
    let (errors, warnings) = (findings.count(Level::Error), findings.count(Level::Warning));
    let exit = match errors {
        0 => Exit::Done,
        _ => Exit::NeedsPerson,
    };
    let verdict = match errors {
        0 => "the keeper can run with this configuration",
        _ => "the keeper cannot run with this configuration: see the errors above",
    };
    output.print(
        &format!(
            "{}{errors} error(s), {warnings} warning(s): {verdict}",
            findings.text()
        ),
        &json!({
            "findings": findings.json(),
            "error_count": errors,
            "warning_count": warnings,
            "offline": offline,
            "outcome": exit.name(),
            "exit_code": exit.code(),
        }),
    );
    Ok(exit)
}
