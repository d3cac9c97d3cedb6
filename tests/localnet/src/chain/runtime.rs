//! The Solana runtime inside this process, and the clock that drives it.
//!
//! surfpool's own block clock sleeps between blocks, so the chain's time falls behind the wall
//! clock without end on a busy machine. Here a metronome asks for each block when it is due, and
//! catches up after a stall: chain time and wall time stay together for as long as it runs.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use surfpool_sdk::{BlockProductionMode, Cheatcodes, SimnetCommand, Surfnet, SurfnetResult};
use tokio::sync::oneshot;

/// Length of a slot, milliseconds: that of a real cluster.
pub const SLOT_MILLISECONDS: u64 = 400;
/// Longest wait for the runtime to say that it is up or down.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the metronome is told.
enum Beat {
    /// Hold the chain still.
    Pause,
    /// Go on, on time from now.
    Resume,
    /// One block now.
    Once,
    /// Do what only a local chain can do.
    Cheat(Cheat),
    /// Shut the runtime down.
    Stop,
}

/// A call of surfpool's cheat codes; they belong to the thread that owns the runtime.
type Cheat = Box<dyn FnOnce(&Surfnet) + Send>;

/// A running Solana runtime. Blocks come every [`SLOT_MILLISECONDS`] until it is paused.
pub(super) struct Runtime {
    /// `http://` address of its RPC.
    pub rpc_url: String,
    /// `ws://` address of its subscriptions.
    pub ws_url: String,
    beats: Sender<Beat>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Runtime {
    /// Starts the runtime, offline and empty, on free ports.
    pub async fn start() -> Result<Self> {
        let (beats, received) = channel();
        let (ready, started) = channel();
        let thread = std::thread::Builder::new()
            .name("metronome".into())
            .spawn(move || drive(&ready, &received))
            .context("cannot start the thread of the local chain")?;
        let waited = tokio::task::spawn_blocking(move || started.recv_timeout(PATIENCE)).await?;
        let (rpc_url, ws_url) = waited.context("the local chain did not start")?;
        Ok(Self {
            rpc_url,
            ws_url,
            beats,
            thread: Some(thread),
        })
    }

    /// Holds the chain still; transactions are still taken into the open slot.
    pub fn pause(&self) -> Result<()> {
        self.tell(Beat::Pause)
    }

    /// Lets blocks come by the clock again.
    pub fn resume(&self) -> Result<()> {
        self.tell(Beat::Resume)
    }

    /// Closes the open slot now.
    pub fn produce_block(&self) -> Result<()> {
        self.tell(Beat::Once)
    }

    /// Calls a cheat code and waits for its answer.
    pub async fn cheat<F>(&self, call: F) -> Result<()>
    where
        F: FnOnce(&Cheatcodes<'_>) -> SurfnetResult<()> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.tell(Beat::Cheat(Box::new(move |surfnet| {
            // Nobody waits any more: nothing to tell them.
            let _ = answer.send(call(&surfnet.cheatcodes()));
        })))?;
        answered
            .await
            .context("the local chain has stopped")?
            .map_err(Into::into)
    }

    /// Shuts down and frees the ports.
    pub async fn stop(mut self) -> Result<()> {
        self.tell(Beat::Stop)?;
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        tokio::task::spawn_blocking(move || thread.join())
            .await?
            .map_err(|_| anyhow!("the thread of the local chain panicked"))?
    }

    fn tell(&self, beat: Beat) -> Result<()> {
        self.beats
            .send(beat)
            .map_err(|_| anyhow!("the local chain has stopped"))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let _ = self.beats.send(Beat::Stop);
    }
}

/// Owns the runtime for its whole life; returns when told to stop.
fn drive(ready: &Sender<(String, String)>, beats: &Receiver<Beat>) -> Result<()> {
    let start = Surfnet::builder()
        .offline(true)
        .block_production_mode(BlockProductionMode::Manual)
        .slot_time_ms(SLOT_MILLISECONDS)
        .start();
    // Its clients block, which they refuse to do on a runtime of one thread.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut surfnet = runtime.block_on(start)?;
    ready
        .send((surfnet.rpc_url().to_owned(), surfnet.ws_url().to_owned()))
        .context("nobody waits for the local chain any more")?;

    let slot = Duration::from_millis(SLOT_MILLISECONDS);
    let mut next = Instant::now() + slot;
    let mut running = true;
    loop {
        let wait = if running {
            next.saturating_duration_since(Instant::now())
        } else {
            PATIENCE
        };
        match beats.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) if running => {
                surfnet.send_command(SimnetCommand::SlotForward(None))?;
                next += slot;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Beat::Once) => surfnet.send_command(SimnetCommand::SlotForward(None))?,
            Ok(Beat::Pause) => running = false,
            Ok(Beat::Resume) => {
                running = true;
                next = Instant::now() + slot;
            }
            Ok(Beat::Cheat(call)) => call(&surfnet),
            Ok(Beat::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
        // Nobody else reads the runtime's events; unread they would pile up.
        while surfnet.events().try_recv().is_ok() {}
    }
    surfnet.stop().map_err(Into::into)
}
