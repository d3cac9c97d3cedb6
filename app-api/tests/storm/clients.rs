//! Clients: they ask, read, hang up, and write down what they were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::rngs::StdRng;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};

use crate::{
    plan::{Action, Manner, Request, Then},
    servers::{Place, Servers},
    support::{platform::PASSWORD, server::KEY, stripe::Stripe},
};

/// Longest wait for any answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Before a server is asked the same again.
const PAUSE: Duration = Duration::from_millis(100);

/// An account and a key of it.
#[derive(Clone, Debug)]
pub struct Customer {
    pub account: String,
    key: String,
}

/// What a client was told of a request to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole answer, with its usage where it was told.
    Complete { usage: Option<Value> },
    /// An error in place of an answer.
    Refused { status: u16, code: String },
    /// An answer that broke off, or an error on its way.
    Broken,
    /// Nothing: the server was not there, or died.
    Lost,
    /// The client hung up.
    Left,
}

/// A request as the client remembers it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The process that was asked.
    pub process: usize,
    /// Its name for the request, if it was told.
    pub id: Option<String>,
    pub outcome: Outcome,
}

/// All that clients remember.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests to models by their number.
    pub told: BTreeMap<usize, Told>,
    /// Metered work that was taken: what was sent, and the charge that was answered.
    pub metered: BTreeMap<String, (&'static str, u64, i64)>,
    /// Cents that each account has paid and not got back.
    pub paid_cents: BTreeMap<usize, i64>,
    /// How often things happened.
    pub counts: BTreeMap<String, usize>,
    /// Balances below zero that somebody was told of.
    pub below_zero: BTreeSet<String>,
}

impl Tally {
    pub fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }
}

/// What clients share.
pub struct World {
    pub servers: Servers,
    pub stripe: Stripe,
    pub customers: Vec<Customer>,
    pub tally: Mutex<Tally>,
    /// Requests made so far.
    pub asked: AtomicUsize,
    /// Events of the payment provider, to be delivered.
    pub events: UnboundedSender<Value>,
}

pub fn client() -> Client {
    let builder = Client::builder().no_proxy().tls_certs_only([]);
    builder.build().unwrap()
}

impl Customer {
    /// Signs up.
    pub async fn new(http: &Client, base: &str, number: usize) -> Self {
        let post = async |path: &str, body: Value, token: &str| {
            let request = http.post(format!("{base}{path}")).bearer_auth(token);
            let response = request.json(&body).send().await.unwrap();
            assert!(response.status().is_success(), "{path}: {response:?}");
            response.json::<Value>().await.unwrap_or_default()
        };
        let login = json!({"email": format!("storm{number}@example.com"), "password": PASSWORD});
        post("/api/auth/signup", login.clone(), "").await;
        let session = post("/api/auth/login", login, "").await;
        let token = session["accessToken"].as_str().unwrap();
        let key = json!({"name": "storm", "scopes": ["read", "write"]});
        let key = post("/api/keys", key, token).await;
        Self {
            account: session["accountId"].as_str().unwrap().to_owned(),
            key: key["secret"].as_str().unwrap().to_owned(),
        }
    }
}

