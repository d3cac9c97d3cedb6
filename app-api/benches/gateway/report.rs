//! What is told.

use serde_json::json;

use super::load::Round;

/// Medians of the rounds.
pub struct Report {
    passthrough_rps: f64,
    gateway_rps: f64,
    /// At half of the gateway's load: median and 99th percentile, milliseconds.
    bare_half: [f64; 2],
    ours_half: [f64; 2],
}

impl Report {
    /// As fast as it goes, and at half of the gateway's load.
    pub fn new(bare: &[Round], ours: &[Round], bare_half: &[Round], ours_half: &[Round]) -> Self {
        let half = |rounds: &[Round]| [p50, p99].map(|of| Self::median(rounds, of) / 1e3);
        Self {
            passthrough_rps: Self::median(bare, Round::per_second),
            gateway_rps: Self::median(ours, Round::per_second),
            bare_half: half(bare_half),
            ours_half: half(ours_half),
        }
    }

    /// What the gateway adds at half of its load: to the median and to the 99th percentile, milliseconds.
    fn added(&self) -> [f64; 2] {
        let ([bare_p50, bare_p99], [p50, p99]) = (self.bare_half, self.ours_half);
        [p50 - bare_p50, p99 - bare_p99]
    }

    /// The median of what rounds gave.
    pub fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// For people.
    pub fn table(&self) -> String {
        let ([bare_p50, bare_p99], [p50, p99]) = (self.bare_half, self.ours_half);
        let [added_p50, added_p99] = self.added();
        format!(
            "bare proxy  {:>8.0} requests/s\ngateway     {:>8.0} requests/s, {:.0} % of it\n\
             at half the gateway's load    median      p99\nbare proxy {bare_p50:>21.2} ms {bare_p99:>5.2} ms\n\
             gateway    {p50:>21.2} ms {p99:>5.2} ms\nadded      {added_p50:>21.2} ms {added_p99:>5.2} ms",
            self.passthrough_rps,
            self.gateway_rps,
            self.gateway_rps * 1e2 / self.passthrough_rps,
        )
    }

    /// For programs.
    pub fn json(&self) -> String {
        let to = |number: f64, digits: f64| (number * digits).round() / digits;
        let [added_p50, added_p99] = self.added();
        json!({
            "passthrough_rps": to(self.passthrough_rps, 1.0),
            "gateway_rps": to(self.gateway_rps, 1.0),
            "added_p50_ms": to(added_p50, 1e3),
            "added_p99_ms": to(added_p99, 1e3),
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
