//! The dashboard and the console: two pages and their files, embedded, compressed beforehand, and served
//! with what lets a browser keep them and trust them.

use std::sync::LazyLock;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
};
use memory_serve::{CacheControl, load};
use tower_http::set_header::SetResponseHeaderLayer;

/// The page runs its own script and style, talks to its own server, and shows the icons that wallets
/// hand it as `data:`. Nothing else is loaded, from anywhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What else every answer says.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
    // Some wallets answer from a window that they open.
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin-allow-popups",
    ),
];

/// Made once: its files stay in memory for as long as the process runs.
static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let files: Router = load!()
        .index_file(Some("/index.html"))
        .add_alias("/console", "/console.html")
        .html_cache_control(CacheControl::NoCache)
        // Their names hold a hash of what is in them.
        .cache_control(CacheControl::Long)
        .enable_gzip(true)
        .enable_brotli(true)
        .into_router();
    HEADERS.into_iter().fold(files, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(
            name,
            HeaderValue::from_static(value),
        ))
    })
});

/// The dashboard at `/`, the console at `/console`, and their files below `/assets/`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ROUTER.clone().with_state(())
}
