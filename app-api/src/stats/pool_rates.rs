//! What each pool earned and is projected to earn, in `GET /api/pools`.

use primis_vault_interface::{NATIVE_MINT, accounts::Pool};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    book::{Book, Scope},
    chain::{Chain, retired},
    model::Model,
    rate::Rate,
};
use crate::{app::App, store::StoreError};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A pool's simple yearly rates, percent; `null` where nothing is known, or the source gives the pool
/// nothing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PoolRates {
    /// Of base staking: of the SOL pool alone.
    #[schema(example = 4.431)]
    base: Option<f64>,
    /// Of compute revenue.
    #[schema(example = 4.569)]
    compute: Option<f64>,
    /// Both together.
    #[schema(example = 9.0)]
    total: Option<f64>,
}

/// What a pool earned over the last day, week, month and all time, as far as distributions cover them.
#[derive(Serialize, ToSchema)]
pub(super) struct RealisedRates {
    /// The last 24 hours.
    #[serde(rename = "24h")]
    day: PoolRates,
    /// The last 7 days.
    #[serde(rename = "7d")]
    week: PoolRates,
    /// The last 30 days.
    #[serde(rename = "30d")]
    month: PoolRates,
    /// All time.
    all: PoolRates,
}

impl PoolRates {
    fn of(base: Option<Rate>, compute: Option<Rate>) -> Self {
        let percent = |rate: Option<Rate>| rate.and_then(Rate::apr_percent);
        Self {
            base: percent(base),
            compute: percent(compute),
            total: percent(Rate::sum([base, compute])),
        }
    }

    /// By the revenue model; a retired pool earns nothing. `price`: nano-USD for one SOL.
    pub(super) fn projected(chain: &Chain, model: &Model, price: Option<u64>, pool: &Pool) -> Self {
        if retired(pool) {
            return Self::of(None, None);
        }
        let earning = chain.earning_lamports();
        let compute = price
            .zip(earning)
            .and_then(|(price, earning)| model.compute_rate(earning, price));
        Self::of(model.base.filter(|_| pool.mint == NATIVE_MINT), compute)
    }
}

impl RealisedRates {
    /// One for each pool, in their order.
    pub(super) async fn of_all(app: &App, chain: &Chain) -> Result<Vec<Self>, StoreError> {
        let to = chain.progress.clock_unix;
        let begin = |days: i64| to.saturating_sub(DAY.saturating_mul(days));
        // Of all time nothing is before the beginning.
        let begins = [begin(1), begin(7), begin(30), 0];
        let scopes: Vec<Scope> = chain
            .pools
            .iter()
            .map(|(address, _)| Some(address.clone()))
            .collect();
        let times = begins.into_iter().chain([to]);
        let book = Book::load(&app.store, &chain.address, &chain.pools, &scopes, times).await?;
        let rates = |scope: &Scope, from: i64| {
            let [base, compute] = book.parts(scope, from, to);
            PoolRates::of(base.rate(), compute.rate())
        };
        let [day, week, month, all] = begins;
        Ok(scopes
            .iter()
            .map(|scope| Self {
                day: rates(scope, day),
                week: rates(scope, week),
                month: rates(scope, month),
                all: rates(scope, all),
            })
            .collect())
    }
}
