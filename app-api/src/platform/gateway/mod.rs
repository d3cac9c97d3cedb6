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
mod lines;
mod meter;
mod models;
mod price;
mod reconcile;
pub(crate) mod refusal;
mod relay;
mod request;
mod rules;
mod sse;
mod upstream;
mod who;

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

pub use rules::{CostSource, Kind, Rule, Rules, RulesError};

use crate::{
    app::App,
    config::{ConfigError, Gateway as Settings},
    store::{Store, StoreError},
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
        let _loading = self.loading.lock().await;
        match self.rules.load_full() {
            Some(rules) => Ok(rules),
            None => self.load(store, true).await,
        }
    }

    /// Reads the rules; puts those of the file into a database that has none.
    async fn load(&self, store: &Store, seed: bool) -> Result<Arc<Rules>, StoreError> {
        if seed && !self.first.all().is_empty() {
            store
                .set_model_prices(&rows(self.first.all())?, false)
                .await?;
        }
        let corrupt = || StoreError::Corrupt("model price");
        let rules = store
            .model_prices()
            .await?
            .iter()
            .map(|rule| serde_json::from_str(rule).map_err(|_| corrupt()))
            .collect::<Result<Vec<Rule>, _>>()?;
        let rules = Arc::new(Rules::new(rules).map_err(|_| corrupt())?);
        self.rules.store(Some(Arc::clone(&rules)));
        Ok(rules)
    }
}

/// Rules as the database keeps them.
fn rows(rules: &[Rule]) -> Result<Vec<(String, String, String)>, StoreError> {
    rules
        .iter()
        .map(|rule| {
            let json =
                serde_json::to_string(rule).map_err(|_| StoreError::Corrupt("model price"))?;
            Ok((rule.name.clone(), rule.upstream.clone(), json))
        })
        .collect()
}

/// Keeps the rules fresh and ends what others left, until the server stops; then waits for calls under way.
pub(crate) async fn keep_up(app: &Arc<App>, shutdown: CancellationToken) {
    if !app.gateway.is_configured() {
        return;
    }
    reconcile::forget(app).await;
    loop {
        if let Err(error) = app.gateway.load(&app.store, true).await {
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

/// A name for a request, without asking the system for randomness: the second it came in, a number that this
/// process drew at its start, and a count.
fn new_id(app: &App) -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(
        "req_{:010x}{:016x}{count:08x}",
        app.clock.now_unix(),
        *PROCESS
    )
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
