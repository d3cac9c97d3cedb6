//! One `--set section.key=value`.

use std::{fmt, str::FromStr};

use config::{File, FileFormat, Source as _};
use serde_json::Value;

use super::load::LIST_KEYS;

/// A key and its value, over the file and the variables.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    key: String,
    /// One line of TOML.
    line: String,
}

impl Setting {
    /// The setting as TOML.
    pub(super) fn toml(&self) -> &str {
        &self.line
    }
}

/// The value may be a secret; the key is not.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.key)
    }
}

impl FromStr for Setting {
    type Err = String;

    /// A value is TOML where it reads as such, else a text, so that quotes are not needed.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or("write it as section.key=value, such as schedule.interval_seconds=60")?;
        let (key, value) = (key.trim(), value.trim());
        let is_name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !key.contains('.') || !key.split('.').all(is_name) {
            return Err(format!(
                "{key:?} is no key: write section.key as in keeper.sample.toml, such as schedule.interval_seconds"
            ));
        }
        let reads = |value: &str| {
            !value.contains('\n')
                && File::from_str(&format!("value = {value}"), FileFormat::Toml)
                    .collect()
                    .is_ok()
        };
        let value = if reads(value) {
            value.to_owned()
        } else if LIST_KEYS.contains(&key) {
            Value::from_iter(value.split(',').map(str::trim)).to_string()
        } else {
            Value::from(value).to_string()
        };
        Ok(Self {
            line: format!("{key} = {value}"),
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_need_no_quotes() {
        for (text, line) in [
            (
                "schedule.interval_seconds=60",
                "schedule.interval_seconds = 60",
            ),
            ("revenue.kind = ledger", "revenue.kind = \"ledger\""),
            ("ops.listen=127.0.0.1:0", "ops.listen = \"127.0.0.1:0\""),
            ("memory.path=\"a b\"", "memory.path = \"a b\""),
            ("a.b=x=y", "a.b = \"x=y\""),
            ("a.b=1\nc.d=2", "a.b = \"1\\nc.d=2\""),
            (
                "chain.rpc_urls=http://a,http://b",
                "chain.rpc_urls = [\"http://a\",\"http://b\"]",
            ),
            (
                "chain.rpc_urls=[\"http://a\"]",
                "chain.rpc_urls = [\"http://a\"]",
            ),
        ] {
            assert_eq!(text.parse::<Setting>().unwrap().toml(), line, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_values_are_not_shown() {
        for text in ["x", "x=1", ".=1", "a..b=1", "a b.c=1", "a.\n=1"] {
            assert!(text.parse::<Setting>().is_err(), "{text}");
        }
        let setting: Setting = "alerts.webhook_url=https://h/token".parse().unwrap();
        assert!(!format!("{setting:?}").contains("token"));
    }
}
