//! What the local network says: lines that stay, and one line of progress that does not.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Speaks to whoever started the local network.
pub struct Voice {
    /// The line of progress; `None` where there is no terminal for one.
    progress: Option<Mutex<String>>,
}

impl Voice {
    /// With a line of progress if this is a terminal and nobody asked for silence.
    pub fn new(headless: bool) -> Self {
        let live = !headless && stdout().is_terminal();
        Self {
            progress: live.then(Mutex::default),
        }
    }

    /// A line with the time of day, UTC.
    pub fn say(&self, text: &str) {
        let time = Timestamp::now()
            .to_zoned(TimeZone::UTC)
            .strftime("%H:%M:%S")
            .to_string();
        self.plain(&format!("{time}  {text}"));
    }

    /// A line as it is.
    pub fn plain(&self, text: &str) {
        match &self.progress {
            None => write(&format!("{text}\n")),
            Some(line) => {
                let line = line.lock().unwrap_or_else(PoisonError::into_inner);
                write(&format!("\r\x1b[2K{text}\n{line}"));
            }
        }
    }

    /// Replaces the line of progress.
    pub fn progress(&self, text: &str) {
        if let Some(line) = &self.progress {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            write(&format!("\r\x1b[2K{text}"));
            text.clone_into(&mut line);
        }
    }

    /// Whether there is a line of progress.
    pub fn is_live(&self) -> bool {
        self.progress.is_some()
    }
}

/// Writes and flushes. That nobody reads any more is no reason to stop paying stakers.
fn write(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