impl World {
    /// Makes all requests of one client.
    pub async fn client(&self, mut random: StdRng, requests: &[Request]) {
        let http = client();
        for request in requests {
            self.make(&http, &mut random, request).await;
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn tally<T>(&self, f: impl FnOnce(&mut Tally) -> T) -> T {
        f(&mut self.tally.lock().unwrap())
    }

    fn request(
        &self,
        http: &Client,
        place: &Place,
        request: &Request,
        method: Method,
        path: &str,
    ) -> RequestBuilder {
        http.request(method, format!("{}{path}", place.base))
            .bearer_auth(&self.customers[request.account].key)
            .timeout(PATIENCE)
    }

    async fn make(&self, http: &Client, random: &mut StdRng, request: &Request) {
        let place = self.servers.any(random);
        let post = |path: &str, body: &Value| {
            self.request(http, &place, request, Method::POST, path)
                .json(body)
        };
        match &request.action {
            Action::Chat { body } => {
                let asking = post("/v1/chat/completions", body);
                self.ask(request, &place, asking).await;
            }
            Action::Embeddings { body } => {
                let asking = post("/v1/embeddings", body);
                self.ask(request, &place, asking).await;
            }
            Action::Usage {
                sku,
                quantity,
                times,
            } => {
                for _ in 0..*times {
                    self.meter(http, random, request.number, sku, *quantity)
                        .await;
                }
            }
            Action::Balance => self.balance(http, &place, request).await,
            Action::Lines => {
                for path in ["/api/usage?limit=50", "/api/usage/summary?by=model"] {
                    let asking = self.request(http, &place, request, Method::GET, path);
                    let answer = json_of(asking).await;
                    self.tally(|tally| tally.count(format!("{path} {}", status(&answer))));
                }
            }
            Action::TopUp { cents, then } => {
                self.pay(http, random, request, *cents, *then).await;
            }
        }
    }

    /// Asks a model, as patiently as the client is.
    async fn ask(&self, request: &Request, place: &Place, asking: RequestBuilder) {
        let id = Mutex::new(None);
        let reading = read(asking, request.manner == Manner::ReadsSlowly, &id);
        let outcome = match request.manner {
            Manner::Leaves(milliseconds) => timeout(Duration::from_millis(milliseconds), reading)
                .await
                .unwrap_or(Outcome::Left),
            _ => reading.await,
        };
        let told = Told {
            process: place.process,
            id: id.into_inner().unwrap(),
            outcome,
        };
        self.tally(|tally| {
            tally.count(match &told.outcome {
                Outcome::Complete { .. } => "complete".to_owned(),
                Outcome::Refused { status, code } => format!("{status} {code}"),
                other => format!("{other:?}").to_lowercase(),
            });
            assert!(tally.told.insert(request.number, told).is_none());
        });
    }

    /// Sends a metered event until it is taken.
    async fn meter(
        &self,
        http: &Client,
        random: &mut StdRng,
        number: usize,
        sku: &'static str,
        quantity: u64,
    ) {
        let id = format!("storm-{number}");
        let body = json!({"events": [{"event_id": id, "customer": "storm", "sku": sku,
            "quantity": quantity, "occurred_at": "2026-11-20T12:00:00Z"}]});
        loop {
            let base = self.servers.any(random).base;
            let sending = http
                .post(format!("{base}/v1/usage/events"))
                .bearer_auth(KEY)
                .timeout(PATIENCE)
                .json(&body);
            if let Some((StatusCode::OK, answer)) = json_of(sending).await {
                let charge = &answer["results"][0]["charge_nano_usd"];
                let charge = charge.as_str().unwrap().parse().unwrap();
                let taken = (sku, quantity, charge);
                return self.tally(|tally| {
                    tally.count("metered");
                    // The same again is answered the same.
                    let first = *tally.metered.entry(id).or_insert(taken);
                    assert_eq!(first, taken);
                });
            }
            self.tally(|tally| tally.count("metered again"));
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn balance(&self, http: &Client, place: &Place, request: &Request) {
        let asking = self.request(http, place, request, Method::GET, "/api/billing");
        let answer = json_of(asking).await;
        self.tally(|tally| {
            tally.count(format!("/api/billing {}", status(&answer)));
            let Some((StatusCode::OK, answer)) = answer else {
                return;
            };
            for name in ["balanceNanoUsd", "heldNanoUsd", "availableNanoUsd"] {
                let amount: i64 = answer[name].as_str().unwrap().parse().unwrap();
                if amount < 0 {
                    tally.below_zero.insert(answer.to_string());
                }
            }
        });
    }

    /// Goes to the checkout and pays there; what the provider has to tell of it is on its way then.
    async fn pay(
        &self,
        http: &Client,
        random: &mut StdRng,
        request: &Request,
        cents: i64,
        then: Then,
    ) {
        let session = loop {
            let place = self.servers.any(random);
            let body = json!({"amountCents": cents});
            let asking = self
                .request(http, &place, request, Method::POST, "/api/billing/checkout")
                .json(&body);
            match json_of(asking).await {
                Some((StatusCode::OK, answer)) => {
                    break answer["session"].as_str().unwrap().to_owned();
                }
                other => self.tally(|tally| tally.count(format!("checkout {}", status(&other)))),
            }
            tokio::time::sleep(PAUSE).await;
        };
        let payment = self.stripe.pay(&session);
        let kept = match then {
            Then::Kept => cents,
            Then::Refunded(back) => {
                self.stripe.refund(&payment, back);
                cents - back
            }
            Then::Disputed => {
                let dispute = self.stripe.dispute(&payment, cents, "needs_response");
                self.stripe.close_dispute(&dispute, "lost");
                0
            }
            Then::DisputeWon => {
                let dispute = self.stripe.dispute(&payment, cents, "needs_response");
                self.stripe.close_dispute(&dispute, "won");
                cents
            }
        };
        self.tally(|tally| {
            tally.count("paid");
            *tally.paid_cents.entry(request.account).or_default() += kept;
        });
        for event in self.stripe.events() {
            // The other end goes only at the end of all.
            let _ = self.events.send(event);
        }
    }
}

/// A status and JSON; `None` where nothing was answered.
async fn json_of(request: RequestBuilder) -> Option<(StatusCode, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status();
    Some((status, response.json().await.ok()?))
}

fn status(answer: &Option<(StatusCode, Value)>) -> String {
    answer.as_ref().map_or_else(
        || "lost".to_owned(),
        |(status, _)| status.as_u16().to_string(),
    )
}

/// Reads an answer of a model.
async fn read(asking: RequestBuilder, slowly: bool, id: &Mutex<Option<String>>) -> Outcome {
    let Ok(mut response) = asking.send().await else {
        return Outcome::Lost;
    };
    let name = response.headers().get("x-primis-request-id");
    *id.lock().unwrap() = name.map(|name| name.to_str().unwrap().to_owned());
    let status = response.status();
    let stream = is_stream(&response);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Outcome::Broken,
        }
        if slowly {
            tokio::time::sleep(PAUSE).await;
        }
    }
    let text = String::from_utf8(body).unwrap();
    if status == StatusCode::OK && stream {
        return streamed(&text);
    }
    let body: Value = serde_json::from_str(&text).unwrap();
    match status {
        StatusCode::OK => Outcome::Complete {
            usage: body.get("usage").cloned(),
        },
        status => Outcome::Refused {
            status: status.as_u16(),
            code: body["error"]["code"].as_str().unwrap().to_owned(),
        },
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get("content-type");
    kind.is_some_and(|kind| kind.to_str().unwrap().starts_with("text/event-stream"))
}

fn streamed(text: &str) -> Outcome {
    if !text.contains("data: [DONE]") {
        return Outcome::Broken;
    }
    let usage = text
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: {"))
        .map(|rest| serde_json::from_str::<Value>(&format!("{{{rest}")).unwrap())
        .find_map(|event| {
            event
                .get("usage")
                .filter(|usage| usage.is_object())
                .cloned()
        });
    Outcome::Complete { usage }
}
