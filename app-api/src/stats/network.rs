//! `GET /api/stats`.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::Source;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    chain::{Chain, impossible},
    display,
};
use crate::{
    app::App,
    http::{ApiError, Cached, Keep},
};

/// The network in six numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkStats {
    /// Everything staked, by value, SOL.
    #[schema(example = 11.31)]
    total_staked_sol: Option<f64>,
    /// The same, lamports.
    #[schema(example = "11310000000")]
    total_staked_lamports: String,
    /// Owners with stake.
    #[schema(example = 42)]
    total_stakers: u64,
    /// Metered pieces of work billed.
    #[schema(example = 180_000)]
    total_jobs_completed: u64,
    /// Compute revenue that was funded into the vault, SOL.
    #[schema(example = 1.5)]
    network_revenue_sol: Option<f64>,
    /// The same, lamports.
    #[schema(example = "1500000000")]
    network_revenue_lamports: String,
    /// Distributions of both sources.
    #[schema(example = 144)]
    distribution_count: u64,
    /// The chain's clock when it was read, RFC 3339.
    #[schema(example = "2026-01-31T12:00:00Z")]
    updated_at: Option<String>,
}

/// The network in six numbers.
///
/// Stake, stakers, jobs and revenue, from the vault's own counters.
#[utoipa::path(
    get, path = "/api/stats", tag = "statistics", operation_id = "stats",
    responses(
        (status = 200, description = "The numbers", body = NetworkStats),
        (status = 304, description = "Nothing new since the `ETag` that was sent"),
        (status = 503, description = "`chain_not_indexed`: the vault has not been read from the chain yet; `database_unavailable`: the database does not answer"),
    ),
)]
pub(crate) async fn network(State(app): State<Arc<App>>) -> Result<Cached, ApiError> {
    let chain = Chain::load(&app).await?;
    let jobs = app.bodies.jobs.count(&app.store).await?;
    let key = (chain.progress.version, jobs);
    let render = async || Ok((key, Cached::json(&stats(&chain, jobs)?, Keep::Statistics)?));
    app.bodies.network.get(&key, render).await
}

fn stats(chain: &Chain, jobs: u64) -> Result<NetworkStats, ApiError> {
    let staked = chain.staked_lamports().ok_or_else(impossible)?;
    let revenue = chain.vault.source(Source::Compute).funded_total_lamports;
    Ok(NetworkStats {
        total_staked_sol: display::sol(staked),
        total_staked_lamports: staked.to_string(),
        total_stakers: chain.staker_count(),
        total_jobs_completed: jobs,
        network_revenue_sol: display::sol(revenue),
        network_revenue_lamports: revenue.to_string(),
        distribution_count: chain.distribution_count(),
        updated_at: jiff::Timestamp::from_second(chain.progress.clock_unix)
            .ok()
            .map(|t| t.to_string()),
    })
}
