//! An answer that comes piece by piece: what is for the customer is passed on, all of it is metered. The
//! customer's connection decides nothing: a slow one is waited for a while, one that is gone or stuck is let
//! go, and the rest is read all the same.

use std::{io, sync::Arc, time::Duration};

use axum::{body::Body, http::StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    call::{AnswerBody, Answered, Call, Candidate, Reply},
    meter::{Meter, Verdict},
    refusal::Refusal,
    sse::{Events, Piece},
    upstream::{Answer, CutOff},
};
use crate::platform::ledger::LimitState;

/// Pieces that wait for a slow customer, and how long each may be: a mebibyte in all.
const WAITING: usize = 16;
const MAX_PIECE_BYTES: usize = 64 * 1024;
/// Longest wait for a customer that takes nothing.
const STUCK: Duration = Duration::from_secs(10);
/// After how long what the upstream calls an answer is stored: short ones end before a crash is likely, and
/// need no transaction of their own.
const LONG: Duration = Duration::from_secs(2);
/// Longest wait for the end of a stream whose last event has come, so that its connection can be used again.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// What goes to the customer.
#[derive(Debug)]
pub enum Item {
    /// A piece of the answer.
    Piece(Bytes),
    /// Nothing follows.
    End,
}

/// The customer's end.
struct Customer {
    /// Until the first piece.
    reply: Option<(Reply, mpsc::Receiver<Item>, Vec<LimitState>)>,
    /// Until it has gone.
    pieces: Option<mpsc::Sender<Item>>,
}

impl Customer {
    fn new(reply: Reply, limits: Vec<LimitState>) -> Self {
        let (pieces, received) = mpsc::channel(WAITING);
        Self {
            reply: Some((reply, received, limits)),
            pieces: Some(pieces),
        }
    }

    /// Refuses, if nothing was passed yet.
    fn refuse(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        match self.reply.take() {
            Some((reply, ..)) => {
                let _ = reply.send(Err(refusal));
                self.pieces = None;
                Ok(())
            }
            None => Err(refusal),
        }
    }

    async fn pass(&mut self, mut bytes: Bytes) {
        if let Some((reply, received, limits)) = self.reply.take() {
            let body = AnswerBody::Pieces(received);
            // If it has gone, so has the receiver.
            let _ = reply.send(Ok(Answered { limits, body }));
        }
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(MAX_PIECE_BYTES));
            self.send(Item::Piece(piece)).await;
        }
    }

    async fn send(&mut self, item: Item) {
        let Some(pieces) = &self.pieces else {
            return;
        };
        let sent = timeout(STUCK, pieces.send(item)).await;
        if !matches!(sent, Ok(Ok(()))) {
            self.pieces = None;
        }
    }

    /// Tells that the answer is not complete, as far as there is anybody to tell.
    async fn fail(&mut self, refusal: Refusal) {
        if let Err(refusal) = self.refuse(refusal) {
            self.pass(refusal.event().into()).await;
            self.send(Item::End).await;
            self.pieces = None;
        }
    }
}

/// Passes an answer on, and charges it.
pub async fn stream(
    call: &Call,
    candidate: &Candidate,
    mut answer: Answer,
    limits: Vec<LimitState>,
    reply: Reply,
) {
    let (mut events, mut meter) = (Events::default(), Meter::default());
    let mut customer = Customer::new(reply, limits);
    let begun = Instant::now();
    let mut noted = !candidate.upstream.generations;
    let ended = loop {
        match answer.next().await {
            Ok(Some(chunk)) => {
                events.push(&chunk);
                let pieces = std::iter::from_fn(|| events.next());
                take(pieces, call.include_usage, &mut meter, &mut customer).await;
            }
            Ok(None) => {
                let rest = events.rest().into_iter();
                take(rest, call.include_usage, &mut meter, &mut customer).await;
                break None;
            }
            Err(cut) => break Some(cut),
        }
        if meter.done {
            break None;
        }
        if !noted && begun.elapsed() >= LONG {
            noted = note(call, candidate, &meter);
        }
    };
    if meter.done || (ended.is_none() && meter.has_usage()) {
        customer.pass(Bytes::new()).await;
        customer.send(Item::End).await;
    } else {
        // It may have failed before, and been told so.
        let cut = ended.unwrap_or(CutOff::Broken);
        tracing::warn!(upstream = candidate.upstream.name, id = call.id, %cut, "a stream ended early");
        customer.fail(cut_off(&cut)).await;
    }
    drop(customer);
    call.end(candidate, &meter).await;
    if meter.done {
        // Whatever it is, it was charged.
        let _ = timeout(LAST_BYTES, answer.next()).await;
    }
}

/// Meters pieces and passes those on that are the customer's.
async fn take(
    pieces: impl Iterator<Item = Piece>,
    include_usage: bool,
    meter: &mut Meter,
    customer: &mut Customer,
) {
    let mut passed: Option<Bytes> = None;
    let mut several = BytesMut::new();
    for piece in pieces {
        let verdict = meter.piece(&piece, include_usage);
        let (Piece::Event(bytes) | Piece::Part(bytes)) = piece;
        match verdict {
            Verdict::Keep => {}
            Verdict::Pass => match passed.take() {
                None if several.is_empty() => passed = Some(bytes),
                first => {
                    several.extend_from_slice(&first.unwrap_or_default());
                    several.extend_from_slice(&bytes);
                }
            },
            Verdict::Failed => {
                let before = passed.take().unwrap_or_else(|| several.split().freeze());
                if !before.is_empty() {
                    customer.pass(before).await;
                }
                if let Some(failed) = &meter.error {
                    tracing::warn!(%failed, "an answer failed on its way");
                    customer.fail(failed.refusal()).await;
                }
            }
        }
    }
    let bytes = passed.unwrap_or_else(|| several.freeze());
    if !bytes.is_empty() {
        customer.pass(bytes).await;
    }
}

/// Stores what the upstream calls a long answer; `false` as long as it has no name.
fn note(call: &Call, candidate: &Candidate, meter: &Meter) -> bool {
    let Some(id) = meter.id.clone() else {
        return false;
    };
    let (app, hold) = (Arc::clone(&call.app), call.id.clone());
    let upstream = candidate.upstream.name.clone();
    // The stream does not wait for it.
    tokio::spawn(async move {
        let now = app.clock.now_unix();
        if let Err(error) = app.store.note_answer(&hold, &upstream, &id, now).await {
            tracing::warn!(hold, %error, "the name of a long answer is not stored");
        }
    });
    true
}

/// The body that a customer reads. One whose end was not sent breaks off, so that what is missing is seen.
pub fn body(pieces: mpsc::Receiver<Item>) -> Body {
    Body::from_stream(stream::unfold(Some(pieces), async |pieces| {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Item::Piece(piece)) => Some((Ok(piece), Some(pieces))),
            Some(Item::End) => None,
            None => Some((
                Err(io::Error::other("the answer was not taken in time")),
                None,
            )),
        }
    }))
}

fn cut_off(cut: &CutOff) -> Refusal {
    Refusal::new(
        StatusCode::BAD_GATEWAY,
        "upstream_cut_off",
        format!("the model's answer ended early: {cut}"),
    )
}
