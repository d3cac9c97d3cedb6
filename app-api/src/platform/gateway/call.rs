//! A call of a model from its hold to its end, in a task of its own: whoever asked may go, what was begun is
//! read to its end and charged.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{
    answer,
    book::{self, Context},
    meter::Meter,
    refusal::Refusal,
    relay::{self, Item},
    request::{Asked, Bounds},
    rule::{Kind, Rule},
    upstream::{Answer, Unanswered, Upstream},
};
use crate::{
    app::App,
    platform::{
        ledger::{LedgerError, Limit, LimitState, NewHold},
        money::usd,
    },
};

/// Longest whole answer, bytes: vectors of two thousand texts.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Who pays.
    pub account: String,
    /// The key it is asked with.
    pub key_id: Option<String>,
    /// What requests are counted against.
    pub limits: Vec<Limit>,
}

/// An upstream that can be asked, and what an answer of it costs at most.
#[derive(Debug)]
pub struct Candidate {
    /// Who is asked.
    pub upstream: Arc<Upstream>,
    /// By which rule.
    pub rule: Rule,
    /// What it can use at most.
    pub bounds: Bounds,
}

/// A call to be made.
pub struct Call {
    /// The server.
    pub app: Arc<App>,
    /// Names it and its hold.
    pub id: String,
    /// Who pays.
    pub customer: Customer,
    /// What is asked for.
    pub kind: Kind,
    /// The model as the customer names it.
    pub model: String,
    /// Whether the customer wants the usage of a stream.
    pub include_usage: bool,
    /// Who can be asked, in this order; at least one.
    pub candidates: Vec<Candidate>,
    /// What was sent.
    pub raw: Bytes,
    /// What is sent on to the first of the candidates.
    pub first_body: Bytes,
    /// Held until the end.
    pub slot: OwnedSemaphorePermit,
}

/// What the customer is answered.
pub struct Answered {
    /// How far the limits are used.
    pub limits: Vec<LimitState>,
    /// The answer.
    pub body: AnswerBody,
}

/// An answer for the customer.
pub enum AnswerBody {
    /// All of it.
    Whole(Bytes),
    /// Piece by piece.
    Pieces(mpsc::Receiver<Item>),
}

/// Where the answer goes, once.
pub type Reply = oneshot::Sender<Result<Answered, Refusal>>;

impl Call {
    /// Makes it.
    pub async fn run(self, reply: Reply) {
        let _slot = &self.slot;
        let limits = match self.hold().await {
            Ok(limits) => limits,
            Err(refusal) => {
                // Who has gone needs no refusal.
                let _ = reply.send(Err(refusal));
                return;
            }
        };
        if reply.is_closed() {
            return book::void(&self.app, &self.id).await;
        }
        let mut refusal = None;
        for (index, candidate) in self.candidates.iter().enumerate() {
            let body = match index {
                0 => self.first_body.clone(),
                _ => match self.body_for(candidate) {
                    Ok(body) => body,
                    Err(problem) => {
                        refusal = Some(problem);
                        break;
                    }
                },
            };
            let upstream = &candidate.upstream;
            match upstream.ask(self.kind, body).await {
                Ok(answer) => return self.answered(candidate, answer, limits, reply).await,
                Err(error) => {
                    tracing::warn!(upstream = upstream.name, id = self.id, %error, "no answer");
                    match error {
                        // Nothing was done there: the next one may be asked.
                        Unanswered::NotReached(_) => refusal = Some(unreachable()),
                        Unanswered::Refused(failed) if failed.is_busy() => {
                            refusal = Some(failed.refusal());
                        }
                        Unanswered::Refused(failed) => {
                            refusal = Some(failed.refusal());
                            break;
                        }
                        Unanswered::Lost(_) => {
                            let _ = reply.send(Err(lost()));
                            return self.end(candidate, &Meter::default()).await;
                        }
                    }
                }
            }
        }
        book::void(&self.app, &self.id).await;
        let _ = reply.send(Err(refusal.unwrap_or_else(unreachable)));
    }

