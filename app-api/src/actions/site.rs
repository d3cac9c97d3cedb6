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
    rules: [Rule; 2],
}

/// An address, and where its action is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    path_pattern: &'static str,
    api_path: &'static str,
}

/// The rules by which wallets find the actions
#[utoipa::path(
    get,
    path = "/actions.json",
    tag = "actions",
    responses((status = 200, body = ActionsJson))
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

/// The image wallets show
#[utoipa::path(
    get,
    path = "/api/actions/icon.svg",
    tag = "actions",
    responses((status = 200, content_type = "image/svg+xml", description = "an image"))
)]
pub(crate) async fn icon() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, ICON)
}
