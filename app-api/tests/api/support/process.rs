//! The program itself, in a process of its own, which can be killed.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
};

use super::vault::World;

/// Killed when it is dropped, as by a power cut: nothing of it gets to tidy up.
pub struct Process(Child);

impl Process {
    /// Follows `world`, as `rpc_url` tells of it, into the database.
    pub fn start(database_url: &str, rpc_url: &str, world: &World, flags: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_primis-app-api"))
            .env_clear()
            .env("PRIMIS_API__INDEXER__POLL_MILLISECONDS", "50")
            .args(["--listen", "127.0.0.1:0", "--vault", &world.name()])
            .args(["--database-url", database_url, "--rpc-url", rpc_url])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Waits until it listens: what it does before is done then.
    pub fn listens(&mut self) {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("listening on http://"), "{line:?}");
    }

    /// Waits for an end by itself.
    pub fn ends(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
