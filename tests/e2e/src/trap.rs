//! What can go wrong with a call, and the trap that says when it has.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

/// Longest wait for a call that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It does not reach the chain before [`Trap::release`].
    HoldRequest,
    /// It reaches the chain; its answer waits for [`Trap::release`].
    HoldAnswer,
    /// It reaches the chain; its answer is lost.
    LoseAnswer,
    /// It never reaches the chain, and nothing is answered.
    Drop,
    /// It reaches the chain twice; the second answer counts.
    Twice,
    /// The endpoint stands still from the first call on: what it answered then, to the same
    /// question, is what it answers. `is_honest`: it refuses what was asked for a later slot.
    Freeze {
        /// Whether it heeds `minContextSlot`.
        is_honest: bool,
    },
    /// It never reaches the chain, and this is the answer.
    Pretend(Value),
    /// It never reaches the chain; the answer is an error.
    Refuse,
    /// Asked for all history, the answer is that there is none; other calls are passed on.
    NoHistory,
    /// It is passed on after a while.
    Lag(Duration),
}

/// Which calls of a method fail, counted from when the rule is made; the first is 1.
#[derive(Clone, Copy, Debug)]
pub enum Calls {
    /// This one.
    Nth(usize),
    /// The first so many.
    First(usize),
    /// This one, twice its number, and so on.
    Every(usize),
    /// All.
    All,
}

impl Calls {
    /// Whether the call of this number is one of them.
    pub fn include(self, number: usize) -> bool {
        match self {
            Self::Nth(nth) => number == nth,
            Self::First(count) => number <= count,
            Self::Every(nth) => number.is_multiple_of(nth),
            Self::All => true,
        }
    }
}

/// A rule's other end: says when a call has run into it, and lets held calls go. Dropped, held
/// calls are gone for good.
pub struct Trap {
    caught: watch::Receiver<usize>,
    released: watch::Sender<bool>,
    answered: watch::Receiver<usize>,
}

impl Trap {
    /// Waits until a call has run into the rule; for [`Fault::HoldAnswer`], until the chain has
    /// answered it.
    pub async fn sprung(&mut self) -> Result<()> {
        reached(&mut self.caught, 1, "no call ran into the trap").await
    }

    /// Waits until so many calls have run into the rule.
    pub async fn sprung_times(&mut self, times: usize) -> Result<()> {
        reached(&mut self.caught, times, "too few calls ran into the trap").await
    }

    /// Lets held calls go on and waits until the chain has answered the first of them.
    pub async fn release(&mut self) -> Result<()> {
        self.released.send_replace(true);
        reached(
            &mut self.answered,
            1,
            "the chain did not answer what was held",
        )
        .await
    }
}

async fn reached(
    count: &mut watch::Receiver<usize>,
    least: usize,
    else_say: &'static str,
) -> Result<()> {
    let waited = timeout(PATIENCE, count.wait_for(|count| *count >= least)).await;
    waited.context(else_say)?.context(else_say)?;
    Ok(())
}

/// What a call in the trap works with.
#[derive(Clone)]
pub(crate) struct Snare {
    pub(crate) caught: Arc<watch::Sender<usize>>,
    pub(crate) released: watch::Receiver<bool>,
    pub(crate) answered: Arc<watch::Sender<usize>>,
}

/// A trap and its inside.
pub(crate) fn set() -> (Trap, Snare) {
    let (caught, catches) = watch::channel(0);
    let (answered, answers) = watch::channel(0);
    let (released, releases) = watch::channel(false);
    let trap = Trap {
        caught: catches,
        released,
        answered: answers,
    };
    let snare = Snare {
        caught: Arc::new(caught),
        released: releases,
        answered: Arc::new(answered),
    };
    (trap, snare)
}
