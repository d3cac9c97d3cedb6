//! `GET /api`: what there is to ask.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Cached, Keep, public_routes};
use crate::{actions, app::App};

/// What there is to ask.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    /// The server's.
    #[schema(example = "primis-app-api")]
    name: &'static str,
    /// Of the server.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Address of the on-chain program.
    program: String,
    /// Address of the vault that is followed; `null` where none is configured.
    vault: Option<String>,
    /// Method and path of each endpoint, with what it answers.
    endpoints: &'static BTreeMap<String, String>,
}

/// What there is to ask.
///
/// `GET /docs` is the page to read it, `GET /api/openapi.json` the whole of it for programs.
#[utoipa::path(
    get, path = "/api", tag = "operation", operation_id = "index",
    responses(
        (status = 200, description = "The endpoints", body = Index),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
    ),
)]
pub(super) async fn index(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let index = Index {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        program: primis_vault_interface::ID.to_string(),
        vault: app.vault.clone(),
        endpoints: &ENDPOINTS,
    };
    Cached::json(&index, Keep::Document)
}

/// As the routes themselves tell them.
static ENDPOINTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let pages = [
        ("GET /", "The dashboard."),
        ("GET /console", "The console of customers."),
        ("GET /docs", "The page to read this API and to try it."),
    ];
    let mut endpoints =
        BTreeMap::from(pages.map(|(path, what)| (path.to_owned(), what.to_owned())));
    for (path, item) in public_routes(actions::routes()).into_openapi().paths.paths {
        for (method, operation) in [("GET", item.get), ("POST", item.post)] {
            if let Some(summary) = operation.and_then(|operation| operation.summary) {
                endpoints.insert(format!("{method} {path}"), summary);
            }
        }
    }
    endpoints
});
