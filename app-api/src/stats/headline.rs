//! One rate for those who have room for one number only.

use primis_vault_interface::Source;

use super::{chain::Chain, model::Model, rate::Rate, realised::realised};
use crate::{app::App, http::ApiError, store::Whose};

/// The window it is realised over, seconds: a week.
const WINDOW: i64 = 604_800;

/// A simple yearly rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Headline {
    /// Percent a year.
    pub(crate) apr_percent: f64,
    /// Whether it was earned, or is what the revenue model makes one expect.
    pub(crate) is_realised: bool,
}

/// The rate stakers had over the last week; before there is one, the projected rate. `sol`: with base
/// staking's part, which only SOL has. `None`: neither is known.
///
/// # Errors
/// If the vault was not read from the chain yet, or the store fails.
pub(crate) async fn headline(app: &App, sol: bool) -> Result<Option<Headline>, ApiError> {
    let chain = Chain::load(app, Whose::Nobody).await?;
    let to = chain.progress.clock_unix;
    let from = to.saturating_sub(WINDOW);
    let rate_of = async |source| {
        let realised = realised(&app.store, &chain, source, from, to).await?;
        Ok::<_, ApiError>(realised.as_ref().and_then(super::realised::Realised::rate))
    };
    let compute = rate_of(Source::Compute).await?;
    let base = if sol {
        rate_of(Source::Staking).await?
    } else {
        None
    };
    if let Some(rate) = Rate::sum([base, compute]) {
        return Ok(told(rate, true));
    }
    let model = Model::of(&app.model, app.platform.fee_bps, &chain.vault);
    let price = app.price.nano_usd_per_sol(app.clock.as_ref()).await.ok();
    let compute = price
        .zip(chain.earning_lamports())
        .and_then(|(price, staked)| model.compute_rate(staked, price));
    let projected = Rate::sum([model.base.filter(|_| sol), compute]);
    Ok(projected.and_then(|rate| told(rate, false)))
}

fn told(rate: Rate, is_realised: bool) -> Option<Headline> {
    Some(Headline {
        apr_percent: rate.apr_percent()?,
        is_realised,
    })
}
