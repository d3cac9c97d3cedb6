//! Whether a rule fires. Pure: the points of a batch in, what changed out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::NewPoint;

/// On which side of a threshold a point is beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Greater than the threshold.
    Above,
    /// Less than the threshold.
    Below,
}

/// What a rule says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Nothing.
    Ok,
    /// As many points in a row as it asks for were beyond the threshold, and none since was not.
    Firing,
}

impl Condition {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Above, Self::Below]
            .into_iter()
            .find(|condition| condition.name() == name)
    }
}

impl AlertState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Firing => "firing",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Ok, Self::Firing]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A rule and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// `rule_…`.
    pub id: String,
    /// Which points it looks at, by their name.
    pub metric: String,
    /// On which side.
    pub condition: Condition,
    /// Of what.
    pub threshold: f64,
    /// For how many points in a row, from 1.
    pub consecutive: i64,
    /// What it says.
    pub state: AlertState,
    /// The latest points in a row that were beyond, up to `consecutive`.
    pub run: i64,
    /// The time of the latest point it saw, Unix seconds.
    pub seen_at: i64,
    /// When it was made, Unix seconds.
    pub created_at: i64,
}

/// A change of a rule's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The state since.
    pub state: AlertState,
    /// The point that changed it.
    pub value: f64,
    /// Its time, Unix seconds.
    pub at: i64,
}

impl Rule {
    /// Looks at the points of a batch in the order of their time, and as they were sent within a second.
    pub fn take_all(&mut self, points: &[NewPoint]) -> Vec<Crossing> {
        let mut mine: Vec<&NewPoint> = points.iter().filter(|p| p.name == self.metric).collect();
        mine.sort_by_key(|point| point.at);
        mine.into_iter()
            .filter_map(|point| self.take(point.value, point.at))
            .collect()
    }

    /// Looks at one point. One that is older than the latest seen comes too late to say what is now.
    fn take(&mut self, value: f64, at: i64) -> Option<Crossing> {
        if at < self.seen_at {
            return None;
        }
        self.seen_at = at;
        let beyond = match self.condition {
            Condition::Above => value > self.threshold,
            Condition::Below => value < self.threshold,
        };
        self.run = if beyond {
            self.run.saturating_add(1).min(self.consecutive)
        } else {
            0
        };
        let state = match self.state {
            AlertState::Ok if beyond && self.run >= self.consecutive => AlertState::Firing,
            AlertState::Firing if !beyond => AlertState::Ok,
            _ => return None,
        };
        self.state = state;
        Some(Crossing { state, value, at })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(condition: Condition, consecutive: i64) -> Rule {
        Rule {
            id: "rule_1".into(),
            metric: "m".into(),
            condition,
            threshold: 10.0,
            consecutive,
            state: AlertState::Ok,
            run: 0,
            seen_at: 0,
            created_at: 0,
        }
    }

    fn points(values: &[f64]) -> Vec<NewPoint> {
        (100..)
            .zip(values)
            .map(|(at, value)| NewPoint {
                name: "m".into(),
                value: *value,
                at,
            })
            .collect()
    }

    #[test]
    fn it_fires_after_as_many_in_a_row_and_once() {
        let mut rule = rule(Condition::Above, 3);
        let crossings = rule.take_all(&points(&[11., 11., 10., 11., 12., 13., 14., 9., 9.]));
        let told: Vec<_> = crossings.iter().map(|c| (c.state, c.value, c.at)).collect();
        assert_eq!(
            told,
            [(AlertState::Firing, 13., 105), (AlertState::Ok, 9., 107)]
        );
    }

    #[test]
    fn late_points_and_others_say_nothing() {
        let mut rule = rule(Condition::Below, 1);
        let mut all = points(&[11., 12.]);
        all.push(NewPoint {
            name: "other".into(),
            value: 0.,
            at: 200,
        });
        assert!(rule.take_all(&all).is_empty());
        // Before the latest.
        assert!(rule.take_all(&points(&[1.])).is_empty());
        // In the wrong order.
        all = points(&[20., 20., 20., 1.]);
        all.reverse();
        assert_eq!(rule.take_all(&all).len(), 1);
    }

    proptest! {
        /// However points are cut into batches: the state changes at each crossing, and is what the last
        /// points in a row say.
        #[test]
        fn batches_make_no_difference(
            values in prop::collection::vec(0f64..20., 0..60),
            consecutive in 1i64..5,
            cut in 1usize..20,
        ) {
            let all = points(&values);
            let mut whole = rule(Condition::Above, consecutive);
            let at_once = whole.take_all(&all);
            let mut parts = rule(Condition::Above, consecutive);
            let in_parts: Vec<_> = all.chunks(cut).flat_map(|part| parts.take_all(part)).collect();
            prop_assert_eq!(&at_once, &in_parts);
            prop_assert_eq!(&whole, &parts);
            for (n, crossing) in at_once.iter().enumerate() {
                let expected = if n % 2 == 0 { AlertState::Firing } else { AlertState::Ok };
                prop_assert_eq!(crossing.state, expected);
            }
            // The slow way: fired at the last run that was long enough and not ended since.
            let beyond = values.iter().rev().take_while(|v| **v > 10.).count();
            let firing = i64::try_from(beyond).unwrap() >= consecutive;
            prop_assert_eq!(whole.state == AlertState::Firing, firing);
        }
    }
}
