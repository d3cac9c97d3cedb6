//! Demo customers of the platform: they sign up, buy credit, plans and prepaid runs on Stripe's page, call
//! models through the gateway, run simulations, and report what their machines measure. Now and then one hangs
//! up before an answer has ended, or sends a batch or an order twice; what was used must be charged all the
//! same, and once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use crate::customer::{Customer, Ended, Simulated};
use crate::joint::{self, Joint};
use crate::models::{self, LARGE, REASONER, SMALL};
use crate::services::{Delivered, RUN_PACK, Services};
use crate::tally::{Tally, payments};

/// The demo customers.
const CUSTOMERS: [Profile; 6] = [
    Profile::new(DEMO_EMAIL, Some("pro"), Some(Runs::Prepaid)),
    Profile::new("bluefin-bio@example.com", None, None),
    Profile::new("cobalt-games@example.com", Some("pro"), None),
    Profile::new("delta-weather@example.com", None, Some(Runs::FromCredit)),
    Profile::new("ember-films@example.com", None, None),
    Profile::new("fjord-freight@example.com", None, None),
];
/// The one whose login is told to whoever started the network.
pub const DEMO_EMAIL: &str = "aurora-robotics@example.com";
/// Of all of them, on this machine only.
pub const DEMO_PASSWORD: &str = "local-network-only";
/// Packs that they buy, at first and whenever a request is refused for want of credit.
const PACKS: [&str; 2] = ["medium", "large"];
/// Time between two things that a customer does, milliseconds: slow enough for the limits of the free plan.
const REST_MILLISECONDS: std::ops::RangeInclusive<u64> = 1_200..=3_600;
/// Each batch and each order of this number is sent twice.
const REPEAT_EVERY: u64 = 3;
/// What prompts are made of, and how often it is repeated.
const TEXT: &str = "The grid sells its surplus at noon, and buys it back at dusk. ";
const REPEATS: std::ops::RangeInclusive<usize> = 1..=250;

/// Who a demo customer is.
#[derive(Clone, Copy)]
struct Profile {
    email: &'static str,
    /// The plan they pay for.
    plan: Option<&'static str>,
    /// How they pay simulations; `None`: they run none.
    runs: Option<Runs>,
}

/// How simulations are paid.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    Prepaid,
    FromCredit,
}

impl Profile {
    const fn new(email: &'static str, plan: Option<&'static str>, runs: Option<Runs>) -> Self {
        Self { email, plan, runs }
    }
}

/// The customers and what they did, shared with the tasks in which they do it.
#[derive(Clone)]
pub struct Traffic(Arc<Inner>);

struct Inner {
    services: Services,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tally: Tally,
    customers: Vec<Arc<Customer>>,
    /// Answers of models that are in the tally.
    reckoned: usize,
}

impl Traffic {
    /// Customers to be, of a platform that stands on `services`.
    pub fn new(services: &Services) -> Self {
        Self(Arc::new(Inner {
            services: services.clone(),
            state: Mutex::default(),
        }))
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        let mut guard = self.state();
        let State {
            tally, reckoned, ..
        } = &mut *guard;
        let log = self.0.services.models.log.lock();
        let log = log.unwrap_or_else(PoisonError::into_inner);
        for written in log.written.get(*reckoned..).unwrap_or_default() {
            let cost = models::cost_of(written).map_or(0, |(_, cost)| cost.list_nano_usd);
            tally.list_nano_usd = tally.list_nano_usd.saturating_add(cost);
            tally.model_calls = tally.model_calls.saturating_add(1);
            tally.prompt_tokens = tally.prompt_tokens.saturating_add(written.prompt_tokens);
            let tokens = written.completion_tokens;
            tally.completion_tokens = tally.completion_tokens.saturating_add(tokens);
        }
        *reckoned = log.written.len();
        let [fees, packs, credit] = payments(&self.0.services);
        (tally.plan_fees, tally.plan_fee_nano_usd) = fees;
        (tally.run_packs, tally.run_pack_nano_usd) = packs;
        (tally.top_ups, tally.top_up_nano_usd) = credit;
        *tally
    }

    /// Those who have an account by now.
    pub fn customers(&self) -> Vec<Arc<Customer>> {
        self.state().customers.clone()
    }

    /// Lets the customers of the platform at `api_url` do what they do, and Stripe deliver its webhooks, until
    /// `stop` says so.
    ///
    /// # Errors
    /// The platform does not answer, refuses what it should not, or takes something twice.
    pub async fn run(self, api_url: String, stop: watch::Receiver<bool>) -> Result<()> {
        let unit: Arc<[u8]> = spawn_blocking(joint::unit).await??.into();
        let gone = watch::Sender::new(false);
        let told = |delivered: Delivered| {
            let mut state = self.state();
            state.tally.webhooks = delivered.events;
            state.tally.webhook_duplicates = delivered.duplicates;
        };
        let delivering = self.0.services.deliver(&api_url, told, gone.subscribe());
        let living = async {
            let mut customers = JoinSet::new();
            for profile in CUSTOMERS {
                let (traffic, api_url) = (self.clone(), api_url.clone());
                let (unit, stop) = (unit.clone(), stop.clone());
                customers.spawn(async move {
                    let lived = traffic.live(&api_url, profile, &unit, stop).await;
                    lived.context(profile.email)
                });
            }
            let mut outcome = Ok(());
            while let Some(ended) = customers.join_next().await {
                outcome = ended?;
                if outcome.is_err() {
                    break;
                }
            }
            // What the last of them paid is still delivered.
            gone.send_replace(true);
            outcome
        };
        let (outcome, ()) = tokio::join!(living, delivering);
        outcome
    }