    /// Reserves what it can cost at most, whoever of the candidates answers.
    async fn hold(&self) -> Result<Vec<LimitState>, Refusal> {
        let amount_nano_usd = self
            .candidates
            .iter()
            .map(|c| c.rule.prices().of(c.bounds.most).list_nano_usd)
            .max()
            .unwrap_or_default();
        let longest = self
            .candidates
            .iter()
            .map(|c| c.upstream.longest.as_secs())
            .fold(self.app.gateway.forgotten_after, u64::saturating_add);
        let context = self.candidates.first().map(|first| self.context(first));
        let hold = NewHold {
            id: self.id.clone(),
            fresh: true,
            account: self.customer.account.clone(),
            amount_nano_usd,
            expires_at: self
                .app
                .clock
                .now_unix()
                .saturating_add(i64::try_from(longest).unwrap_or(i64::MAX)),
            context: serde_json::to_string(&context).unwrap_or_default(),
            limits: self.customer.limits.clone(),
        };
        match self.app.platform.ledger.hold(hold).await {
            Ok(held) => Ok(held.limits),
            Err(error) => {
                if matches!(error, LedgerError::Store(_) | LedgerError::Closed) {
                    // It may have been stored all the same.
                    book::void(&self.app, &self.id).await;
                }
                Err(refused(error))
            }
        }
    }

    /// What settling by the rule of `candidate` takes.
    pub fn context(&self, candidate: &Candidate) -> Context {
        Context {
            part: Context::PART.to_owned(),
            kind: self.kind,
            model: self.model.clone(),
            key_id: self.customer.key_id.clone(),
            upstream: candidate.upstream.name.clone(),
            prices: candidate.rule.prices(),
            cost: candidate.rule.cost,
            most: candidate.bounds.most,
            prompt_estimate: candidate.bounds.prompt_estimate,
        }
    }

    /// The body for another upstream than the first: rare, so it is read again instead of kept.
    fn body_for(&self, candidate: &Candidate) -> Result<Bytes, Refusal> {
        let asked = Asked::parse(self.kind, &self.raw)?;
        let model = candidate.rule.upstream_name(&self.model);
        let field = candidate.upstream.max_tokens_field;
        Ok(asked.body(&model, candidate.bounds, field).into())
    }

    /// Passes on what an upstream answers, and charges it.
    async fn answered(
        &self,
        candidate: &Candidate,
        mut answer: Answer,
        limits: Vec<LimitState>,
        reply: Reply,
    ) {
        if answer.is_stream() {
            return relay::stream(self, candidate, answer, limits, reply).await;
        }
        let (body, cut) = answer.whole(MAX_ANSWER_BYTES).await;
        let mut meter = Meter::default();
        let told = match &cut {
            None => answer::read(&body),
            Some(_) => None,
        };
        let result = match told {
            Some(told) => {
                let failed = told.error.clone().filter(|_| told.text_bytes == 0);
                let has_content = told.has_content;
                meter.take(told);
                match failed {
                    Some(failed) => Err(failed.refusal()),
                    None if has_content => Ok(Answered {
                        limits,
                        body: AnswerBody::Whole(body.into()),
                    }),
                    None => Err(lost()),
                }
            }
            None => {
                tracing::warn!(
                    upstream = candidate.upstream.name,
                    id = self.id,
                    ?cut,
                    "cut off"
                );
                Err(lost())
            }
        };
        let _ = reply.send(result);
        self.end(candidate, &meter).await;
    }

    /// Charges an answer that has ended.
    pub async fn end(&self, candidate: &Candidate, meter: &Meter) {
        let context = self.context(candidate);
        let upstream = Some(candidate.upstream.as_ref());
        book::end(&self.app, &self.id, &context, upstream, meter).await;
    }
}

fn refused(error: LedgerError) -> Refusal {
    match error {
        LedgerError::Insufficient {
            available_nano_usd,
            wanted_nano_usd,
        } => Refusal::new(
            StatusCode::PAYMENT_REQUIRED,
            "insufficient_balance",
            format!(
                "this request can cost up to {} and {} are available, {} are missing: top up the \
                 account, or ask with a lower max_tokens",
                usd(wanted_nano_usd),
                usd(available_nano_usd),
                usd(wanted_nano_usd.saturating_sub(available_nano_usd)),
            ),
        ),
        LedgerError::Limited {
            state,
            retry_after_seconds,
        } => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_exceeded",
            format!(
                "the limit of {} requests is reached: ask again in {retry_after_seconds} s",
                state.max
            ),
        )
        .retry_after_seconds(retry_after_seconds)
        .with_limits(vec![state]),
        error => {
            tracing::error!(%error, "nothing could be held");
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the request cannot be paid for now and was not passed on: send it again",
            )
            .retry_after_seconds(1)
        }
    }
}

fn unreachable() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "upstream_unreachable",
        "the model cannot be reached: ask again in a moment",
    )
    .retry_after_seconds(1)
}

fn lost() -> Refusal {
    Refusal::new(
        StatusCode::BAD_GATEWAY,
        "upstream_lost",
        "the model was asked and its answer did not arrive; what it may have cost is charged by an estimate",
    )
}
