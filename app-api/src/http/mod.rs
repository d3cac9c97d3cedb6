//! The routers: a public one for the world, an internal one for the keeper and the operators.

mod error;
mod health;
mod index;
mod metrics;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    routing::{get, post},
};
use tower_http::{
    compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

pub use error::ApiError;
pub use metrics::Metrics;

use crate::{actions, app::App, platform, stats};

/// Longest body taken, bytes: a thousand events with the longest names.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the world may ask.
pub fn public(app: Arc<App>) -> Router {
    finish(public_routes(&app), app)
}

/// What only the keeper and the operators ask.
pub fn internal(app: Arc<App>) -> Router {
    finish(internal_routes(), app)
}

/// Both, for one listener.
pub fn combined(app: Arc<App>) -> Router {
    finish(public_routes(&app).merge(internal_routes()), app)
}

fn public_routes(app: &Arc<App>) -> Router<Arc<App>> {
    // Statistics are for pages of any origin; they carry no credentials.
    let statistics = Router::new()
        .route("/api", get(index::index))
        .route("/api/stats", get(stats::network))
        .route("/api/yield/stats", get(stats::yield_stats))
        .route("/api/yield/revenue-model", get(stats::revenue_model))
        .route("/api/yield/apy/{stake_sol}", get(stats::apy))
        .route("/api/yield/my-apy/{wallet}", get(stats::my_apy))
        .route("/api/yield/distributions", get(stats::distributions))
        .route("/api/yield/history", get(stats::series))
        .route("/api/yield/history/{wallet}", get(stats::history))
        .route("/api/stream", get(stats::stream))
        .route("/api/pools", get(stats::pools))
        .route("/api/positions/{wallet}", get(stats::positions))
        .layer(CorsLayer::permissive());
    let service = Router::new()
        .route(
            "/v1/usage/events",
            post(platform::record).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
        )
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    statistics
        .merge(actions::routes(app))
        .merge(service)
        .merge(primis_dashboard::router())
}

fn internal_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/internal/revenue", get(platform::report))
        .route("/metrics", get(metrics::render))
}

fn finish(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            TIMEOUT,
        ))
        .layer(middleware::from_fn(metrics::measure))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}
