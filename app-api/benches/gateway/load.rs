//! The load: `wrk`, of bounded length, to this machine alone.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

/// Threads of the load generator.
const THREADS: u32 = 2;

/// Asks the same again and again, with a pause of random length around `pause` ms before each where there is
/// one; prints what came of it.
const SCRIPT: &str = r#"
local pause = 0
function init(args)
  pause = tonumber(args[1])
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. args[2]
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = [[{"model":"bench/model","messages":[{"role":"user","content":"Say this is a test"}],"max_tokens":16}]]
  if pause > 0 then
    delay = function() return math.random(0, 2 * pause) end
  end
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
    pub key: String,
    pub dir: PathBuf,
}

/// What a round gave.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Round {
    pub requests: u64,
    micros: u64,
    pub p50_micros: u64,
    pub p99_micros: u64,
    errors: u64,
}

impl Round {
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    pub fn per_second(&self) -> f64 {
        self.requests as f64 * 1e6 / self.micros as f64
    }
}

impl Load {
    /// One round, as fast as it goes or with this many requests a second. None of them may fail.
    pub async fn run(&self, base: &str, per_second: Option<f64>) -> Result<Round> {
        let script = self.dir.join("load.lua");
        std::fs::write(&script, SCRIPT)?;
        // Each connection asks once in so many milliseconds; answers take next to nothing of it.
        let pause = per_second.map_or(0.0, |rate| f64::from(self.connections) * 1e3 / rate);
        let output = Command::new("wrk")
            .arg(format!("-t{THREADS}"))
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds))
            .arg("-s")
            .arg(&script)
            .arg(format!("{base}/v1/chat/completions"))
            .arg("--")
            .arg(format!("{pause:.0}"))
            .arg(&self.key)
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
        ensure!(round.errors == 0 && round.requests > 0, "{base}: {round:?}");
        Ok(round)
    }
}
