//! The load: `wrk`, of bounded length, to this machine alone.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::servers::Server;

/// Threads of the load generator.
const THREADS: u32 = 2;

/// Asks for one path again and again, or for that of each wallet in turn; prints what came of it.
const SCRIPT: &str = r#"
local threads, requests, at = 0, {}, 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init(args)
  if not args[1] then return end
  for line in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", line) end
  at = number * math.floor(#requests / 2)
  request = function() at = at % #requests + 1; return requests[at] end
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"p50_micros":%d,"p99_micros":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// How it is loaded.
pub struct Load {
    pub seconds: u32,
    pub connections: u32,
    pub dir: PathBuf,
}

/// What is asked for.
pub struct Target<'a> {
    pub path: String,
    /// Take the place of the path's last part, if there are any.
    pub wallets: &'a [String],
}

/// What a round gave.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Round {
    requests: u64,
    micros: u64,
    pub p50_micros: u64,
    pub p99_micros: u64,
    errors: u64,
    /// Processor time the server took for it.
    #[serde(skip)]
    busy_micros: u64,
}

impl Round {
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    pub fn per_second(&self) -> f64 {
        self.requests as f64 * 1e6 / self.micros as f64
    }

    /// Processor time of the server for a request, microseconds. What else the machine does counts
    /// less here than in anything measured by the clock.
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    pub fn busy(&self) -> f64 {
        self.busy_micros as f64 / self.requests as f64
    }
}

impl Load {
    /// One round. No request of it may fail.
    pub async fn run(&self, server: &Server, target: &Target<'_>) -> Result<Round> {
        let before = server.busy_micros()?;
        let mut round = self.ask(&server.base, target).await?;
        round.busy_micros = server.busy_micros()?.saturating_sub(before);
        Ok(round)
    }

    async fn ask(&self, base: &str, target: &Target<'_>) -> Result<Round> {
        let script = self.dir.join("load.lua");
        std::fs::write(&script, SCRIPT)?;
        let mut wrk = Command::new("wrk");
        wrk.arg(format!("-t{THREADS}"))
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds))
            .arg("-s")
            .arg(&script)
            .arg(format!("{base}{}", target.path));
        if let Some((route, _)) = target.path.rsplit_once('/')
            && !target.wallets.is_empty()
        {
            let paths: Vec<String> = target
                .wallets
                .iter()
                .map(|wallet| format!("{route}/{wallet}\n"))
                .collect();
            let file = self.dir.join("paths");
            std::fs::write(&file, paths.concat())?;
            wrk.arg("--").arg(file);
        }
        let output = wrk
            .output()
            .await
            .context("wrk cannot be run: apt-get install wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        let line = line.with_context(|| {
            format!(
                "wrk failed: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        let round: Round = serde_json::from_str(line)?;
        ensure!(
            round.errors == 0 && round.requests > 0,
            "{base}{}: {round:?}",
            target.path
        );
        Ok(round)
    }
}
