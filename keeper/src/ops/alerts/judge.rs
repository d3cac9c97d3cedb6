//! What is wrong now: a pure judgement.

use std::time::{Duration, Instant};

use super::super::{Dependency, Readings, Reason};
use crate::{config::Config, human::Sol};

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something only a person can see to.
    NeedsPerson,
    /// No distribution for several intervals, though there is revenue.
    Stalled,
    /// The wallet is low.
    WalletLow,
    /// No price is good enough: distributions wait.
    PriceHeld,
    /// Revenue cannot be measured: distributions wait.
    RevenueHeld,
    /// No RPC answers.
    RpcHeld,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::NeedsPerson,
        Self::Stalled,
        Self::WalletLow,
        Self::PriceHeld,
        Self::RevenueHeld,
        Self::RpcHeld,
    ];

    /// The kind in a word.
    pub fn code(self) -> &'static str {
        match self {
            Self::NeedsPerson => "needs_person",
            Self::Stalled => "stalled",
            Self::WalletLow => "wallet_low",
            Self::PriceHeld => "price_held",
            Self::RevenueHeld => "revenue_held",
            Self::RpcHeld => "rpc_held",
        }
    }
}

/// From where on something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds without a distribution.
    pub stalled_seconds: i64,
    /// A wallet below this is low, lamports.
    pub wallet_low_lamports: u64,
    /// How long a dependency may fail.
    pub held: Duration,
    /// How long after it a message about the same is repeated.
    pub repeat: Duration,
}

impl Limits {
    /// As configured.
    pub fn from_config(config: &Config) -> Self {
        let (schedule, alerts) = (&config.schedule, &config.alerts);
        let stalled = i64::from(schedule.interval_seconds)
            .saturating_mul(i64::from(alerts.stalled_after_intervals))
            .saturating_add(i64::from(schedule.settle_grace_seconds));
        Self {
            stalled_seconds: stalled,
            wallet_low_lamports: alerts.wallet_low_lamports,
            held: Duration::from_secs(u64::from(alerts.held_seconds)),
            repeat: Duration::from_secs(u64::from(alerts.repeat_seconds)),
        }
    }
}

/// What is judged.
#[derive(Clone, Debug)]
pub struct Situation {
    /// Now.
    pub now: Instant,
    /// What the last rounds say a person must see to.
    pub trouble: Option<Reason>,
    /// Whether there is too little revenue to distribute.
    pub waits_for_revenue: bool,
    /// What was last read.
    pub readings: Readings,
}

/// Everything that is wrong, with what to do about it.
pub fn judge(situation: &Situation, limits: &Limits) -> Vec<(Kind, String)> {
    let mut wrong = Vec::new();
    let mut add = |kind: Kind, summary: String| wrong.push((kind, summary));
    let low_trouble = match &situation.trouble {
        Some(trouble) if trouble.code == Kind::WalletLow.code() => Some(trouble.message.clone()),
        Some(trouble) => {
            add(Kind::NeedsPerson, trouble.message.clone());
            None
        }
        None => None,
    };
    let readings = &situation.readings;
    let low = || {
        let lamports = readings.wallet_lamports?;
        (lamports < limits.wallet_low_lamports).then(|| {
            format!(
                "the keeper's wallet holds {}, less than {}: send SOL to it",
                Sol(lamports),
                Sol(limits.wallet_low_lamports)
            )
        })
    };
    if let Some(summary) = low_trouble.or_else(low) {
        add(Kind::WalletLow, summary);
    }
    // Without revenue there is nothing to distribute, which is no fault of the keeper's.
    let undistributed = readings
        .undistributed_seconds
        .filter(|seconds| *seconds > limits.stalled_seconds && !situation.waits_for_revenue);
    if let Some(seconds) = undistributed {
        add(
            Kind::Stalled,
            format!(
                "nothing was distributed for the last {seconds} s, though there may be revenue: `primis-keeper plan` says why; nothing is lost, it is caught up"
            ),
        );
    }
    for (kind, dependency, what) in [
        (
            Kind::PriceHeld,
            Dependency::Price,
            "there is no price to convert at",
        ),
        (
            Kind::RevenueHeld,
            Dependency::Revenue,
            "revenue cannot be measured",
        ),
        (Kind::RpcHeld, Dependency::Rpc, "the chain cannot be read"),
    ] {
        let failing = readings.needs(dependency).failing_for(situation.now);
        if let Some((time, cause)) = failing
            && time >= limits.held
        {
            add(
                kind,
                format!(
                    "{what} for {} s, distributions wait: {cause}",
                    time.as_secs()
                ),
            );
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{super::super::Needs, *};

    const LIMITS: Limits = Limits {
        stalled_seconds: 1_800,
        wallet_low_lamports: 100,
        held: Duration::from_secs(300),
        repeat: Duration::from_secs(1),
    };

    fn situation(readings: Readings) -> Situation {
        Situation {
            now: Instant::now(),
            trouble: None,
            waits_for_revenue: false,
            readings,
        }
    }

    fn kinds(situation: &Situation) -> Vec<Kind> {
        judge(situation, &LIMITS)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    }

    #[test]
    fn nothing_is_wrong_before_anything_is_known_and_at_the_limits() {
        assert_eq!(kinds(&situation(Readings::default())), []);
        let at_limits = Readings {
            wallet_lamports: Some(100),
            undistributed_seconds: Some(1_800),
            ..Readings::default()
        };
        assert_eq!(kinds(&situation(at_limits)), []);
    }

    #[test]
    fn a_vault_without_revenue_is_not_stalled() {
        let mut stalled = situation(Readings {
            undistributed_seconds: Some(1_801),
            ..Readings::default()
        });
        assert_eq!(kinds(&stalled), [Kind::Stalled]);
        stalled.waits_for_revenue = true;
        assert_eq!(kinds(&stalled), []);
    }

    #[test]
    fn an_empty_wallet_is_one_trouble_not_two() {
        let mut low = situation(Readings {
            wallet_lamports: Some(99),
            ..Readings::default()
        });
        low.trouble = Some(Reason {
            code: "wallet_low",
            message: "send SOL".into(),
        });
        assert_eq!(judge(&low, &LIMITS), [(Kind::WalletLow, "send SOL".into())]);
        low.trouble = Some(Reason {
            code: "paused",
            message: "paused".into(),
        });
        assert_eq!(kinds(&low), [Kind::NeedsPerson, Kind::WalletLow]);
    }

    #[test]
    fn what_fails_for_long_holds_distributions_up() {
        let now = Instant::now();
        let since = now.checked_sub(Duration::from_secs(300)).unwrap();
        let failing = Needs {
            failing: Some((since, "503".into())),
        };
        let mut held = situation(Readings {
            price: failing.clone(),
            revenue: failing.clone(),
            rpc: failing,
            ..Readings::default()
        });
        held.now = now;
        assert_eq!(
            kinds(&held),
            [Kind::PriceHeld, Kind::RevenueHeld, Kind::RpcHeld]
        );
        held.now = now.checked_sub(Duration::from_secs(1)).unwrap();
        assert_eq!(kinds(&held), []);
    }
}
