//! Jobs paid one by one: `POST /api/simulate` runs an uploaded functional mock-up unit.
//!
//! A run is paid before it begins: by x402, from the prepaid balance, by a prepaid run, or by the token of a
//! run that failed here. What paid is unique in the database, so one payment is one run, whoever sends it how
//! often. A paid run is queued in the same transaction; workers of any process take it by a lease, so that a
//! process that dies loses none.

mod again;
mod answer;
mod asker;
mod files;
mod order;
mod prepaid;
mod price;
mod read;
mod simulate;
mod token;
mod upload;
mod work;
mod x402;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::extract::DefaultBodyLimit;
use futures_util::future::BoxFuture;
use primis_simulate::{Limits, Simulator};
use tokio::sync::Notify;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

pub(crate) use simulate::room;
pub(crate) use work::follow;

use crate::{
    app::App,
    config::{ConfigError, Runs as Options, read_secret},
    http::ApiError,
    platform::{accounts, id::random as random_id},
    store::NewRun,
};
use files::Files;
use token::Tokens;
use x402::Facilitator;

/// Longest archive taken, bytes.
const MAX_FMU_BYTES: usize = 32 * 1024 * 1024;
/// Longest order taken, bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// Longest wait for a run, before its asker is told to ask again: an answer has 30 seconds.
const PATIENCE: Duration = Duration::from_secs(24);
/// What makes this program, or the one that is configured, the process that runs a unit.
pub const SIMULATE: &str = "run-fmu";

/// Where a run can be paid by card.
pub(crate) trait PayLink: Send + Sync {
    /// An address at which this run can be paid; `None`: not now. Who is paid there queues the run.
    fn link<'a>(&'a self, run: &'a NewRun) -> BoxFuture<'a, Option<Link>>;
}

/// An address at which one run can be paid by card.
pub(crate) struct Link {
    pub(crate) url: String,
    /// What it costs there, US cents.
    pub(crate) price_cents: i64,
    /// Until when somebody has to go there, Unix seconds.
    pub(crate) expires_at: i64,
}

/// What running jobs needs; a part that is not configured refuses its requests.
pub(crate) struct Runs {
    options: Options,
    tokens: Option<Tokens>,
    files: Option<Files>,
    simulator: Simulator,
    facilitator: Option<Facilitator>,
    pay_link: Option<Arc<dyn PayLink>>,
    /// A run was queued or a payment came.
    queued: Notify,
    /// A run ended.
    ended: Notify,
}

impl Runs {
    /// Reads the files that the settings name; `pay_link` says where a run can be paid by card, if it can.
    ///
    /// # Errors
    /// If one cannot be read or used.
    pub(crate) fn load(
        options: &Options,
        pay_link: Option<Arc<dyn PayLink>>,
    ) -> Result<Self, ConfigError> {
        let tokens = options.token_secret_path.as_deref().map(|path| {
            let secret = read_secret("runs.token_secret_path", path)?;
            Tokens::new(&secret).ok_or(ConfigError::Invalid {
                key: "runs.token_secret_path",
                problem: "names a file with a short secret: write at least 32 characters into it",
            })
        });
        let files = options.directory.as_deref().map(|path| {
            Files::open(path.into()).map_err(|source| ConfigError::File {
                key: "runs.directory",
                path: path.to_owned(),
                source,
            })
        });
        let program = match &options.simulator_path {
            Some(path) => PathBuf::from(path),
            // Of the process that is to become another, so what runs is what this process is, even where its
            // file was replaced by a newer one.
            None => PathBuf::from("/proc/self/exe"),
        };
        Ok(Self {
            tokens: tokens.transpose()?,
            files: files.transpose()?,
            simulator: Simulator {
                program,
                arguments: vec![SIMULATE.into()],
            },
            facilitator: Facilitator::new(options)?,
            pay_link,
            options: options.clone(),
            queued: Notify::new(),
            ended: Notify::new(),
        })
    }

    fn files(&self) -> Result<&Files, ApiError> {
        self.files
            .as_ref()
            .ok_or_else(|| ApiError::not_configured("set [runs] directory to run jobs"))
    }

    fn tokens(&self) -> Result<&Tokens, ApiError> {
        self.tokens
            .as_ref()
            .ok_or_else(|| ApiError::not_configured("set [runs] token_secret_path to run jobs"))
    }

    /// What a run may use.
    fn limits(&self) -> Limits {
        let options = &self.options;
        Limits {
            cpu_seconds: options.cpu_seconds,
            wall_seconds: options.wall_seconds,
            memory_bytes: options.memory_mib << 20,
            result_bytes: options.result_mib << 20,
            steps: options.max_steps,
            without_landlock: options.without_landlock,
            ..Limits::default()
        }
    }
}

/// Everything under `/api/fmus`, `/api/simulate` and `/api/runs`.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(upload::upload).layer(DefaultBodyLimit::max(MAX_FMU_BYTES)))
        .routes(routes!(simulate::simulate).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(read::run))
        .routes(routes!(read::csv))
        .routes(routes!(read::json));
    accounts::shown(routes)
}
