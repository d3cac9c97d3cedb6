//! The gateway: model APIs behind one address, in OpenAI's form, paid from prepaid money.
//!
//! What a request can cost at most is held before an upstream is asked; what it used is charged when it has
//! ended, exactly once, by whoever comes to it first: the [`call`] or, should the server have stopped
//! meanwhile, [`reconcile`].

mod admin;
mod answer;
mod book;
mod call;
pub(crate) mod endpoints;
mod failed;
mod lines;
mod meter;
mod models;
mod price;
mod reconcile;
pub(crate) mod refusal;
mod refusals;
mod relay;
mod request;
mod rule;
mod rules;
mod sse;
mod text;
mod upstream;
mod who;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

pub use rule::{CostSource, Kind, Rule};
pub use rules::{Rules, RulesError};

use crate::{
    app::App,
    config::{ConfigError, Gateway as Settings},
    store::{ModelPriceRow, Store, StoreError},
};
use upstream::Upstream;

/// Calls under way at the same time; more are told to try again.
const MAX_CALLS: u32 = 4_096;
/// Pause between two readings of the rules, which another replica may have changed.
const RELOAD: Duration = Duration::from_secs(5);
/// Longest wait for calls under way when the server stops; reconciliation ends the rest.
const LAST_CALLS: Duration = Duration::from_secs(30);

/// Longest time for an answer, whoever of the upstreams gives it.
pub(crate) const LONGEST: Duration = Duration::from_secs(7_200);

/// What the gateway needs.
pub struct Gateway {
    pub(crate) subsidy_bps: u64,
    /// How long after the last moment of an answer its hold is taken to have been forgotten, seconds.
    forgotten_after: u64,
    upstreams: BTreeMap<String, Arc<Upstream>>,
    /// The file's rules, for a database that has none.
    first: Rules,
    rules: ArcSwapOption<Rules>,
    loading: Mutex<()>,
    slots: Arc<Semaphore>,
}

/// Why the gateway cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A key cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The price rules cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

impl Gateway {
    /// Reads the files the settings name.
    ///
    /// # Errors
    /// If one cannot be read or is not valid.
    pub fn new(settings: &Settings) -> Result<Self, GatewayError> {
        let mut upstreams = BTreeMap::new();
        for upstream in &settings.upstreams {
            upstreams.insert(upstream.name.clone(), Arc::new(Upstream::new(upstream)?));
        }
        let first = settings.models_path.as_deref().map(Rules::read);
        Ok(Self {
            subsidy_bps: settings.subsidy_bps,
            forgotten_after: settings.forgotten_after_seconds,
            upstreams,
            first: first.transpose()?.unwrap_or_default(),
            rules: ArcSwapOption::empty(),
            loading: Mutex::new(()),
            slots: Arc::new(Semaphore::new(
                usize::try_from(MAX_CALLS).unwrap_or(Semaphore::MAX_PERMITS),
            )),
        })
    }

    /// Whether there is anybody to ask.
    fn is_configured(&self) -> bool {
        !self.upstreams.is_empty()
    }

    /// The rules as they were read last.
    async fn rules(&self, store: &Store) -> Result<Arc<Rules>, StoreError> {
        if let Some(rules) = self.rules.load_full() {
            return Ok(rules);
        }
        let loading = self.loading.lock().await;
        match self.rules.load_full() {
            Some(rules) => Ok(rules),
            None => self.read(store, &loading).await,
        }
    }

    /// Reads the rules anew. One reading after the other: rules that were replaced meanwhile do not come back.
    async fn reload(&self, store: &Store) -> Result<Arc<Rules>, StoreError> {
        let loading = self.loading.lock().await;
        self.read(store, &loading).await
    }

    /// Reads the rules; puts those of the file into a database that has none.
    async fn read(&self, store: &Store, _: &MutexGuard<'_, ()>) -> Result<Arc<Rules>, StoreError> {
        let mut stored = store.model_prices().await?;
        if stored.is_empty() && !self.first.all().is_empty() {
            store.first_model_prices(&rows(self.first.all())?).await?;
            stored = store.model_prices().await?;
        }
        let rules = Rules::new(parsed(&stored)?).map_err(|_| CORRUPT)?;
        let rules = Arc::new(rules);
        self.rules.store(Some(Arc::clone(&rules)));
        Ok(rules)
    }
}

/// What the database keeps is not what a rule is.
const CORRUPT: StoreError = StoreError::Corrupt("model price");

/// Rules as the database keeps them.
fn rows(rules: &[Rule]) -> Result<Vec<ModelPriceRow>, StoreError> {
    let row = |rule: &Rule| {
        Ok(ModelPriceRow {
            name: rule.name.clone(),
            upstream: rule.upstream.clone(),
            rule: serde_json::to_string(rule).map_err(|_| CORRUPT)?,
        })
    };
    rules.iter().map(row).collect()
}

/// Rules that the database kept.
fn parsed(stored: &[String]) -> Result<Vec<Rule>, StoreError> {
    let parse = |rule: &String| serde_json::from_str(rule).map_err(|_| CORRUPT);
    stored.iter().map(parse).collect()
}

/// Keeps the rules fresh and ends what others left, until the server stops; then waits for calls under way.
pub(crate) async fn keep_up(app: &Arc<App>, shutdown: CancellationToken) {
    if !app.gateway.is_configured() {
        return;
    }
    reconcile::forget(app).await;
    loop {
        if let Err(error) = app.gateway.reload(&app.store).await {
            tracing::warn!(%error, "the models' prices cannot be read: the last ones hold");
        }
        reconcile::reconcile(app).await;
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(RELOAD) => {}
        }
    }
    let all = app.gateway.slots.acquire_many(MAX_CALLS);
    if tokio::time::timeout(LAST_CALLS, all).await.is_err() {
        tracing::warn!("some answers did not end in time: they are charged by reconciliation");
    }
}

/// What the world may ask in OpenAI's form.
pub(crate) fn openai_routes() -> OpenApiRouter<Arc<App>> {
    endpoints::routes().merge(models::routes())
}

/// What operators may ask.
pub(crate) fn internal_routes() -> OpenApiRouter<Arc<App>> {
    admin::routes()
}

/// What the world may ask in our own.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    lines::routes()
}
