//! What has been told already: of each kind of trouble one message when it begins, one when it is
//! over, and a reminder now and then.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{Kind, State};

/// Least time after a message before trouble of the same kind is told anew: what comes and goes
/// makes two messages in that time, not one a second.
const MIN_GAP: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
struct Last {
    at: Instant,
    firing: bool,
}

/// What has been told.
#[derive(Clone, Debug)]
pub struct Told {
    last: BTreeMap<Kind, Last>,
    repeat: Duration,
}

impl Told {
    /// Nothing yet; what lasts is told again after `repeat`.
    pub fn new(repeat: Duration) -> Self {
        Self {
            last: BTreeMap::new(),
            repeat: repeat.max(MIN_GAP),
        }
    }

    /// What of `wrong` is news, and what is over. It counts as told from now on.
    pub fn news(&mut self, now: Instant, wrong: Vec<(Kind, String)>) -> Vec<(Kind, State, String)> {
        let mut news = Vec::new();
        for kind in Kind::ALL {
            let summary = wrong
                .iter()
                .find(|(other, _)| *other == kind)
                .map(|(_, summary)| summary);
            let last = self.last.get(&kind);
            let is_told = last.is_some_and(|last| last.firing);
            let quiet = last.map(|last| now.saturating_duration_since(last.at));
            let may_speak = quiet.is_none_or(|quiet| quiet >= MIN_GAP);
            let message = match (summary, is_told) {
                (Some(summary), false) if may_speak => (State::Firing, summary.clone()),
                (Some(summary), true) if quiet >= Some(self.repeat) => {
                    (State::Firing, summary.clone())
                }
                (None, true) => (State::Recovered, "this is over".into()),
                _ => continue,
            };
            let firing = message.0 == State::Firing;
            self.last.insert(kind, Last { at: now, firing });
            news.push((kind, message.0, message.1));
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPEAT: Duration = Duration::from_secs(3_600);

    struct Test {
        told: Told,
        start: Instant,
    }

    impl Test {
        fn at(&mut self, seconds: u64, wrong: &[Kind]) -> Vec<(Kind, State)> {
            let wrong = wrong.iter().map(|kind| (*kind, "x".to_owned())).collect();
            let now = self.start + Duration::from_secs(seconds);
            let news = self.told.news(now, wrong);
            news.into_iter()
                .map(|(kind, state, _)| (kind, state))
                .collect()
        }
    }

    fn test() -> Test {
        Test {
            told: Told::new(REPEAT),
            start: Instant::now(),
        }
    }

    #[test]
    fn the_same_is_told_once_and_its_end() {
        let mut test = test();
        let low = [Kind::WalletLow];
        assert_eq!(test.at(0, &[]), []);
        assert_eq!(test.at(1, &low), [(Kind::WalletLow, State::Firing)]);
        assert_eq!(test.at(2, &low), []);
        assert_eq!(test.at(100, &[]), [(Kind::WalletLow, State::Recovered)]);
        assert_eq!(test.at(1_000, &[]), []);
    }

    #[test]
    fn what_lasts_is_repeated() {
        let mut test = test();
        let low = [Kind::WalletLow];
        assert_eq!(test.at(0, &low).len(), 1);
        assert_eq!(test.at(3_599, &low).len(), 0);
        assert_eq!(test.at(3_600, &low), [(Kind::WalletLow, State::Firing)]);
        assert_eq!(test.at(3_601, &low).len(), 0);
    }

    #[test]
    fn what_comes_and_goes_is_not_told_each_time() {
        let mut test = test();
        let low = [Kind::WalletLow];
        let told: usize = (0..600)
            .map(|second| {
                let wrong: &[Kind] = if second % 2 == 0 { &low } else { &[] };
                test.at(second, wrong).len()
            })
            .sum();
        assert!(told <= 22, "{told} messages in ten minutes");
        test.at(10_000, &[]);
        let still_firing = test.told.last.values().any(|last| last.firing);
        assert!(!still_firing, "what is over is told");
    }

    #[test]
    fn kinds_do_not_hold_each_other_up() {
        let mut test = test();
        assert_eq!(test.at(0, &[Kind::PriceHeld]).len(), 1);
        assert_eq!(
            test.at(1, &[Kind::PriceHeld, Kind::NeedsPerson]),
            [(Kind::NeedsPerson, State::Firing)]
        );
    }
}
