//! A customer of the platform, who does everything over HTTP as customers do: signs up, pays on Stripe's
//! page, calls models with a key, runs simulations, and reports what a machine measures.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::joint::{Joint, STEP_SECONDS};
use crate::models::{Model, VECTORS};

/// How long a payment may take to be credited, a run to end, and a busy platform to answer; how often it is
/// looked for.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(700);
/// Lines of a page of usage.
const PAGE: usize = 200;

/// Somebody with an account and a key.
pub struct Customer {
    /// Who it is.
    pub email: String,
    /// Their account.
    pub account: String,
    key: String,
    api_url: String,
    http: reqwest::Client,
}

/// How a request to the platform ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Done,
    /// The account's credit does not cover it.
    NoCredit,
    /// Not now: too many requests, or too slow a machine.
    Busy,
}

/// What a customer sees of what was charged, nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Lines of usage.
    pub lines: u64,
    /// Prices before the subsidy.
    pub list_nano_usd: u128,
    /// Paid by the subsidy.
    pub discount_nano_usd: u128,
    /// Paid by the customer.
    pub charge_nano_usd: u128,
    /// Prepaid and not used.
    pub balance_nano_usd: u128,
}

/// A simulation that ended with the right result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// What it cost, nano-USD.
    pub price_nano_usd: u128,
    /// A prepaid run paid it; otherwise the credit did.
    pub prepaid: bool,
}

impl Customer {
    /// Signs up, logs in and makes a key.
    ///
    /// # Errors
    /// The platform does not answer, or refuses; so for every method here.
    pub async fn new(api_url: &str, email: &str, password: &str) -> Result<Self> {
        let mut customer = Self {
            email: email.to_owned(),
            account: String::new(),
            key: String::new(),
            api_url: api_url.to_owned(),
            // Stripe's page leads back to the console, which is for people.
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()?,
        };
        let login = json!({ "email": email, "password": password });
        customer.post("/api/auth/signup", &login).await?;
        let session = customer.post("/api/auth/login", &login).await?;
        customer.account = text(&session, "/accountId")?.to_owned();
        // Until there is a key.
        text(&session, "/accessToken")?.clone_into(&mut customer.key);
        let key = json!({ "name": "demo", "scopes": ["read", "write", "admin"] });
        let key = customer.post("/api/keys", &key).await?;
        text(&key, "/secret")?.clone_into(&mut customer.key);
        Ok(customer)
    }

    /// Buys a pack of credit, and waits until it is there; `false`: not now.
    pub async fn buy(&self, pack: &str) -> Result<bool> {
        let credit = |billing: &Value| amount(billing, "/balanceNanoUsd");
        self.check_out(&json!({ "pack": pack }), credit).await
    }

    /// Buys a pack of prepaid runs, and waits until they are there; `false`: not now.
    pub async fn buy_runs(&self, pack: &str) -> Result<bool> {
        let runs = |billing: &Value| {
            let runs = billing.pointer("/runCredits").and_then(Value::as_u64);
            Ok(runs.context("the account is told no prepaid runs")?.into())
        };
        self.check_out(&json!({ "runPack": pack }), runs).await
    }