    async fn live(
        &self,
        api_url: &str,
        profile: Profile,
        unit: &[u8],
        mut stop: watch::Receiver<bool>,
    ) -> Result<()> {
        let customer = Arc::new(Customer::new(api_url, profile.email, DEMO_PASSWORD).await?);
        {
            let mut state = self.state();
            state.tally.customers = state.tally.customers.saturating_add(1);
            state.customers.push(customer.clone());
        }
        customer.buy(pick(&PACKS)?).await?;
        let prefix: u32 = rand::random();
        let mut system = None;
        if let Some(plan) = profile.plan {
            customer.subscribe(plan).await?;
            let farm = customer.system("Render farm").await?;
            let batch = format!("{prefix:08x}-0");
            self.measure(&customer, &farm, &batch).await?;
            system = Some(farm);
        }
        let mut model = None;
        if let Some(runs) = profile.runs {
            if runs == Runs::Prepaid {
                customer.buy_runs(RUN_PACK).await?;
            }
            let unit = customer.upload(unit).await?;
            let order = format!("{prefix:08x}-0");
            self.simulate(&customer, runs, &unit, &order).await?;
            model = Some((runs, unit));
        }
        for number in 1u64.. {
            tokio::select! {
                () = sleep(Duration::from_millis(rand::random_range(REST_MILLISECONDS))) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            let ended = match rand::random_range(0..100) {
                0..30 => self.chat(&customer, false).await?,
                30..65 => self.chat(&customer, true).await?,
                65..73 => self.hang_up(&customer).await?,
                73..83 => {
                    let texts: Vec<String> =
                        (0..rand::random_range(1..=16)).map(|_| prompt()).collect();
                    customer.embed(&texts).await?
                }
                83..88 if let Some((runs, unit)) = &model => {
                    let order = format!("{prefix:08x}-{number}");
                    self.simulate(&customer, *runs, unit, &order).await?
                }
                _ => match &system {
                    Some(system) => {
                        let batch = format!("{prefix:08x}-{number}");
                        self.measure(&customer, system, &batch).await?
                    }
                    None => self.chat(&customer, true).await?,
                },
            };
            if ended != Ended::Done {
                self.count(|tally| &mut tally.refused);
            }
            if ended == Ended::NoCredit {
                customer.buy(pick(&PACKS)?).await?;
            }
        }
        Ok(())
    }

    async fn chat(&self, customer: &Customer, stream: bool) -> Result<Ended> {
        let (model, words) = match rand::random_range(0..10) {
            0..5 => (REASONER, rand::random_range(4_000..=12_000)),
            5..8 => (LARGE, rand::random_range(500..=6_000)),
            _ => (SMALL, rand::random_range(50..=2_000)),
        };
        let prompt = format!("{} Tell more of it in {words} words.", prompt());
        let ended = customer.chat(&model, &prompt, stream).await?;
        if ended == Ended::Done && stream {
            self.count(|tally| &mut tally.streamed);
        }
        Ok(ended)
    }

    async fn hang_up(&self, customer: &Customer) -> Result<Ended> {
        let prompt = format!("{} Tell more of it in 6000 words.", prompt());
        let ended = customer.hang_up(&LARGE, &prompt).await?;
        if ended == Ended::Done {
            self.count(|tally| &mut tally.hung_up);
        }
        Ok(ended)
    }

    async fn simulate(
        &self,
        customer: &Customer,
        pays: Runs,
        unit: &str,
        order: &str,
    ) -> Result<Ended> {
        let joint = Joint::any();
        let (ended, simulated) = customer.simulate(unit, &joint, order).await?;
        let Some(simulated) = simulated else {
            return Ok(ended);
        };
        let Simulated {
            price_nano_usd,
            prepaid,
        } = simulated;
        let runs = self.count(|tally| &mut tally.runs);
        if prepaid {
            self.count(|tally| &mut tally.runs_prepaid);
        } else {
            let charged = &mut self.state().tally.run_nano_usd;
            *charged = charged.saturating_add(price_nano_usd);
        }
        if runs.is_multiple_of(REPEAT_EVERY) {
            let (_, again) = customer.simulate(unit, &joint, order).await?;
            if let Some(again) = again {
                ensure!(again == simulated, "an order sent twice is another run");
                self.count(|tally| &mut tally.run_duplicates);
            }
        }
        if pays == Runs::Prepaid && !prepaid {
            customer.buy_runs(RUN_PACK).await?;
        }
        Ok(Ended::Done)
    }

    async fn measure(&self, customer: &Customer, system: &str, batch: &str) -> Result<Ended> {
        let at = Timestamp::now();
        let Some(known) = customer.measure(system, batch, at).await? else {
            return Ok(Ended::Busy);
        };
        ensure!(!known, "the platform says it knew a new batch");
        let calls = self.count(|tally| &mut tally.metered_calls);
        if calls.is_multiple_of(REPEAT_EVERY)
            && let Some(known) = customer.measure(system, batch, at).await?
        {
            ensure!(known, "the platform counted a batch twice");
            self.count(|tally| &mut tally.metered_duplicates);
        }
        Ok(Ended::Done)
    }

    /// Adds one, and answers how many there are.
    fn count(&self, what: impl Fn(&mut Tally) -> &mut u64) -> u64 {
        let mut state = self.state();
        let counted = what(&mut state.tally);
        *counted = counted.saturating_add(1);
        *counted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prompt() -> String {
    TEXT.repeat(rand::random_range(REPEATS))
}

fn pick<T: Copy>(from: &[T]) -> Result<T> {
    let index = rand::random_range(0..from.len());
    from.get(index).copied().context("nothing to pick from")
}
