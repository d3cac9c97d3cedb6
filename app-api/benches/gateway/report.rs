//! What is told.

use serde_json::json;

use super::load::Round;

/// Medians of the rounds.
pub struct Report {
    passthrough_rps: f64,
    gateway_rps: f64,
    added_p50_ms: f64,
    added_p99_ms: f64,
}

impl Report {
    /// As fast as it goes, and at half of the gateway's load.
    pub fn new(bare: &[Round], ours: &[Round], bare_half: &[Round], ours_half: &[Round]) -> Self {
        let added = |micros: fn(&Round) -> f64| {
            (Self::median(ours_half, micros) - Self::median(bare_half, micros)) / 1e3
        };
        Self {
            passthrough_rps: Self::median(bare, Round::per_second),
            gateway_rps: Self::median(ours, Round::per_second),
            added_p50_ms: added(p50),
            added_p99_ms: added(p99),
        }
    }

    /// The median of what rounds gave.
    pub fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// For people.
    pub fn table(&self) -> String {
        format!(
            "bare proxy  {:>8.0} requests/s\ngateway     {:>8.0} requests/s, {:.0} % of it\n\
             at half the gateway's load it adds {:.2} ms at the median and {:.2} ms at p99",
            self.passthrough_rps,
            self.gateway_rps,
            self.gateway_rps * 1e2 / self.passthrough_rps,
            self.added_p50_ms,
            self.added_p99_ms,
        )
    }

    /// For programs.
    pub fn json(&self) -> String {
        let to = |number: f64, digits: f64| (number * digits).round() / digits;
        json!({
            "passthrough_rps": to(self.passthrough_rps, 1.0),
            "gateway_rps": to(self.gateway_rps, 1.0),
            "added_p50_ms": to(self.added_p50_ms, 1e3),
            "added_p99_ms": to(self.added_p99_ms, 1e3),
        })
        .to_string()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a measurement")]
fn p50(round: &Round) -> f64 {
    round.p50_micros as f64
}

#[expect(clippy::cast_precision_loss, reason = "a measurement")]
fn p99(round: &Round) -> f64 {
    round.p99_micros as f64
}
