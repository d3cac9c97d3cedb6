//! `actions.json`, by which wallets find the actions of this site, and the image they show.

use axum::{
    Json,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The image.
const ICON: &str = include_str!("icon.svg");

/// Which addresses of this site are actions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionsJson {
    /// The first that fits an address counts.
    rules: [Rule; 2],
}

/// An address, and where its action is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    /// Addresses of the site, `*` for any part.
    path_pattern: &'static str,
    /// Where their action is described.
    api_path: &'static str,
}

/// The rules by which wallets find the actions
///
/// Which addresses of this site are actions, as the specification of Solana Actions has it.
#[utoipa::path(
    get,
    path = "/actions.json",
    tag = "actions",
    operation_id = "actionsJson",
    responses((status = 200, description = "The rules", body = ActionsJson))
)]
pub(crate) async fn actions_json() -> Json<ActionsJson> {
    Json(ActionsJson {
        rules: [
            // A link to the site itself offers to stake.
            Rule {
                path_pattern: "/",
                api_path: "/api/actions/stake",
            },
            Rule {
                path_pattern: "/api/actions/**",
                api_path: "/api/actions/**",
            },
        ],
    })
}

/// The image wallets show.
pub(crate) async fn icon() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, ICON)
}
