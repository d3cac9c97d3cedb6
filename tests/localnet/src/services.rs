//! Local stand-ins for Stripe and a model API, as the API of a local vault is told of them, and what it sells.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use primis_services::stripe::{self, Stripe};
use primis_services::upstream::{Upstream, Written};
use rand::seq::SliceRandom as _;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::api::private;
use crate::models;

/// How often it is looked for new events, and how long after a refusal an event comes again.
const DELIVER_EVERY: Duration = Duration::from_millis(150);
/// Each event of this number is delivered twice, as Stripe does when it did not hear the answer.
const REPEAT_EVERY: u64 = 3;
/// What is told of a payment that buys prepaid runs.
const RUNS_METADATA: &str = "primis_runs";
/// The pack of prepaid runs that is sold.
pub const RUN_PACK: &str = "runs-5";
/// Address space of a run, MiB: of a debug build, its file takes the most.
const RUN_MEMORY_MIB: u64 = 2_048;

/// The stand-ins; they run as long as this process.
#[derive(Clone)]
pub struct Services {
    /// Takes payments, on pages of its own.
    pub stripe: Stripe,
    /// Writes texts and counts their tokens.
    pub models: Upstream,
    webhook_secret: String,
    folder: PathBuf,
}

/// Webhooks that were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Events of Stripe.
    pub events: u64,
    /// Of them, delivered a second time.
    pub duplicates: u64,
}

impl Services {
    /// Starts them; their keys go to files of `folder`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub async fn start(folder: &Path) -> Result<Self> {
        let random = |prefix: &str| format!("{prefix}{}", hex::encode(rand::random::<[u8; 24]>()));
        let stripe_key = random("sk_test_");
        let model_key = random("sk-local-");
        let services = Self {
            stripe: Stripe::with_pages(Timestamp::now().as_second(), &stripe_key).await,
            models: Upstream::with_key(&model_key).await,
            webhook_secret: random("whsec_"),
            folder: folder.to_owned(),
        };
        private(&folder.join("stripe.key"), &stripe_key)?;
        private(
            &folder.join("stripe-webhook.secret"),
            &services.webhook_secret,
        )?;
        private(&folder.join("models.key"), &model_key)?;
        private(&folder.join("runs.secret"), &random(""))?;
        std::fs::write(folder.join("models.toml"), models::price_rules())?;
        Ok(services)
    }

    /// What Stripe was paid for prepaid runs, US cents.
    pub fn run_packs_cents(&self) -> Vec<i64> {
        self.stripe.payments_with_cents(RUNS_METADATA)
    }

    /// What the models wrote so far.
    pub fn written(&self) -> Vec<Written> {
        let log = self.models.log.lock();
        let log = log.unwrap_or_else(PoisonError::into_inner);
        log.written.clone()
    }

    /// The sections of the API's configuration that name them; `api_url` is where customers come back to.
    pub(crate) fn config(&self, api_url: &str) -> String {
        let path = |name: &str| self.folder.join(name);
        format!(
            r#"
[gateway]
models_path = {models:?}
subsidy_bps = {subsidy_bps}
[[gateway.upstreams]]
name = "{upstream}"
base_url = "{base_url}"
api_key_path = {model_key:?}

[stripe]
base_url = "{stripe_url}"
secret_key_path = {stripe_key:?}
webhook_secret_path = {webhook_secret:?}
success_url = "{api_url}/console?paid#billing"
cancel_url = "{api_url}/console#billing"
[[stripe.run_packs]]
id = "{RUN_PACK}"
runs = 5
cents = 500

[runs]
directory = {runs:?}
token_secret_path = {runs_secret:?}
base_nano_usd = 1000000000
thousand_steps_nano_usd = 100000000
memory_mib = {RUN_MEMORY_MIB}
# The machine has other things to do.
wall_seconds = 60
# Units come from whoever started this network.
without_landlock = true
"#,
            models = path("models.toml"),
            subsidy_bps = models::SUBSIDY_BPS,
            upstream = models::UPSTREAM,
            base_url = self.models.base_url,
            model_key = path("models.key"),
            stripe_url = self.stripe.url,
            stripe_key = path("stripe.key"),
            webhook_secret = path("stripe-webhook.secret"),
            runs = path("runs"),
            runs_secret = path("runs.secret"),
        )
    }

    /// Delivers Stripe's events to the API at `api_url` as badly as Stripe does: in any order, some twice, and
    /// again where they were not taken; until `stop` says so and nothing is left to deliver.
    pub(crate) async fn deliver(
        &self,
        api_url: &str,
        told: impl Fn(Delivered),
        stop: watch::Receiver<bool>,
    ) {
        let http = reqwest::Client::new();
        let url = format!("{api_url}/webhooks/stripe");
        // Whether it was taken.
        let send = async |event: &str, at| {
            let signature = stripe::sign(&self.webhook_secret, at, event);
            let request = http.post(&url).header("stripe-signature", signature);
            let answer = request.body(event.to_owned()).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        let mut so_far = Delivered::default();
        let mut waiting = Vec::new();
        loop {
            // Before the events are taken, so that none that came before it is left.
            let is_last = *stop.borrow();
            let now = Timestamp::now().as_second();
            self.stripe.state().now = now;
            let events = self.stripe.events();
            waiting.extend(events.iter().map(ToString::to_string));
            waiting.shuffle(&mut rand::rng());
            let mut again = Vec::new();
            for event in waiting.drain(..) {
                if !send(&event, now).await {
                    again.push(event);
                    continue;
                }
                so_far.events = so_far.events.saturating_add(1);
                if so_far.events.is_multiple_of(REPEAT_EVERY) && send(&event, now).await {
                    so_far.duplicates = so_far.duplicates.saturating_add(1);
                }
            }
            told(so_far);
            waiting = again;
            if is_last && waiting.is_empty() {
                return;
            }
            sleep(DELIVER_EVERY).await;
        }
    }
}
