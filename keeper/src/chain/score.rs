//! How good an endpoint is, as the time that asking it is reckoned to cost: its latency, how far it
//! is behind, and what it is blamed for. Blame fades, so an endpoint recovers by itself.

use std::time::{Duration, Instant};

/// Weight of the newest latency in the average.
const NEWEST: f64 = 0.2;
/// Time in which blame fades to a half.
const HALF_LIFE: Duration = Duration::from_secs(30);
/// Blame for a call that failed: the longest an answer is waited for.
const FAILURE: Duration = Duration::from_secs(10);
/// Blame for a statement the vault's own account disproves: asked last for some minutes.
const LIE: Duration = Duration::from_secs(600);
/// Blame is never more than this, so that it has faded after some ten half-lives.
const MOST_BLAME: Duration = Duration::from_secs(1_200);
/// Cost of a slot that an endpoint is behind: about what a slot lasts.
const SLOT: Duration = Duration::from_millis(400);
/// Slots that healthy endpoints differ by.
const USUAL_LAG_SLOTS: u64 = 2;
/// How long an endpoint may show the same slot before it is taken to stand still.
const STILL_PATIENCE: Duration = Duration::from_secs(5);
/// Costs that differ by less are the same: then the order of the configuration counts.
const STEP: Duration = Duration::from_millis(100);

/// One endpoint's record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    latency: Option<Duration>,
    lag_slots: u64,
    /// Where it is, and since when.
    at: Option<(u64, Instant)>,
    blame: Duration,
    blamed_at: Instant,
}

impl Score {
    /// Nothing is known yet: as good as the best.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            latency: None,
            lag_slots: 0,
            at: None,
            blame: Duration::ZERO,
            blamed_at: now,
        }
    }

    /// It answered after this time.
    pub(super) fn answered(&mut self, took: Duration) {
        self.latency = Some(self.latency.map_or(took, |before| {
            before.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST)
        }));
    }

    /// It is behind the highest slot seen by so many.
    pub(super) fn behind(&mut self, slots: u64) {
        self.lag_slots = slots;
    }

    /// It is at this slot, and the highest known is that. One that stands still is behind by what
    /// the chain makes in that time, even where nobody else was asked.
    pub(super) fn is_at(&mut self, slot: u64, highest: u64, now: Instant) {
        let since = match self.at {
            Some((at, since)) if slot <= at => since,
            _ => now,
        };
        if since == now {
            self.at = Some((slot, now));
        }
        let still = now.saturating_duration_since(since);
        let missed = match still > STILL_PATIENCE {
            true => still.as_millis().checked_div(SLOT.as_millis()),
            false => None,
        };
        let missed = u64::try_from(missed.unwrap_or(0)).unwrap_or(u64::MAX);
        self.lag_slots = highest.saturating_sub(slot).max(missed);
    }

    /// It did not answer, or answered an error.
    pub(super) fn failed(&mut self, now: Instant) {
        self.add_blame(FAILURE, now);
    }

    /// It said what the vault's account disproves.
    pub(super) fn lied(&mut self, now: Instant) {
        self.add_blame(LIE, now);
    }

    /// Slots it was behind when it last said where it is.
    pub(super) fn lag_slots(&self) -> u64 {
        self.lag_slots
    }

    /// What asking it is reckoned to cost.
    pub(super) fn cost(&self, now: Instant) -> Duration {
        let lag = self.lag_slots.saturating_sub(USUAL_LAG_SLOTS);
        let lag = SLOT.saturating_mul(u32::try_from(lag).unwrap_or(u32::MAX));
        let latency = self.latency.unwrap_or_default();
        latency.saturating_add(lag).saturating_add(self.blame(now))
    }

    /// The order of asking: the lowest first.
    pub(super) fn rank(&self, now: Instant) -> u128 {
        let step = STEP.as_millis();
        self.cost(now)
            .as_millis()
            .checked_div(step)
            .unwrap_or(u128::MAX)
    }

    fn add_blame(&mut self, blame: Duration, now: Instant) {
        self.blame = self.blame(now).saturating_add(blame).min(MOST_BLAME);
        self.blamed_at = now;
    }

    fn blame(&self, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.blamed_at);
        let half_lives = since.as_secs_f64() / HALF_LIFE.as_secs_f64();
        self.blame.mul_f64((-half_lives).exp2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn who_errs_lags_or_is_slow_is_asked_later_and_who_lies_last() {
        let now = Instant::now();
        let good = Score::new(now);
        let mut slow = good;
        slow.answered(300 * MS);
        let mut lagging = good;
        lagging.behind(10);
        let mut failing = good;
        failing.failed(now);
        let mut lying = good;
        lying.lied(now);
        let ranks = [good, slow, lagging, failing, lying].map(|score| score.rank(now));
        assert!(ranks.is_sorted() && ranks[0] < ranks[1], "{ranks:?}");
        assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "{ranks:?}");
    }

    #[test]
    fn small_differences_do_not_change_the_operators_order() {
        let now = Instant::now();
        let (mut one, mut other) = (Score::new(now), Score::new(now));
        one.answered(40 * MS);
        other.answered(5 * MS);
        one.behind(2);
        assert_eq!(one.rank(now), other.rank(now));
    }

    #[test]
    fn an_endpoint_that_stands_still_falls_behind_until_it_moves() {
        let now = Instant::now();
        let mut score = Score::new(now);
        score.is_at(7, 7, now);
        score.is_at(7, 7, now + STILL_PATIENCE);
        assert_eq!(score.lag_slots(), 0);
        score.is_at(7, 7, now + 10 * STILL_PATIENCE);
        assert_eq!(score.lag_slots(), 125);
        score.is_at(8, 9, now + 10 * STILL_PATIENCE);
        assert_eq!(score.lag_slots(), 1);
    }

    #[test]
    fn blame_fades_and_lag_ends_with_the_next_answer() {
        let now = Instant::now();
        let mut score = Score::new(now);
        for _ in 0..1_000 {
            score.lied(now);
        }
        assert_eq!(score.cost(now), MOST_BLAME);
        score.behind(100);
        score.behind(0);
        assert!(score.cost(now + HALF_LIFE) <= MOST_BLAME / 2 + MS);
        assert_eq!(score.rank(now + 20 * HALF_LIFE), 0);
    }
}
