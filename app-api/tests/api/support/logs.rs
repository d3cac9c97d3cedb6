//! What a server writes to its log, all of it.

use std::{
    cell::RefCell,
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, dispatcher};
use tracing_subscriber::fmt::MakeWriter;

/// A log in memory.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

thread_local! {
    static GUARD: RefCell<Option<dispatcher::DefaultGuard>> = const { RefCell::new(None) };
}

/// Writes everything.
fn subscriber(to: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> Dispatch {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(to)
        .finish();
    Dispatch::new(subscriber)
}

/// Runs `work` on threads of its own, each of which logs everything into the log.
pub async fn logged<T: Send + 'static>(
    work: impl AsyncFnOnce() -> T + Send + 'static,
) -> (T, String) {
    // With a single subscriber the library asks the thread that comes to a line first whether it is
    // logged, and goes by it for all: another test's thread has no log.
    static SECOND: LazyLock<Dispatch> = LazyLock::new(|| subscriber(io::sink));
    LazyLock::force(&SECOND);
    let log = Log::default();
    let dispatch = subscriber(log.clone());
    let thread = std::thread::spawn(move || {
        let of_thread = dispatch.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .on_thread_start(move || {
                let guard = dispatcher::set_default(&of_thread);
                GUARD.with_borrow_mut(|kept| *kept = Some(guard));
            })
            .build()
            .unwrap();
        dispatcher::with_default(&dispatch, || runtime.block_on(work()))
    });
    let done = tokio::task::spawn_blocking(move || thread.join().unwrap());
    (done.await.unwrap(), log.text())
}
