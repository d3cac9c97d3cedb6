//! What can be checked without the network: ranges, and keys that must agree.

use super::{Config, PriceAccountConfig, RevenueConfig};
use crate::error::Error;

/// One thing that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `section.key`.
    pub key: &'static str,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl Config {
    /// Everything that is wrong with the values themselves.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key, message: &str| {
            problems.push(Problem {
                key,
                message: message.to_owned(),
            });
        };
        if self.chain.rpc_urls.is_empty() {
            wrong("chain.rpc_urls", "is empty: name at least one RPC address");
        }
        // The address itself is not repeated: it may carry a key.
        for (index, url) in self.chain.rpc_urls.iter().enumerate() {
            if !is_http(url) {
                let number = index.saturating_add(1);
                wrong(
                    "chain.rpc_urls",
                    &format!("address {number} is not one like http://host:8899 or https://host"),
                );
            }
        }
        for (index, named) in self.price_accounts.iter().enumerate() {
            let again = |other: &PriceAccountConfig| other.mint == named.mint;
            if self.price_accounts.iter().take(index).any(again) {
                wrong(
                    "price_accounts",
                    &format!("names mint {} twice: leave one of them out", named.mint),
                );
            }
        }
        if self.schedule.interval_seconds == 0 {
            wrong(
                "schedule.interval_seconds",
                "is 0: a window lasts at least a second, set 600 for ten minutes",
            );
        }
        if self.schedule.min_distribution_lamports == 0 {
            wrong(
                "schedule.min_distribution_lamports",
                "is 0: the program refuses to distribute nothing, set 1 or more",
            );
        }
        if self.fees.compute_unit_price_percentile > 100 {
            wrong(
                "fees.compute_unit_price_percentile",
                "is over 100: set 0 to 100",
            );
        }
        if self.fees.floor_micro_lamports > self.fees.cap_micro_lamports {
            wrong(
                "fees.floor_micro_lamports",
                "is above fees.cap_micro_lamports: lower it, or raise the cap",
            );
        }
        if let Some(Err(problem)) = self.revenue.as_ref().map(RevenueConfig::validate) {
            wrong("revenue", &problem);
        }
        if let Err(problem) = self.staking.validate() {
            wrong("staking", &problem);
        }
        self.alert_problems(&mut wrong);
        problems
    }

    fn alert_problems(&self, wrong: &mut impl FnMut(&'static str, &str)) {
        let alerts = &self.alerts;
        if alerts.webhook_url.is_some() && alerts.webhook_url_path.is_some() {
            wrong(
                "alerts.webhook_url",
                "and alerts.webhook_url_path are both set: leave one of them out",
            );
        }
        if alerts
            .webhook_url
            .as_ref()
            .is_some_and(|url| !is_http(&url.0))
        {
            wrong(
                "alerts.webhook_url",
                "is not an address like https://host/path",
            );
        }
        if alerts.stalled_after_intervals == 0 {
            wrong(
                "alerts.stalled_after_intervals",
                "is 0: set 1 or more, 3 where in doubt",
            );
        }
        if alerts.repeat_seconds == 0 {
            wrong(
                "alerts.repeat_seconds",
                "is 0: a message would be repeated without end, set 14400 for four hours",
            );
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let problems = self.problems();
        let said: Vec<String> = problems
            .iter()
            .map(|Problem { key, message }| format!("{key}: {message}"))
            .collect();
        match said.is_empty() {
            true => Ok(()),
            false => Err(Error::Config(said.join("; "))),
        }
    }
}

/// Whether it is an http(s) address.
fn is_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
