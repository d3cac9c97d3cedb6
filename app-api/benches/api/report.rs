//! What was measured, as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::load::Round;

/// An endpoint's rounds.
pub struct Endpoint {
    name: String,
    bytes: usize,
    ours: Vec<Round>,
    bare: Vec<Round>,
}

/// Everything measured on one database.
pub struct Report {
    pub engine: &'static str,
    pub positions: u32,
    /// Changes of the store meanwhile.
    pub steps: u64,
    pub resident_bytes: u64,
    pub endpoints: Vec<Endpoint>,
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    let middle = all.len().saturating_sub(1) / 2;
    all.get(middle).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a measurement")]
fn milliseconds(rounds: &[Round], of: impl Fn(&Round) -> u64) -> f64 {
    median(rounds, |round| of(round) as f64) / 1_000.0
}

impl Endpoint {
    pub fn new(name: &str, bytes: usize) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            ours: Vec::new(),
            bare: Vec::new(),
        }
    }

    pub fn add(&mut self, ours: Round, bare: Round) {
        self.ours.push(ours);
        self.bare.push(bare);
    }

    /// The median of the rounds' ratios: both of a round had the same machine.
    fn ratio(&self) -> f64 {
        let mut ratios: Vec<f64> = self
            .ours
            .iter()
            .zip(&self.bare)
            .map(|(ours, bare)| ours.per_second() / bare.per_second())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len().saturating_sub(1) / 2;
        ratios.get(middle).copied().unwrap_or_default()
    }

    /// One line of the table.
    pub fn line(&self) -> String {
        let (ours, bare) = (&self.ours, &self.bare);
        format!(
            "{:<12} {:>6} {:>9.0} {:>7.2} {:>7.2} {:>5.1} {:>9.0} {:>7.2} {:>7.2} {:>5.1} {:>6.0} %",
            self.name,
            self.bytes,
            median(ours, Round::per_second),
            milliseconds(ours, |r| r.p50_micros),
            milliseconds(ours, |r| r.p99_micros),
            median(ours, Round::busy),
            median(bare, Round::per_second),
            milliseconds(bare, |r| r.p50_micros),
            milliseconds(bare, |r| r.p99_micros),
            median(bare, Round::busy),
            self.ratio() * 100.0,
        )
    }
}

impl Report {
    /// For people.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{}: {} positions, {} changes meanwhile, {} MiB resident\n\
             endpoint      bytes      rps  p50 ms  p99 ms cpu µs baseline  p50 ms  p99 ms cpu µs  ratio\n",
            self.engine,
            self.positions,
            self.steps,
            self.resident_bytes / (1024 * 1024),
        );
        for endpoint in &self.endpoints {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", endpoint.line());
        }
        text
    }

    /// For programs. `baseline_rps` is that of the first endpoint's size; each has its own beside it.
    pub fn json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: String, number: f64, decimals: i32| {
            let scale = 10f64.powi(decimals);
            fields.insert(name, json!((number * scale).round() / scale));
        };
        for (n, endpoint) in self.endpoints.iter().enumerate() {
            let name = &endpoint.name;
            if n == 0 {
                put(
                    "baseline_rps".into(),
                    median(&endpoint.bare, Round::per_second),
                    0,
                );
            }
            put(
                format!("{name}_rps"),
                median(&endpoint.ours, Round::per_second),
                0,
            );
            put(
                format!("{name}_baseline_rps"),
                median(&endpoint.bare, Round::per_second),
                0,
            );
            put(format!("{name}_ratio"), endpoint.ratio(), 3);
            put(
                format!("{name}_cpu_micros"),
                median(&endpoint.ours, Round::busy),
                1,
            );
            put(
                format!("{name}_baseline_cpu_micros"),
                median(&endpoint.bare, Round::busy),
                1,
            );
            put(
                format!("{name}_p99_ms"),
                milliseconds(&endpoint.ours, |r| r.p99_micros),
                2,
            );
            put(
                format!("{name}_baseline_p99_ms"),
                milliseconds(&endpoint.bare, |r| r.p99_micros),
                2,
            );
        }
        fields.insert("engine".into(), json!(self.engine));
        fields.insert("positions".into(), json!(self.positions));
        fields.insert("changes".into(), json!(self.steps));
        fields.insert("resident_bytes".into(), json!(self.resident_bytes));
        Value::Object(fields)
    }
}
