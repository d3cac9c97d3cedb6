//! Logs, on standard error: text for people, or JSON, one object a line.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry, filter::LevelFilter, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line; its `span` gives `attempt`, `interval_id` and `signature`.
    Json,
}

/// The least serious lines that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the usual five")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Starts logging. Without a level, what `RUST_LOG` says counts, else `info`.
///
/// The level is that of the keeper's own lines. What it is built on logs warnings only: below
/// that, HTTP clients write down addresses, which may carry keys.
pub fn start(format: LogFormat, level: Option<LogLevel>) {
    let filter = match level {
        Some(level) => EnvFilter::new(format!(
            "warn,primis_keeper={level},primis_price={level}",
            level = level.name()
        )),
        None => EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new(LevelFilter::INFO.to_string())),
    };
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        // Saying that a line cannot be written panics where standard error is a file on a full disk.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
    if started.is_err() {
        eprintln!("logs are written elsewhere already");
    }
}