    /// Buys, and waits until there is more of what was bought.
    async fn check_out(
        &self,
        what: &Value,
        there: impl Fn(&Value) -> Result<u128>,
    ) -> Result<bool> {
        let before = there(&self.get("/api/billing").await?)?;
        let checkout = self
            .request(Method::POST, "/api/billing/checkout")
            .json(what);
        let Some(checkout) = self.unless_busy(checkout).await? else {
            return Ok(false);
        };
        self.pay(text(&checkout, "/url")?).await?;
        let deadline = Instant::now() + PATIENCE;
        while there(&self.get("/api/billing").await?)? <= before {
            ensure!(Instant::now() < deadline, "a payment was not credited");
            sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    /// Subscribes to a plan, and waits until it is served.
    pub async fn subscribe(&self, plan: &str) -> Result<()> {
        let answer = self
            .post("/api/billing/subscription", &json!({ "plan": plan }))
            .await?;
        self.pay(text(&answer, "/checkout/url")?).await?;
        let deadline = Instant::now() + PATIENCE;
        while self.get("/api/billing").await?.pointer("/plan/plan") != Some(&json!(plan)) {
            ensure!(Instant::now() < deadline, "a subscription was not served");
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Presses the button on Stripe's page.
    async fn pay(&self, page: &str) -> Result<()> {
        let shown = self.http.get(page).send().await?.error_for_status()?;
        ensure!(
            shown.text().await?.contains("<button>Pay $"),
            "Stripe's page has nothing to press"
        );
        let paid = self.http.post(page).send().await?;
        ensure!(
            paid.status().is_redirection(),
            "Stripe's page does not lead back: {}",
            paid.status()
        );
        Ok(())
    }

    /// Asks a model and reads all that it answers.
    pub async fn chat(&self, model: &Model, prompt: &str, stream: bool) -> Result<Ended> {
        let answer = self.ask(model, prompt, stream).send().await?;
        let (ended, answer) = ended(answer).await?;
        let Some(answer) = answer else {
            return Ok(ended);
        };
        let said = answer.text().await?;
        let is_whole = if stream {
            said.trim_end().ends_with("data: [DONE]") && !said.contains("\"error\"")
        } else {
            serde_json::from_str::<Value>(&said)?
                .pointer("/usage/completion_tokens")
                .is_some_and(Value::is_u64)
        };
        ensure!(is_whole, "a model did not answer to the end: {said}");
        Ok(Ended::Done)
    }

    /// Asks a model and hangs up after the first piece of its answer.
    pub async fn hang_up(&self, model: &Model, prompt: &str) -> Result<Ended> {
        let answer = self.ask(model, prompt, true).send().await?;
        let (ended, answer) = ended(answer).await?;
        if let Some(mut answer) = answer {
            answer.chunk().await?.context("an answer without a piece")?;
        }
        Ok(ended)
    }

    /// Has vectors made of texts.
    pub async fn embed(&self, texts: &[String]) -> Result<Ended> {
        let body = json!({ "model": VECTORS.name, "input": texts });
        let request = self.request(Method::POST, "/v1/embeddings").json(&body);
        let (ended, answer) = ended(request.send().await?).await?;
        if let Some(answer) = answer {
            let answer: Value = answer.json().await?;
            let vectors = answer.pointer("/data").and_then(Value::as_array);
            ensure!(
                vectors.map(Vec::len) == Some(texts.len()),
                "other vectors than texts: {answer}"
            );
        }
        Ok(ended)
    }

    /// Brings a unit to simulate; its id.
    pub async fn upload(&self, unit: &[u8]) -> Result<String> {
        let unit = self
            .until_answered(|| {
                self.request(Method::POST, "/api/fmus")
                    .header(CONTENT_TYPE, "application/zip")
                    .body(unit.to_vec())
            })
            .await
            .context("POST /api/fmus")?;
        Ok(text(&unit, "/id")?.to_owned())
    }

    /// Simulates a joint by a unit and reads the result. The same order again is the same run.
    pub async fn simulate(
        &self,
        unit: &str,
        joint: &Joint,
        order: &str,
    ) -> Result<(Ended, Option<Simulated>)> {
        let body = json!({
            "fmu": unit, "stopTime": f64::from(joint.steps) * STEP_SECONDS, "stepSize": STEP_SECONDS,
            "startValues": { "stiffness": joint.stiffness, "damping": joint.damping, "mass": joint.mass },
        });
        let request = self
            .request(Method::POST, "/api/simulate")
            .header("idempotency-key", order)
            .json(&body);
        let (ended, answer) = ended(request.send().await?).await?;
        let Some(answer) = answer else {
            return Ok((ended, None));
        };
        let mut run: Value = answer.json().await?;
        let path = format!("/api/runs/{}", text(&run, "/id")?);
        let deadline = Instant::now() + PATIENCE;
        while run.pointer("/finishedUnix").is_none_or(Value::is_null) {
            ensure!(Instant::now() < deadline, "a run did not end: {run}");
            sleep(LOOK_EVERY).await;
            run = self.get(&path).await?;
        }
        ensure!(
            run.pointer("/result/rows") == Some(&json!(u64::from(joint.steps) + 1)),
            "a simulation has another result: {run}"
        );
        let table = self.get(text(&run, "/result/json")?).await?;
        let last = table.pointer("/rows").and_then(Value::as_array);
        let last = last.and_then(|rows| rows.last()?.get(1)?.as_f64());
        ensure!(
            last.is_some_and(|position| (position - joint.position()).abs() < 1e-12),
            "the joint is at {last:?} after {joint:?}, and should be at {}",
            joint.position()
        );
        let simulated = Simulated {
            price_nano_usd: amount(&run, "/priceNanoUsd")?,
            prepaid: text(&run, "/paidBy")? == "credit",
        };
        Ok((Ended::Done, Some(simulated)))
    }

    /// Makes a system known whose measurements are metered; its id.
    pub async fn system(&self, name: &str) -> Result<String> {
        let system = self.post("/api/systems", &json!({ "name": name })).await?;
        Ok(text(&system, "/id")?.to_owned())
    }

    /// Reports a measurement as one metered call; whether it was known before, `None`: not now.
    pub async fn measure(&self, system: &str, batch: &str, at: Timestamp) -> Result<Option<bool>> {
        let points = json!([{ "name": "load", "value": 0.5, "atUnix": at.as_second() }]);
        let path = format!("/api/systems/{system}/metrics");
        let request = self
            .request(Method::POST, &path)
            .json(&json!({ "batchId": batch, "points": points }));
        let Some(answer) = self.unless_busy(request).await? else {
            return Ok(None);
        };
        let known = answer.get("duplicate").and_then(Value::as_bool);
        Ok(Some(known.context("the answer to a batch says nothing")?))
    }

    /// Metered calls of this month, as the account is told.
    pub async fn metered_calls(&self) -> Result<u64> {
        let billing = self.get("/api/billing").await?;
        let calls = billing.pointer("/usage/calls").and_then(Value::as_u64);
        calls.context("the account is told no metered calls")
    }

    /// All its lines of usage, added up, and its credit.
    pub async fn seen(&self) -> Result<Seen> {
        let mut seen = Seen::default();
        let mut path = format!("/api/usage?limit={PAGE}");
        loop {
            let page = self.get(&path).await?;
            let lines = page.pointer("/lines").and_then(Value::as_array);
            for line in lines.context("a page of usage without lines")? {
                seen.lines = seen.lines.saturating_add(1);
                seen.list_nano_usd += amount(line, "/listNanoUsd")?;
                seen.discount_nano_usd += amount(line, "/discountNanoUsd")?;
                seen.charge_nano_usd += amount(line, "/chargeNanoUsd")?;
            }
            let Some(next) = page.pointer("/nextCursor").and_then(Value::as_str) else {
                break;
            };
            path = format!("/api/usage?limit={PAGE}&cursor={next}");
        }
        let billing = self.get("/api/billing").await?;
        seen.balance_nano_usd = amount(&billing, "/balanceNanoUsd")?;
        Ok(seen)
    }

    fn ask(&self, model: &Model, prompt: &str, stream: bool) -> RequestBuilder {
        let body = json!({
            "model": model.name, "stream": stream, "max_tokens": model.output_tokens,
            "messages": [{ "role": "user", "content": prompt }],
        });
        self.request(Method::POST, "/v1/chat/completions")
            .json(&body)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.api_url));
        request.bearer_auth(&self.key)
    }

    /// What must be answered; asked again while the platform is busy.
    async fn get(&self, path: &str) -> Result<Value> {
        self.until_answered(|| self.request(Method::GET, path))
            .await
            .with_context(|| format!("GET {path}"))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.until_answered(|| self.request(Method::POST, path).json(body))
            .await
            .with_context(|| format!("POST {path}"))
    }

    async fn until_answered(&self, request: impl Fn() -> RequestBuilder) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.unless_busy(request()).await? {
                return Ok(answer);
            }
            ensure!(Instant::now() < deadline, "the platform stays busy");
            sleep(LOOK_EVERY).await;
        }
    }

    async fn unless_busy(&self, request: RequestBuilder) -> Result<Option<Value>> {
        let (ended, answer) = ended(request.send().await?).await?;
        match (ended, answer) {
            (_, Some(answer)) => Ok(Some(answer.json().await?)),
            (Ended::NoCredit, None) => bail!("credit is asked for what costs none"),
            (_, None) => Ok(None),
        }
    }
}

/// What an answer means; the answer itself, where it is one.
async fn ended(answer: Response) -> Result<(Ended, Option<Response>)> {
    let status = answer.status();
    if status.is_success() {
        return Ok((Ended::Done, Some(answer)));
    }
    match status {
        StatusCode::PAYMENT_REQUIRED => Ok((Ended::NoCredit, None)),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Ok((Ended::Busy, None)),
        _ => bail!("the platform answered {status}: {}", answer.text().await?),
    }
}

fn text<'a>(answer: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("{pointer} is missing in an answer"))
}

fn amount(answer: &Value, pointer: &str) -> Result<u128> {
    text(answer, pointer)?
        .parse()
        .with_context(|| format!("{pointer} is no amount"))
}
