//! The routers: a public one for the world, an internal one for the keeper and the operators.
//!
//! An endpoint is listed once, in [`public_routes`] or [`internal_routes`]: `routes!` takes its method
//! and path from the handler's `#[utoipa::path]` and puts it into the OpenAPI document.

mod cached;
mod compressed;
mod docs;
mod error;
mod health;
mod index;
pub(crate) mod manners;
mod metrics;
pub(crate) mod openapi;
mod origin;
mod unread;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, response::IntoResponse as _};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

pub use cached::{Cached, Keep};
pub use error::{ApiError, ErrorBody};
pub use metrics::Metrics;
pub use openapi::document;

use gateway::refusal::Refusal;

use crate::{
    actions,
    app::App,
    platform::{self, gateway},
    stats,
};

/// Longest body taken, bytes: a thousand events with the longest names.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// What the world may ask.
pub fn public(app: Arc<App>) -> Router {
    finish(public_routes(actions::served(&app)), app)
}

/// What only the keeper and the operators ask.
pub fn internal(app: Arc<App>) -> Router {
    finish(internal_routes(), app)
}

/// Both, for one listener.
pub fn combined(app: Arc<App>) -> Router {
    let public = public_routes(actions::served(&app));
    finish(public.merge(internal_routes()), app)
}

/// With the routes of the actions, whose layers need the server around them.
fn public_routes(actions: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    // Statistics are for pages of any origin; they carry no credentials.
    let statistics = OpenApiRouter::new()
        .routes(routes!(index::index))
        .routes(routes!(openapi::openapi))
        .routes(routes!(stats::network::network))
        .routes(routes!(stats::yield_stats::yield_stats))
        .routes(routes!(stats::revenue_model::revenue_model))
        .routes(routes!(stats::apy::apy))
        .routes(routes!(stats::apy::my_apy))
        .routes(routes!(stats::distributions::distributions))
        .routes(routes!(stats::series::series))
        .routes(routes!(stats::history::history))
        .routes(routes!(stats::stream::stream))
        .routes(routes!(stats::pools::pools))
        .routes(routes!(stats::positions::positions))
        .routes(routes!(stats::defillama::pools));
    let service = OpenApiRouter::new()
        .routes(routes!(platform::usage::record).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .merge(platform::runs::routes())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .merge(docs::routes().into());
    let models = manners::bodies_in_time(gateway::openai_routes());
    let customers = platform::accounts::routes()
        .merge(gateway::routes())
        .merge(platform::payments::routes::public())
        .merge(platform::systems::routes());
    let customers = platform::accounts::shown(customers);
    manners::polite_to_any_origin(statistics)
        .merge(actions)
        .merge(manners::polite(manners::bodies_in_time(service)))
        .merge(manners::polite(manners::bodies_in_time(customers)))
        .merge(manners::polite_in_form(models, gateway::LONGEST, |error| {
            Refusal::from(error).into_response()
        }))
        .merge(manners::polite(primis_dashboard::router().into()))
}

fn internal_routes() -> OpenApiRouter<Arc<App>> {
    manners::polite(manners::bodies_in_time(
        OpenApiRouter::new()
            .routes(routes!(platform::revenue::report))
            .routes(routes!(metrics::render))
            .merge(gateway::internal_routes())
            .merge(platform::payments::routes::internal()),
    ))
}

fn finish(routes: OpenApiRouter<Arc<App>>, app: Arc<App>) -> Router {
    let unknown = Router::new().fallback(error::not_found);
    Router::from(manners::polite(unknown.into()))
        .merge(Router::from(routes))
        .with_state(app)
}
