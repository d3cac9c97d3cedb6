//! `POST /api/fmus`: takes a unit.

use std::{io::Cursor, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
};
use primis_simulate::{
    Failure, Fault,
    archive::{self, Bounds},
    description::{Description, Kind, Version},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{asker::Asker, order::refused, random_id};
use crate::{app::App, http::ApiError, platform::accounts::Scope, store::FmuRow};

/// Largest description kept with a unit, bytes of JSON.
const MAX_DESCRIPTION_BYTES: usize = 4 << 20;

/// A ZIP archive.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes a body that is taken as it is")]
pub(crate) struct Archive(Vec<u8>);

/// A unit that can be run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fmu {
    /// Names it in `POST /api/simulate`. Without an account, whoever knows it may run the unit.
    #[schema(example = "fmu_00000000000000000000000000000000")]
    id: String,
    /// Of the archive, hex.
    sha256: String,
    /// Name of the model.
    model_name: String,
    /// The standard's version: `2.0` or `3.0`.
    fmi_version: &'static str,
    /// Where its simulation begins, in its own unit of time.
    start_time: f64,
    /// Variables that take a start value or can be recorded.
    variables: Vec<FmuVariable>,
    /// Until when it is kept; `null`: as long as its account.
    expires_unix: Option<i64>,
}

/// A variable of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FmuVariable {
    /// Its name.
    name: String,
    /// `real`, `integer`, `boolean` or `string`.
    kind: &'static str,
    /// Whether it is recorded where no outputs are named.
    output: bool,
    /// Whether it takes a start value.
    settable: bool,
}

/// A unit in.
///
/// A ZIP archive as FMI 2.0 and 3.0 describe it, for co-simulation, with a library for Linux on x86-64.
/// Nothing of it runs before a run is paid. With an account the unit is the account's; without one it is kept
/// for a day and whoever knows its id may run it.
#[utoipa::path(
    post, path = "/api/fmus", tag = "runs", operation_id = "uploadFmu",
    request_body(content = Archive, content_type = "application/zip", description = "The archive, at most 32 MiB"),
    security((), ("apiKey" = []), ("apiKeyHeader" = [])),
    responses(
        (status = 201, description = "It can be run", body = Fmu),
        (status = 401, description = "`unauthorized`: the key or session that was sent is none"),
        (status = 403, description = "`scope_missing`: the key must have the scope write"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 32 MiB"),
        (status = 422, description = "`bad_archive`: no ZIP archive; `unsafe_path`: an entry lies outside it or is no plain file; `too_large`: unpacked over 256 MiB; `too_many_files`: over 2,000; `bad_description`: `modelDescription.xml` is missing or wrong; `unsupported_version`: neither FMI 2.0 nor 3.0; `no_co_simulation`: for model exchange only; `no_binary`: none for Linux on x86-64"),
        (status = 429, description = "`rate_limited`: too many requests"),
        (status = 503, description = "`not_configured`: there is no directory for units; `storage_full`: the units of this account, or of all without one, take their most"),
    ),
)]
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    asker: Asker,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Fmu>), ApiError> {
    let files = app.runs.files()?.clone();
    app.runs.tokens()?;
    let orderer = asker.orderer(Scope::Write)?;
    let body = body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::new(
                rejection.status(),
                "body_too_large",
                "a unit has at most 32 MiB",
            )
        } else {
            ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "the archive did not arrive: send it again",
            )
        }
    })?;
    let now = app.clock.now_unix();
    let bytes = body.len();
    // Unpacking is work; so few at a time that requests beside it are answered.
    let _turn = UNPACKING.acquire().await;
    let examined = tokio::task::spawn_blocking(move || {
        let unit = examine(&body)?;
        let sha256 = hex::encode(Sha256::digest(&body));
        Ok((unit, sha256, body))
    });
    let (unit, sha256, body) = examined
        .await
        .map_err(|error| ApiError::internal(&error))?
        .map_err(|failure: Failure| match failure.fault() {
            Fault::Operator => ApiError::internal(&failure),
            _ => refused(&failure),
        })?;
    let text = serde_json::to_string(&unit).map_err(|error| ApiError::internal(&error))?;
    if text.len() > MAX_DESCRIPTION_BYTES {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_description",
            "the unit has too many variables: export fewer",
        ));
    }
    let anonymous = orderer.account.is_empty();
    let keep: i64 = app.runs.options.keep_fmu_seconds.into();
    let row = FmuRow {
        // The same unit of an account is one; that of nobody is its bringer's secret each time.
        id: if anonymous {
            random_id("fmu_")
        } else {
            owned_id(&orderer.account, &sha256)
        },
        sha256,
        owner: orderer.account,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        unit: text,
        created_at: now,
        expires_at: if anonymous {
            now.saturating_add(keep)
        } else {
            i64::MAX
        },
    };
    let most = i64::try_from(app.runs.options.max_stored_mib << 20).unwrap_or(i64::MAX);
    if !app.store.keep_fmu(&row, most).await? {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_full",
            "there is no room for more units: try again later, or with an account",
        ));
    }
    // After its row: what there is no room for does not fill the disk, and what a row names is forgotten with
    // it. Where this fails nobody is told of the unit, and bringing it again mends it.
    let sha256 = row.sha256.clone();
    tokio::task::spawn_blocking(move || files.keep_archive(&sha256, &body))
        .await
        .map_err(|error| ApiError::internal(&error))?
        .map_err(|error| ApiError::internal(&error))?;
    Ok((StatusCode::CREATED, Json(told(row, unit, anonymous))))
}

/// Archives unpacked at the same time.
static UNPACKING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

/// Unpacks a unit where it is thrown away, and reads what it is.
fn examine(archive: &[u8]) -> Result<Description, Failure> {
    let directory = tempfile::tempdir().map_err(|error| {
        Failure::new(
            primis_simulate::Code::CannotStart,
            format!("no temporary directory: {error}"),
        )
    })?;
    archive::unpack(Cursor::new(archive), directory.path(), Bounds::default())?;
    Description::read(directory.path())
}

/// The id of an account's unit.
fn owned_id(account: &str, sha256: &str) -> String {
    let hash = Sha256::digest(format!("{account}\0{sha256}"));
    format!("fmu_{}", hex::encode(hash).get(..32).unwrap_or_default())
}

fn told(row: FmuRow, unit: Description, anonymous: bool) -> Fmu {
    let variables = unit.variables.into_iter().map(|variable| FmuVariable {
        name: variable.name,
        kind: match variable.kind {
            Kind::Real | Kind::Real32 => "real",
            Kind::Whole(_) => "integer",
            Kind::Boolean => "boolean",
            Kind::Text => "string",
        },
        output: variable.output,
        settable: variable.settable,
    });
    Fmu {
        id: row.id,
        sha256: row.sha256,
        model_name: unit.model_name,
        fmi_version: match unit.version {
            Version::Two => "2.0",
            Version::Three => "3.0",
        },
        start_time: unit.start_time,
        variables: variables.collect(),
        expires_unix: anonymous.then_some(row.expires_at),
    }
}
