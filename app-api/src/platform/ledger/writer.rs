//! Takes what is asked for at the same time in one transaction.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use super::{Answer, LedgerError, Op, State};
use crate::{
    clock::Clock,
    store::{Batches, Store},
};

/// Requests of one transaction: more hardly cost less each, and the first would wait for the last.
const BATCH: usize = 256;
/// How long the end of a hold waits for others, unless as many wait as one transaction takes: nobody's answer
/// waits for it, and together they cost less.
const GATHER: Duration = Duration::from_millis(5);
/// Ends of holds in one transaction with others: whoever asks meanwhile waits for them.
const ENDS: usize = 48;
/// Times that one is tried: another process may write the same row at the same moment.
const TRIES: u32 = 3;
/// Before it is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Between two times that windows are forgotten, seconds, and how long they are kept.
const FORGET: i64 = 3_600;

/// A request, and who waits for its answer.
pub(super) struct Asked {
    pub(super) op: Op,
    pub(super) answer: oneshot::Sender<Result<Answer, LedgerError>>,
}

/// The one that writes in this process.
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) longest: Duration,
}

impl Writer {
    /// Until nobody can ask any more.
    pub(super) async fn run(self, mut asked: mpsc::Receiver<Asked>) {
        let mut batches = Batches::new(self.store.clone());
        let mut forgotten_at = self.clock.now_unix();
        let mut arrived = Vec::with_capacity(BATCH);
        // Ends of holds, and until when they wait.
        let (mut ends, mut due): (Vec<Asked>, Option<Instant>) = (Vec::new(), None);
        loop {
            let is_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let open = tokio::select! {
                biased;
                taken = asked.recv_many(&mut arrived, BATCH) => taken > 0,
                () = is_due => true,
            };
            let (waiting, mut batch): (Vec<Asked>, Vec<Asked>) =
                arrived.drain(..).partition(|asked| asked.op.ends_hold());
            ends.extend(waiting);
            if !ends.is_empty() {
                let now = Instant::now();
                let until = *due.get_or_insert_with(|| now.checked_add(GATHER).unwrap_or(now));
                if !open || now >= until || ends.len() >= BATCH {
                    let some = if open {
                        ends.len().min(ENDS)
                    } else {
                        ends.len()
                    };
                    batch.extend(ends.drain(..some));
                    // The rest goes with the next.
                    due = due.filter(|_| !ends.is_empty());
                }
            }
            if !batch.is_empty() {
                self.take(&mut batches, batch).await;
            }
            if !open {
                return;
            }
            let now = self.clock.now_unix();
            if now.saturating_sub(forgotten_at) >= FORGET {
                forgotten_at = now;
                // What is not forgotten now is forgotten next time.
                if let Err(error) = self.store.forget_windows(now.saturating_sub(FORGET)).await {
                    tracing::warn!(%error, "counts of requests that are over were not forgotten");
                }
            }
        }
    }

    /// Writes a batch, and answers.
    async fn take(&self, batches: &mut Batches, batch: Vec<Asked>) {
        let (ops, answers): (Vec<Op>, Vec<_>) = batch.into_iter().map(|a| (a.op, a.answer)).unzip();
        let results = match self.write(batches, &ops).await {
            Ok(results) => results,
            // One of them may be what the database refuses: it must not stop the others.
            Err(_) if ops.len() > 1 => self.one_by_one(batches, &ops).await,
            Err(error) => vec![Err(error)],
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Who asked may have gone; what was asked for is done all the same.
            let _ = answer.send(result);
        }
    }

    async fn one_by_one(
        &self,
        batches: &mut Batches,
        ops: &[Op],
    ) -> Vec<Result<Answer, LedgerError>> {
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            let result = self.write(batches, std::slice::from_ref(op)).await;
            results.push(result.and_then(|mut one| one.pop().unwrap_or(Err(LedgerError::Closed))));
        }
        results
    }

    /// Tried again while it may help: each request is one that may be sent again.
    async fn write(
        &self,
        batches: &mut Batches,
        ops: &[Op],
    ) -> Result<Vec<Result<Answer, LedgerError>>, LedgerError> {
        let mut tried = 1;
        loop {
            let decide = |state: &mut State| ops.iter().map(|op| state.apply(op)).collect();
            match batches
                .step(ops, self.clock.as_ref(), self.longest, decide)
                .await
            {
                Ok(results) => return Ok(results),
                Err(error) if tried >= TRIES => {
                    tracing::error!(%error, requests = ops.len(), "the ledger cannot be written");
                    return Err(error.into());
                }
                Err(error) => tracing::warn!(%error, tried, "the ledger is written again"),
            }
            tokio::time::sleep(PAUSE.saturating_mul(tried)).await;
            tried = tried.saturating_add(1);
        }
    }
}
