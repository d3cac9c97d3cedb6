//! What billing needs, and how a payment gets to the ledger.

use std::{fmt, sync::Arc};

use axum::http::StatusCode;

use super::{
    Fact, StripeClient, StripeError, WebhookSecrets,
    state::{Content, Decided},
};
use crate::{
    clock::Clock,
    config::{ConfigError, Settings, Stripe as Options, read_secret},
    http::ApiError,
    platform::{
        invoices,
        ledger::{Ledger, LedgerError},
        plans::Period,
    },
    store::{Store, StoreError},
};

/// How long after its end a month is closed, seconds: what was decided in it is written by then.
pub(super) const CLOSING_GRACE_SECONDS: i64 = 3_600;
/// How long after its end a month still takes calls, seconds. Less, so that none comes while it is closed.
const COUNTING_GRACE_SECONDS: i64 = 1_800;

/// Payments, plans and documents. A part that is not configured refuses its requests.
pub struct Billing {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ledger: Ledger,
    pub(super) options: Options,
    pub(super) stripe: Option<StripeClient>,
    pub(super) secrets: Option<WebhookSecrets>,
    pub(super) fee_bps: u64,
}

/// Why a payment, an event or a month is not done yet.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger did not take a posting.
    #[error("posting to the ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// The provider did not do what it was asked.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// What it says cannot be.
    #[error("the payment provider's {0} cannot be used")]
    Unusable(&'static str),
    /// There is no key for it.
    #[error("set [stripe] secret_key_path to sell")]
    NotConfigured,
}

impl From<BillingError> for ApiError {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::Stripe(StripeError::Refused {
                status: 402,
                message,
                ..
            }) => Self::new(StatusCode::PAYMENT_REQUIRED, "payment_required", &message),
            BillingError::Stripe(StripeError::Unavailable(_)) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "payments_unavailable",
                "the payment provider cannot be asked now: try again",
            )
            .retry_after_seconds(5),
            BillingError::NotConfigured => {
                Self::not_configured("set [stripe] secret_key_path to sell")
            }
            error => Self::internal(&error),
        }
    }
}

impl fmt::Debug for Billing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Billing")
            .field("stripe", &self.stripe)
            .finish_non_exhaustive()
    }
}

impl Billing {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// If one cannot be read or is not valid.
    pub(crate) fn load(
        settings: &Settings,
        store: Store,
        clock: Arc<dyn Clock>,
        ledger: Ledger,
    ) -> Result<Self, ConfigError> {
        let options = settings.stripe.clone();
        let read = |key, path: &Option<String>| {
            let path = path.as_deref();
            path.map(|path| read_secret(key, path)).transpose()
        };
        let stripe = read("stripe.secret_key_path", &options.secret_key_path)?
            .map(|key| {
                StripeClient::new(&options.base_url, key).map_err(|_| ConfigError::Invalid {
                    key: "stripe.base_url",
                    problem: "cannot be reached by this machine's TLS: check its certificates",
                })
            })
            .transpose()?;
        let secrets = read("stripe.webhook_secret_path", &options.webhook_secret_path)?
            .map(|text| {
                WebhookSecrets::parse(&text).ok_or(ConfigError::Invalid {
                    key: "stripe.webhook_secret_path",
                    problem: "names a file without secrets: write one a line, of at least 16 characters",
                })
            })
            .transpose()?;
        Ok(Self {
            store,
            clock,
            ledger,
            options,
            stripe,
            secrets,
            fee_bps: settings.platform.fee_bps,
        })
    }

    pub(super) fn stripe(&self) -> Result<&StripeClient, BillingError> {
        self.stripe.as_ref().ok_or(BillingError::NotConfigured)
    }

    /// Takes a fact of a payment in, and posts until nothing is left to post.
    ///
    /// A posting is decided and stored before it is made. It may be made by two at the same time: the ledger
    /// takes its id once, and answers the second as the first.
    pub(super) async fn settle(
        &self,
        payment: &str,
        fact: Option<&Fact>,
    ) -> Result<(), BillingError> {
        let mut fact = fact;
        loop {
            let now = self.clock.now_unix();
            let decided = self
                .store
                .decide(payment, fact.take(), self.fee_bps, now)
                .await?;
            let Some(decided) = decided else {
                return Ok(());
            };
            self.post(payment, &decided, now).await?;
        }
    }

    async fn post(&self, payment: &str, decided: &Decided, now: i64) -> Result<(), BillingError> {
        let short_nano_usd = if decided.content.is_nothing() {
            0
        } else {
            self.ledger.post(decided.posting()).await?.short_nano_usd
        };
        self.fulfil(payment, decided, now).await?;
        let note = invoices::credit_note(decided, now);
        self.store
            .posting_is_done(&decided.id, short_nano_usd, note.as_ref())
            .await?;
        Ok(())
    }

    /// Counts calls of a metered system, once for each `batch`: to the month of `at`, Unix seconds, while that
    /// is open, else to the present one. `false`: the batch was counted before.
    ///
    /// # Errors
    /// If the database fails, or `calls` exceed 63 bits.
    pub async fn count_calls(
        &self,
        batch: &str,
        account: &str,
        system: &str,
        calls: u64,
        at: i64,
    ) -> Result<bool, StoreError> {
        let calls = i64::try_from(calls).map_err(|_| StoreError::OutOfRange("number of calls"))?;
        let [first, second] = counting_periods(at, self.clock.now_unix()).map(|p| p.to_string());
        let periods = [first.as_str(), second.as_str()];
        self.store
            .count_calls(batch, account, system, calls, periods)
            .await
    }
}

/// The months that take calls made at `at`, Unix seconds: its own while that is open, then the one after.
pub(crate) fn counting_periods(at: i64, now: i64) -> [Period; 2] {
    let oldest = Period::of(now.saturating_sub(COUNTING_GRACE_SECONDS));
    let first = Period::of(at.min(now)).max(oldest);
    [first, first.next()]
}

impl Content {
    /// Whether no book would change.
    fn is_nothing(&self) -> bool {
        self.parts().iter().all(|part| *part == 0)
    }
}
