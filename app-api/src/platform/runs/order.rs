//! What is ordered, checked against the unit and priced, before anybody pays.

use std::{collections::BTreeMap, path::PathBuf};

use axum::http::StatusCode;
use primis_simulate::{Failure, Job, Limits, Value, description::Description};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{price, random_id};
use crate::{
    app::App,
    http::ApiError,
    store::{FmuRow, NewRun, StoreError},
};

/// Most start values, and most recorded variables.
const MAX_NAMES: usize = 1_000;

/// A run that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SimulateRequest {
    /// The unit, as `POST /api/fmus` named it.
    #[schema(
        pattern = "^fmu_[0-9a-f]{32}$",
        example = "fmu_00000000000000000000000000000000"
    )]
    fmu: String,
    /// Values of parameters and inputs by name; what is not there starts as the unit says.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, StartValue>)]
    start_values: BTreeMap<String, Value>,
    /// Where the simulation ends, in the unit's own unit of time, mostly seconds.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000_000.0, example = 1.0)]
    stop_time: f64,
    /// Between two rows of the result, in the same unit. The last step may be shorter.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000_000.0, example = 0.1)]
    step_size: f64,
    /// Variables to record; without any, all outputs of the unit.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    outputs: Vec<String>,
}

/// A value of a variable: of the type that the unit gives it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what the simulator's own type takes")]
pub(crate) enum StartValue {
    /// Of a boolean variable.
    Boolean(bool),
    /// Of a real, integer or enumeration variable.
    Number(f64),
    /// Of a string variable.
    Text(String),
}

/// What a run computes, as the database keeps it: nothing of it depends on how this server is configured.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Simulation {
    start_values: BTreeMap<String, Value>,
    stop_time: f64,
    step_size: f64,
    outputs: Vec<String>,
}

impl Simulation {
    /// In an unpacked unit, within these limits.
    pub(super) fn job(self, directory: PathBuf, limits: Limits) -> Job {
        Job {
            directory,
            start_values: self.start_values,
            stop_time: self.stop_time,
            step_size: self.step_size,
            outputs: self.outputs,
            limits,
        }
    }
}

/// Who orders.
#[derive(Clone, Debug, Default)]
pub(super) struct Orderer {
    /// The account; empty: nobody known.
    pub(super) account: String,
    /// The API key.
    pub(super) key_id: Option<String>,
}

/// A run that can be paid.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) orderer: Orderer,
    pub(super) fmu: FmuRow,
    job: String,
    pub(super) steps: i64,
    pub(super) price_nano_usd: i64,
}

impl Order {
    /// Checks a request.
    ///
    /// # Errors
    /// 404 `unknown_fmu`; 422 with what the unit or the limits refuse.
    pub(super) async fn of(
        app: &App,
        request: SimulateRequest,
        orderer: Orderer,
    ) -> Result<Self, ApiError> {
        if request.start_values.len() > MAX_NAMES || request.outputs.len() > MAX_NAMES {
            return Err(unprocessable(
                "too_many_names",
                "name at most 1,000 variables",
            ));
        }
        let fmu = match request.fmu.contains('\0') {
            true => None,
            false => {
                let now = app.clock.now_unix();
                app.store.fmu(&request.fmu, &orderer.account, now).await?
            }
        };
        let fmu = fmu.ok_or_else(|| {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "unknown_fmu",
                "there is no such unit, or its time is over: upload it by POST /api/fmus",
            )
        })?;
        let unit: Description =
            serde_json::from_str(&fmu.unit).map_err(|_| StoreError::Corrupt("unit"))?;
        let simulation = Simulation {
            start_values: request.start_values,
            stop_time: request.stop_time,
            step_size: request.step_size,
            outputs: request.outputs,
        };
        let text =
            serde_json::to_string(&simulation).map_err(|error| ApiError::internal(&error))?;
        let job = simulation.job(PathBuf::new(), app.runs.limits());
        job.check(&unit).map_err(|failure| refused(&failure))?;
        let steps = job
            .steps(unit.start_time)
            .map_err(|failure| refused(&failure))?;
        let options = &app.runs.options;
        let price = price::nano_usd(
            options.base_nano_usd,
            options.thousand_steps_nano_usd,
            steps,
        );
        let out_of_range = |_| StoreError::OutOfRange("a run's price");
        Ok(Self {
            orderer,
            job: text,
            steps: i64::try_from(steps).map_err(out_of_range)?,
            price_nano_usd: price.ok_or(StoreError::OutOfRange("a run's price"))?,
            fmu,
        })
    }

    /// Names what is ordered and by whom: what a payment that pays for it cannot pay for otherwise.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.orderer.account, &self.fmu.id, &self.job] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }

    /// Whether a run is of this order.
    pub(super) fn is_of(&self, run: &crate::store::RunRow) -> bool {
        (&self.fmu.sha256, &self.job, &self.orderer.account) == (&run.sha256, &run.job, &run.owner)
    }

    /// The run, paid so; `payment` gets the run's id.
    pub(super) fn run(
        &self,
        app: &App,
        paid_by: &str,
        price_nano_usd: i64,
        payment: impl FnOnce(&str) -> String,
    ) -> NewRun {
        let id = random_id("run_");
        let now = app.clock.now_unix();
        NewRun {
            payment: payment(&id),
            id,
            owner: self.orderer.account.clone(),
            key_id: self.orderer.key_id.clone(),
            fmu: self.fmu.id.clone(),
            sha256: self.fmu.sha256.clone(),
            job: self.job.clone(),
            steps: self.steps,
            paid_by: paid_by.to_owned(),
            price_nano_usd,
            created_at: now,
            expires_at: now.saturating_add(app.runs.options.keep_result_seconds.into()),
        }
    }
}

/// What the simulator refuses, with its code.
pub(super) fn refused(failure: &Failure) -> ApiError {
    unprocessable(code(failure), &failure.message)
}

fn unprocessable(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

/// The simulator's code as this API tells it.
fn code(failure: &Failure) -> &'static str {
    use primis_simulate::Code;
    match failure.code {
        Code::BadArchive => "bad_archive",
        Code::UnsafePath => "unsafe_path",
        Code::TooLarge => "too_large",
        Code::TooManyFiles => "too_many_files",
        Code::BadDescription => "bad_description",
        Code::UnsupportedVersion => "unsupported_version",
        Code::NoCoSimulation => "no_co_simulation",
        Code::NoBinary => "no_binary",
        Code::UnknownVariable => "unknown_variable",
        Code::WrongType => "wrong_type",
        Code::BadTime => "bad_time",
        Code::TooManySteps => "too_many_steps",
        _ => "bad_fmu",
    }
}
