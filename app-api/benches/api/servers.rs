//! The processes under load.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Longest wait for the first answer.
const START: Duration = Duration::from_secs(60);

/// Killed when dropped.
pub struct Server {
    pub base: String,
    child: Child,
    client: reqwest::Client,
}

impl Server {
    /// The program itself, on a store that another process keeps writing to.
    pub async fn real(database: &str, vault: &str, hermes: &str) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_primis-app-api"));
        command
            .env("RUST_LOG", "error")
            .env("PRIMIS_API__PRICE__URL", hermes)
            // The price is of the start.
            .env("PRIMIS_API__PRICE__MAX_AGE_SECONDS", "3600")
            // Nobody answers there: this replica reads nothing from the chain itself.
            .args(["--rpc-url", "http://127.0.0.1:9"])
            .args(["--listen", "127.0.0.1:0", "--vault", vault])
            .args(["--database-url", database]);
        let server = Self::start(&mut command)?;
        let started = Instant::now();
        while let Err(error) = server.get("/api/stats").await {
            if started.elapsed() > START {
                return Err(error.context("the server does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(server)
    }

    /// This program, as the bare server.
    pub async fn baseline(sizes: &[usize]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("baseline");
        command.args(sizes.iter().map(ToString::to_string));
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(base) = line.trim_end().strip_prefix("listening on ") else {
            let _ = child.kill();
            let status = child.wait()?;
            bail!("{command:?} did not start: {status}");
        };
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        Ok(Self {
            base: base.to_owned(),
            child,
            client: client.build()?,
        })
    }

    /// The body of a good answer.
    pub async fn get(&self, path: &str) -> Result<String> {
        let response = self
            .client
            .get(format!("{}{path}", self.base))
            .send()
            .await?;
        let status = response.status();
        let body = response.text().await?;
        ensure!(status.is_success(), "{path}: {status}: {body}");
        Ok(body)
    }

    /// Processor time the process took so far, microseconds.
    pub fn busy_micros(&self) -> Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name, which may hold anything: state is the third field, user and system time
        // the 14th and 15th, in hundredths of a second.
        let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
        let ticks: u64 = rest
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>)
            .sum::<Result<_, _>>()?;
        Ok(ticks.saturating_mul(10_000))
    }

    /// Memory the process holds.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kibibytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .context("no VmRSS")?
            .parse()?;
        Ok(kibibytes.saturating_mul(1024))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
