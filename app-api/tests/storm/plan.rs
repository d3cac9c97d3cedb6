//! What is asked, by whom and how: all of it follows from the seed.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

/// Clients, and requests of all together.
pub const CLIENTS: usize = 200;
pub const REQUESTS: usize = 10_000;
/// Accounts; clients share them.
pub const ACCOUNTS: usize = 24;
/// Most tokens of an answer that is asked for.
pub const MAX_TOKENS: u64 = 100;
/// Names the seed of a run.
const SEED: &str = "PRIMIS_STORM_SEED";

/// What an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purse {
    /// More than it can spend.
    Full,
    /// Enough for some requests.
    Small,
    /// Nothing, until a payment arrives.
    Later,
    /// Nothing ever.
    Empty,
}

/// What the account of this number has: money for half of them.
pub fn purse(account: usize) -> Purse {
    [Purse::Full, Purse::Later, Purse::Small, Purse::Empty][account % 4]
}

/// What a request does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Asks a model, whose name says how it fails.
    Chat { body: Value },
    /// Asks for vectors.
    Embeddings { body: Value },
    /// Metered work comes in, so many times over.
    Usage {
        sku: &'static str,
        quantity: u64,
        times: u32,
    },
    /// Reads the balance.
    Balance,
    /// Reads what was used.
    Lines,
    /// Pays by card; then something may happen to the payment.
    TopUp { cents: i64, then: Then },
}

/// What happens to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Kept,
    /// So many cents go back.
    Refunded(i64),
    /// The bank takes it back for good.
    Disputed,
    /// The bank takes it back, and has to give it up.
    DisputeWon,
}

/// How patient the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Reads to the end.
    Reads,
    /// The same, slowly.
    ReadsSlowly,
    /// Hangs up after so many milliseconds.
    Leaves(u64),
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub number: usize,
    pub account: usize,
    pub action: Action,
    pub manner: Manner,
}

impl Request {
    /// What its usage line calls the model, if it asks one: no other request's does.
    pub fn sku(&self) -> Option<String> {
        match &self.action {
            Action::Chat { body } | Action::Embeddings { body } => {
                Some(body["model"].as_str().unwrap().to_owned())
            }
            _ => None,
        }
    }
}

/// The seed: a new one, unless one is named.
pub fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(seed) => seed.parse().expect("the seed is a number"),
        Err(_) => rand::random::<u32>().into(),
    }
}

/// Failures of models, and how often each is asked for.
const MODES: [(&str, u32); 16] = [
    ("plain", 42),
    ("comments", 4),
    ("joined", 4),
    ("slow-first", 6),
    ("no-usage", 5),
    ("no-usage-unknown", 2),
    ("cut", 6),
    ("error-mid", 4),
    ("ends", 3),
    ("stalls", 2),
    ("never", 1),
    ("error-body", 4),
    ("error-first", 3),
    ("status-429", 3),
    ("status-500", 3),
    ("long", 3),
];
/// The same where a second upstream is asked after the first.
const FAILOVER: [(&str, u32); 3] = [("status-429", 2), ("status-503", 3), ("plain", 2)];

fn weighted<T: Copy>(random: &mut StdRng, choices: &[(T, u32)]) -> T {
    let all: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut at = random.random_range(0..all);
    for (choice, weight) in choices {
        if at < *weight {
            return *choice;
        }
        at -= weight;
    }
    unreachable!()
}

/// What each client asks, one after the other.
pub fn requests(seed: u64) -> Vec<Vec<Request>> {
    let each = REQUESTS / CLIENTS;
    (0..CLIENTS)
        .map(|client| {
            let mut random = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003) ^ client as u64);
            (0..each)
                .map(|n| request(&mut random, client * each + n, client % ACCOUNTS))
                .collect()
        })
        .collect()
}

fn request(random: &mut StdRng, number: usize, account: usize) -> Request {
    let kind = weighted(
        random,
        &[
            ("chat", 56),
            ("failover", 5),
            ("embeddings", 11),
            ("usage", 9),
            ("balance", 10),
            ("lines", 4),
            ("top-up", 2),
        ],
    );
    let pays = matches!(purse(account), Purse::Full | Purse::Later);
    let action = match kind {
        "chat" => {
            let mode = weighted(random, &MODES);
            chat(random, "storm", mode, number)
        }
        "failover" => {
            let mode = weighted(random, &FAILOVER);
            chat(random, "over", mode, number)
        }
        "embeddings" => {
            let texts: Vec<&str> = (0..random.random_range(1..6)).map(|_| "a text").collect();
            let model = format!("vectors/{number:05}");
            Action::Embeddings {
                body: json!({"model": model, "user": number.to_string(), "input": texts}),
            }
        }
        "usage" => Action::Usage {
            sku: ["api.call", "gpu.h100.second"][random.random_range(0..2)],
            quantity: random.random_range(1..10_000),
            times: random.random_range(1..4),
        },
        "lines" => Action::Lines,
        "top-up" if pays => top_up(random),
        _ => Action::Balance,
    };
    let manner = match random.random_range(0..100) {
        0..14 => Manner::Leaves(random.random_range(0..400)),
        14..17 => Manner::ReadsSlowly,
        _ => Manner::Reads,
    };
    Request {
        number,
        account,
        action,
        manner,
    }
}

fn chat(random: &mut StdRng, family: &str, mode: &'static str, number: usize) -> Action {
    let stream = random.random_bool(0.6) || mode == "long";
    let prompt = random.random_range(1..60u64);
    // Who looks an answer up later is not told of it.
    let cached = match mode {
        "plain" | "comments" | "joined" => random.random_range(0..=prompt),
        _ => 0,
    };
    // Some do not keep to what they were asked for: it is billed all the same.
    let most = if random.random_bool(0.04) {
        MAX_TOKENS * 5
    } else {
        MAX_TOKENS
    };
    let completion = random.random_range(1..=most);
    let mut body = json!({
        "model": format!("{family}/{number:05}/{mode}"), "user": number.to_string(),
        "messages": [{"role": "user", "content": "Say this is a test"}],
        "max_tokens": MAX_TOKENS, "stream": stream,
        "test_usage": {"prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt + completion, "prompt_tokens_details": {"cached_tokens": cached}},
    });
    if stream && random.random_bool(0.5) {
        body["stream_options"] = json!({"include_usage": true});
    }
    Action::Chat { body }
}

fn top_up(random: &mut StdRng) -> Action {
    let cents = random.random_range(500..2_000);
    let then = match random.random_range(0..10) {
        0..2 => Then::Refunded(random.random_range(1..=cents)),
        2 => Then::Disputed,
        3 => Then::DisputeWon,
        _ => Then::Kept,
    };
    Action::TopUp { cents, then }
}
