//! `GET /api/stats`.

use std::sync::Arc;

use axum::extract::State;
use primis_vault_interface::Source;
use serde::Serialize;

use super::{
    chain::{Chain, impossible},
    display,
    rendered::Rendered,
};
use crate::{app::App, http::ApiError};

/// The network in six numbers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkStats {
    total_staked_sol: Option<f64>,
    total_staked_lamports: String,
    /// Owners with stake.
    total_stakers: u64,
    /// Metered pieces of work billed.
    total_jobs_completed: u64,
    /// Compute revenue that was funded into the vault.
    network_revenue_sol: Option<f64>,
    network_revenue_lamports: String,
    /// Distributions of both sources.
    distribution_count: u64,
    /// The chain's clock when it was read, RFC 3339.
    updated_at: Option<String>,
}

/// Answers from the vault's own counters.
pub(crate) async fn network(State(app): State<Arc<App>>) -> Result<Rendered, ApiError> {
    let chain = Chain::load(&app).await?;
    let jobs = app.bodies.jobs.count(&app.store).await?;
    let key = (chain.progress.version, jobs);
    let render = async || Ok((key, Rendered::of(&stats(&chain, jobs)?)?));
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
