//! What webhooks are told, in the form of Standard Webhooks: `type`, `timestamp` and `data`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{AlertState, Condition, Crossing, Rule};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
pub enum Event {
    /// An alert began.
    #[serde(rename = "alert.firing")]
    AlertFiring,
    /// An alert ended.
    #[serde(rename = "alert.resolved")]
    AlertResolved,
    /// A part of the month's included calls is used: 80 %, then all of them.
    #[serde(rename = "usage.quota_reached")]
    QuotaReached,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AlertFiring, Self::AlertResolved, Self::QuotaReached];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlertFiring => "alert.firing",
            Self::AlertResolved => "alert.resolved",
            Self::QuotaReached => "usage.quota_reached",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A rule changed its state.
    Alert(AlertNotice),
    /// Calls of the month were used.
    Quota(Quota),
}

/// A rule that changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNotice {
    system: String,
    system_name: String,
    rule: String,
    metric: String,
    condition: Condition,
    threshold: f64,
    crossing: Crossing,
}

/// Calls that were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Of which month, `YYYY-MM`.
    pub month: String,
    /// The part that is used, percent.
    pub percent: i64,
    /// Calls that the plan's fee pays for.
    pub included_calls: i64,
    /// Calls so far.
    pub calls: i64,
}

impl Notice {
    /// A rule of a system crossed its threshold.
    pub fn alert(system: &str, system_name: &str, rule: &Rule, crossing: Crossing) -> Self {
        Self::Alert(AlertNotice {
            system: system.to_owned(),
            system_name: system_name.to_owned(),
            rule: rule.id.clone(),
            metric: rule.metric.clone(),
            condition: rule.condition,
            threshold: rule.threshold,
            crossing,
        })
    }

    /// Which event it is.
    pub fn event(&self) -> Event {
        match self {
            Self::Alert(alert) => match alert.crossing.state {
                AlertState::Firing => Event::AlertFiring,
                AlertState::Ok => Event::AlertResolved,
            },
            Self::Quota(_) => Event::QuotaReached,
        }
    }

    /// What is sent, JSON.
    pub fn payload(&self, now: i64) -> String {
        let timestamp = Timestamp::from_second(now).unwrap_or_default();
        json!({
            "type": self.event().name(),
            "timestamp": timestamp.to_string(),
            "data": self.data(),
        })
        .to_string()
    }

    fn data(&self) -> Value {
        match self {
            Self::Alert(alert) => json!({
                "systemId": alert.system,
                "systemName": alert.system_name,
                "ruleId": alert.rule,
                "metric": alert.metric,
                "condition": alert.condition.name(),
                "threshold": alert.threshold,
                "value": alert.crossing.value,
                "atUnix": alert.crossing.at,
            }),
            Self::Quota(quota) => json!({
                "month": quota.month,
                "percent": quota.percent,
                "includedCalls": quota.included_calls,
                "calls": quota.calls,
            }),
        }
    }
}
