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
    /// A durable write at that load, with nothing else.
    disk: [f64; 2],
}

impl Report {
    /// The bare proxy and the gateway as fast as they go, and at half of the gateway's load; the disk.
    pub fn new(full: [&[Round]; 2], half: [&[Round]; 2], disk: &[[f64; 2]]) -> Self {
        let [passthrough_rps, gateway_rps] =
            full.map(|rounds| Self::median(rounds, Round::per_second));
        let [bare_half, ours_half] =
            half.map(|rounds| [p50, p99].map(|of| Self::median(rounds, of) / 1e3));
        Self {
            passthrough_rps,
            gateway_rps,
            bare_half,
            ours_half,
            disk: [
                Self::median(disk, |[p50, _]| *p50),
                Self::median(disk, |[_, p99]| *p99),
            ],
        }
    }

    /// What the gateway adds at half of its load: to the median and to the 99th percentile, milliseconds.
    fn added(&self) -> [f64; 2] {
        let ([bare_p50, bare_p99], [p50, p99]) = (self.bare_half, self.ours_half);
        [p50 - bare_p50, p99 - bare_p99]
    }

    /// The median of what rounds gave.
    pub fn median<R>(rounds: &[R], of: impl Fn(&R) -> f64) -> f64 {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// For people.
    pub fn table(&self) -> String {
        let half = [
            ("bare proxy", self.bare_half),
            ("gateway", self.ours_half),
            ("added", self.added()),
            ("durable write alone", self.disk),
        ];
        let half = half.map(|(of, [p50, p99])| format!("{of:<20} {p50:>11.2} ms {p99:>8.2} ms"));
        format!(
            "bare proxy  {:>8.0} requests/s\ngateway     {:>8.0} requests/s, {:.0} % of it\n\
             at half the gateway's load    median         p99\n{}",
            self.passthrough_rps,
            self.gateway_rps,
            self.gateway_rps * 1e2 / self.passthrough_rps,
            half.join("\n")
        )
    }

    /// For programs.
    pub fn json(&self) -> String {
        let to = |number: f64, digits: f64| (number * digits).round() / digits;
        let [added_p50, added_p99] = self.added();
        let [disk_p50, disk_p99] = self.disk;
        json!({
            "passthrough_rps": to(self.passthrough_rps, 1.0),
            "gateway_rps": to(self.gateway_rps, 1.0),
            "added_p50_ms": to(added_p50, 1e3),
            "added_p99_ms": to(added_p99, 1e3),
            "disk_p50_ms": to(disk_p50, 1e3),
            "disk_p99_ms": to(disk_p99, 1e3),
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
