//! What an answer used, out of all that was told of it.

use super::{
    answer::{self, Told, Usage},
    failed::Failed,
    price::{Cost, Prices, Tokens},
    request::{Bounds, estimate},
    rule::CostSource,
    sse::{self, Piece},
};

/// Most bytes of text that a token is believed to have.
const MAX_BYTES_PER_TOKEN: u64 = 256;
/// Tokens beyond twice what the request allows, and some that a provider may add by itself, are no usage but
/// a mistake.
const BELIEVED_MORE: u64 = 1_000;

/// Follows an answer without keeping it.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// The upstream's name of the answer.
    pub id: Option<String>,
    /// That it failed.
    pub error: Option<Failed>,
    /// Whether it came to its end.
    pub done: bool,
    usage: Option<Usage>,
    text_bytes: u64,
}

/// What is to be done with a piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is for the customer.
    Pass,
    /// It is not: a usage that only the gateway asked for.
    Keep,
    /// It tells that the answer failed.
    Failed,
}

/// What is known of what an answer used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The upstream says so.
    Exactly(Usage),
    /// Nothing was done.
    Nothing,
    /// Nobody says; this many bytes of text came.
    Guess(u64),
}

impl Meter {
    /// Of an answer of which nothing else is known.
    pub fn named(id: Option<String>) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// Takes in a piece of a stream.
    pub fn piece(&mut self, piece: &Piece, include_usage: bool) -> Verdict {
        let event = match piece {
            Piece::Event(event) => event,
            Piece::Part(part) => {
                self.add_text(part.len());
                return Verdict::Pass;
            }
        };
        let Some(data) = sse::data(event) else {
            return Verdict::Pass;
        };
        if data.trim_ascii() == b"[DONE]" {
            self.done = true;
            return Verdict::Pass;
        }
        let Some(told) = answer::read(&data) else {
            self.add_text(data.len());
            return Verdict::Pass;
        };
        let (failed, only_usage) = (
            told.error.is_some(),
            told.usage.is_some() && !told.has_content,
        );
        self.take(told);
        match (failed, only_usage && !include_usage) {
            (true, _) => Verdict::Failed,
            (false, true) => Verdict::Keep,
            (false, false) => Verdict::Pass,
        }
    }

    /// Takes in a whole answer, or what a piece of one tells.
    pub fn take(&mut self, told: Told) {
        self.id = self.id.take().or(told.id);
        self.error = self.error.take().or(told.error);
        // The last one counts: some tell it as it grows.
        self.usage = told.usage.or(self.usage);
        self.text_bytes = self.text_bytes.saturating_add(told.text_bytes);
    }

    /// Whether its usage was told.
    pub fn has_usage(&self) -> bool {
        self.usage.is_some()
    }

    /// What is known of what it used. A usage that cannot be of this answer is not believed.
    pub fn known(&self, bounds: Bounds) -> Known {
        match self.usage {
            Some(usage) if self.believes(usage, bounds) => Known::Exactly(usage),
            _ if self.error.is_some() && self.text_bytes == 0 => Known::Nothing,
            _ => Known::Guess(self.text_bytes),
        }
    }

    /// Whether `usage` can be of this answer.
    pub fn believes(&self, usage: Usage, bounds: Bounds) -> bool {
        let tokens = usage.tokens;
        let most = |tokens: u64| tokens.saturating_mul(2).saturating_add(BELIEVED_MORE);
        tokens.prompt <= most(bounds.most.prompt)
            && tokens.completion <= most(bounds.most.completion)
            && tokens.completion.saturating_mul(MAX_BYTES_PER_TOKEN) >= self.text_bytes
    }

    fn add_text(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.text_bytes = self.text_bytes.saturating_add(bytes);
    }
}

/// What `usage` costs, from where the rule says.
pub fn cost_of(usage: Usage, prices: Prices, source: CostSource, bounds: Bounds) -> Cost {
    let by_tokens = prices.of(usage.tokens);
    let most = prices.of(bounds.most).provider_nano_usd;
    match (source, usage.cost_nano_usd) {
        // Beyond belief, it is a mistake.
        (CostSource::Upstream, Some(cost)) if cost / 2 <= most => prices.on_top(cost),
        _ => by_tokens,
    }
}

/// Tokens supposed where nobody tells them: the prompt's, and those of the text that came.
pub fn guess(text_bytes: u64, bounds: Bounds) -> Tokens {
    Tokens {
        prompt: bounds.prompt_estimate,
        cached: 0,
        completion: estimate(text_bytes).min(bounds.most.completion),
    }
}
