//! `GET /docs`: the page to read the API and to try it. It loads nothing from elsewhere, and its
//! policy would not let it.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_swagger_ui::Config;

use super::{ApiError, Cached, Keep};

const PAGE: &str = include_str!("index.html");
const START: &str = include_str!("start.js");
/// What Swagger UI needs: its own code, styles and icons, and this server.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Of Swagger UI's files those that the page loads, with their types.
const PARTS: [(&str, &str); 3] = [
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("favicon-32x32.png", "image/png"),
];

/// Hashed once, at the first request.
static FILES: LazyLock<HashMap<&str, Cached>> = LazyLock::new(|| {
    let config = std::sync::Arc::new(Config::default());
    let mut files: HashMap<_, _> = PARTS
        .into_iter()
        .filter_map(|(name, kind)| {
            let file = utoipa_swagger_ui::serve(name, config.clone()).ok()??;
            let body = file.bytes.into_owned();
            Some((name, Cached::new(body, kind, Keep::Document)))
        })
        .collect();
    let page = Cached::new(PAGE, "text/html; charset=utf-8", Keep::Document);
    files.insert("", page);
    let start = Cached::new(START, "text/javascript; charset=utf-8", Keep::Document);
    files.insert("start.js", start);
    files
});

/// The page and its parts.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/docs", get(|| async { file("") }))
        .route(
            "/docs/{file}",
            get(|Path(name): Path<String>| async move { file(&name) }),
        )
}

fn file(name: &str) -> Response {
    match FILES.get(name) {
        Some(file) => ([(header::CONTENT_SECURITY_POLICY, POLICY)], file.clone()).into_response(),
        None => ApiError::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}
