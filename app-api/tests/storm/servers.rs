//! Two processes of the server on one database; one of them is killed, and started again.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use rand::{Rng as _, rngs::StdRng};

use crate::support::{
    server::{KEY, KEY_PEPPER, SECRET, TOKEN_SECRET},
    stripe,
    upstream::{self, Upstream},
};

/// Seconds that a whole answer takes at most, and after which its hold is taken to have been forgotten.
pub const LONGEST_SECONDS: u64 = 15;
pub const FORGOTTEN_SECONDS: u64 = 5;
/// Seconds that something takes to be stored at most.
pub const GRACE_SECONDS: i64 = 5;
/// The share of prices that the subsidy pays while it lasts, basis points.
pub const SUBSIDY_BPS: i64 = 2_500;
/// The platform's fee, basis points.
pub const FEE_BPS: i64 = 1_000;

/// A process; killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a process is reached, and which of all that there were it is.
#[derive(Clone, Debug)]
pub struct Place {
    pub base: String,
    pub process: usize,
}

/// The processes that are there.
pub struct Servers {
    config: PathBuf,
    logs: PathBuf,
    running: Mutex<Vec<(Process, Place)>>,
    started: Mutex<usize>,
}

impl Servers {
    /// Starts two on this database.
    pub fn start(database: &str, upstreams: [&Upstream; 2], stripe: &str, dir: &Path) -> Self {
        let servers = Self {
            config: configuration(database, upstreams, stripe, dir),
            logs: dir.to_owned(),
            running: Mutex::default(),
            started: Mutex::default(),
        };
        servers.add();
        servers.add();
        servers
    }

    /// Starts one more.
    pub fn add(&self) {
        let number = {
            let mut started = self.started.lock().unwrap();
            *started += 1;
            *started - 1
        };
        let log = File::create(self.logs.join(format!("server-{number}.log"))).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_primis-app-api"))
            .env_clear()
            .env("RUST_LOG", "warn")
            .arg("--config")
            .arg(&self.config)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        let process = Process(child);
        BufReader::new(output).read_line(&mut line).unwrap();
        let base = line.trim_end().strip_prefix("listening on ");
        let place = Place {
            base: base.unwrap_or_else(|| panic!("{line:?}")).to_owned(),
            process: number,
        };
        self.running.lock().unwrap().push((process, place));
    }

    /// Kills one as a power cut does; says which.
    pub fn kill(&self) -> usize {
        let mut running = self.running.lock().unwrap();
        let (process, place) = running.pop().unwrap();
        drop(process);
        place.process
    }

    /// One that is there.
    pub fn any(&self, random: &mut StdRng) -> Place {
        let running = self.running.lock().unwrap();
        running[random.random_range(0..running.len())].1.clone()
    }

    /// All that are there.
    pub fn all(&self) -> Vec<Place> {
        let running = self.running.lock().unwrap();
        running.iter().map(|(_, place)| place.clone()).collect()
    }

    /// What all that there were wrote of trouble of this kind.
    pub fn logged(&self, what: &str) -> usize {
        (0..*self.started.lock().unwrap())
            .map(|n| std::fs::read_to_string(self.logs.join(format!("server-{n}.log"))))
            .map(|log| log.unwrap().lines().filter(|l| l.contains(what)).count())
            .sum()
    }
}

fn configuration(
    database: &str,
    upstreams: [&Upstream; 2],
    stripe_url: &str,
    dir: &Path,
) -> PathBuf {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (usage_keys, revenue) = (file("usage-keys", KEY), file("revenue", SECRET));
    let (tokens, pepper) = (file("tokens", TOKEN_SECRET), file("pepper", KEY_PEPPER));
    let (stripe_key, webhooks) = (
        file("stripe", stripe::API_KEY),
        file("webhooks", stripe::SECRET),
    );
    let upstream_key = file("upstream", upstream::KEY);
    let here = env!("CARGO_MANIFEST_DIR");
    let mut text = format!(
        r#"listen = "127.0.0.1:0"
[database]
url = "{database}"
[chain]
rpc_url = "http://127.0.0.1:9"
[platform]
fee_bps = {FEE_BPS}
usage_key_path = "{usage_keys}"
revenue_secret_path = "{revenue}"
prices_path = "{here}/prices.sample.toml"
settle_grace_seconds = {GRACE_SECONDS}
[accounts]
token_secret_path = "{tokens}"
key_pepper_path = "{pepper}"
requests_per_minute = 1000000
attempts_per_address = 1000000
[stripe]
base_url = "{stripe_url}"
secret_key_path = "{stripe_key}"
webhook_secret_path = "{webhooks}"
success_url = "https://primis.example/paid"
cancel_url = "https://primis.example/billing"
sweep_seconds = 1
[gateway]
models_path = "{here}/tests/storm/models.toml"
subsidy_bps = {SUBSIDY_BPS}
forgotten_after_seconds = {FORGOTTEN_SECONDS}
"#
    );
    for (name, upstream) in ["first", "second"].iter().zip(upstreams) {
        text += &format!(
            r#"[[gateway.upstreams]]
name = "{name}"
base_url = "{}"
api_key_path = "{upstream_key}"
first_byte_milliseconds = 6000
idle_milliseconds = 4000
longest_seconds = {LONGEST_SECONDS}
generations = true
"#,
            upstream.base_url
        );
    }
    let path = dir.join("app-api.toml");
    std::fs::write(&path, text).unwrap();
    path
}
