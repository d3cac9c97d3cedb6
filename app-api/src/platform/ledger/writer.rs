//! Takes what is asked for at the same time in one transaction.
//!
//! Ends of holds wait for each other: nobody's answer waits for them, and together they cost less. Where the
//! database writes side by side they have a writer of their own, so that who asks for a hold does not wait for
//! them either; but before a hold is refused, what is over by then is written.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::sleep,
};

use super::{Answer, LedgerError, Op, State};
use crate::{
    clock::Clock,
    store::{Batches, Store},
};

/// Requests that wait for a writer; who comes after them waits to be taken.
const QUEUE: usize = 4_096;
/// Requests of one transaction: more hardly cost less each, and the first would wait for the last.
const BATCH: usize = 256;
/// How long the end of a hold waits for others, unless there are as many as are worth it.
const GATHER: Duration = Duration::from_millis(10);
const ENOUGH: usize = 64;
/// Times that one is tried: another process may write the same row at the same moment.
const TRIES: u32 = 3;
/// Before it is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Between two times that windows are forgotten, seconds, and how long they are kept.
const FORGET: i64 = 3_600;

/// A request, and who waits for its answer.
struct Asked {
    op: Op,
    answer: oneshot::Sender<Result<Answer, LedgerError>>,
}

/// What a writer is told.
enum Told {
    Asked(Asked),
    /// To write what it was asked for before, and to say when that is done.
    Now(oneshot::Sender<()>),
}

/// The way to a writer.
#[derive(Clone)]
struct Queue {
    told: mpsc::Sender<Told>,
    /// Whoever gathers is to stop that.
    now: Arc<Notify>,
}

impl Queue {
    /// Has all that was asked for written.
    async fn write_now(&self) {
        let (done, written) = oneshot::channel();
        self.now.notify_one();
        if self.told.send(Told::Now(done)).await.is_ok() {
            // Without an answer it ended, and has nothing to write.
            let _ = written.await;
        }
    }
}

/// The writers of this process.
pub(super) struct Writers {
    ends: Queue,
    others: Queue,
}

impl Writers {
    /// Lets them run until this is dropped.
    pub(super) fn start(store: Store, clock: Arc<dyn Clock>, longest: Duration) -> Self {
        let batches = Batches::new(store.clone());
        let writer = |batches, ends| Writer {
            store: store.clone(),
            clock: Arc::clone(&clock),
            longest,
            batches,
            ends,
        };
        let ends = batches.beside().map(|beside| {
            let (queue, told) = queue();
            tokio::spawn(writer(beside, None).run(told, Some(Arc::clone(&queue.now))));
            queue
        });
        let (others, told) = queue();
        tokio::spawn(writer(batches, ends.clone()).run(told, None));
        Self {
            ends: ends.unwrap_or_else(|| others.clone()),
            others,
        }
    }

    /// Has one of them do it.
    ///
    /// # Errors
    /// If it cannot be done.
    pub(super) async fn ask(&self, op: Op) -> Result<Answer, LedgerError> {
        let queue = if op.ends_hold() {
            &self.ends
        } else {
            &self.others
        };
        let (answer, answered) = oneshot::channel();
        let told = Told::Asked(Asked { op, answer });
        let sent = queue.told.send(told).await;
        sent.map_err(|_| LedgerError::Closed)?;
        answered.await.map_err(|_| LedgerError::Closed)?
    }
}

fn queue() -> (Queue, mpsc::Receiver<Told>) {
    let (told, queue) = mpsc::channel(QUEUE);
    let now = Arc::default();
    (Queue { told, now }, queue)
}

/// Writes one batch after the other.
struct Writer {
    store: Store,
    clock: Arc<dyn Clock>,
    longest: Duration,
    batches: Batches,
    /// The one that writes ends of holds, if it is another.
    ends: Option<Queue>,
}

impl Writer {
    /// Until nobody can ask any more. With `now` it gathers, until that says not to.
    async fn run(mut self, mut told: mpsc::Receiver<Told>, now: Option<Arc<Notify>>) {
        let mut forgotten_at = self.clock.now_unix();
        let mut taken = Vec::with_capacity(BATCH);
        while told.recv_many(&mut taken, BATCH).await > 0 {
            match &now {
                Some(now) if taken.len() < ENOUGH => tokio::select! {
                    () = sleep(GATHER) => {}
                    () = now.notified() => {}
                },
                // Who is about to ask comes along.
                _ => tokio::task::yield_now().await,
            }
            while taken.len() < BATCH
                && let Ok(more) = told.try_recv()
            {
                taken.push(more);
            }
            let (mut batch, mut waiting) = (Vec::with_capacity(taken.len()), Vec::new());
            for told in taken.drain(..) {
                match told {
                    Told::Asked(asked) => batch.push(asked),
                    Told::Now(done) => waiting.push(done),
                }
            }
            if !batch.is_empty() {
                // What is over makes room.
                batch.sort_by_key(|asked| !asked.op.ends_hold());
                self.take(batch).await;
            }
            for done in waiting {
                // Who waits for it may have gone.
                let _ = done.send(());
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
    async fn take(&mut self, batch: Vec<Asked>) {
        let (ops, answers): (Vec<Op>, Vec<_>) = batch.into_iter().map(|a| (a.op, a.answer)).unzip();
        let results = match self.write(&ops).await {
            Ok(results) => results,
            // One of them may be what the database refuses: it must not stop the others.
            Err(_) if ops.len() > 1 => self.one_by_one(&ops).await,
            Err(error) => vec![Err(error)],
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Who asked may have gone; what was asked for is done all the same.
            let _ = answer.send(result);
        }
    }

    async fn one_by_one(&mut self, ops: &[Op]) -> Vec<Result<Answer, LedgerError>> {
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            let result = self.write(std::slice::from_ref(op)).await;
            results.push(result.and_then(|mut one| one.pop().unwrap_or(Err(LedgerError::Closed))));
        }
        results
    }

    /// Tried again while it may help: each request is one that may be sent again.
    async fn write(&mut self, ops: &[Op]) -> Result<Vec<Result<Answer, LedgerError>>, LedgerError> {
        let decide = |state: &mut State| ops.iter().map(|op| state.apply(op)).collect();
        let clock = self.clock.as_ref();
        if let Some(results) = self.batches.at_once(ops, clock, decide).await {
            return Ok(results);
        }
        if let Some(ends) = &self.ends {
            // Some may be refused: what is over must not stand in their way.
            ends.write_now().await;
        }
        let mut tried = 1;
        loop {
            let written = self.batches.under_locks(ops, clock, self.longest, decide);
            match written.await {
                Ok(results) => return Ok(results),
                Err(error) if tried >= TRIES => {
                    tracing::error!(%error, requests = ops.len(), "the ledger cannot be written");
                    return Err(error.into());
                }
                Err(error) => tracing::warn!(%error, tried, "the ledger is written again"),
            }
            sleep(PAUSE.saturating_mul(tried)).await;
            tried = tried.saturating_add(1);
        }
    }
}
