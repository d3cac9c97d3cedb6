//! Who the customers are.

use serde::Deserialize;

use super::{ConfigError, require};

/// Longest name of a provider, bytes.
const MAX_NAME_BYTES: usize = 100;

/// Accounts, sessions and API keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// File with the secrets that access tokens are signed with; without it nobody logs in.
    pub token_secret_path: Option<String>,
    /// File with the secret that keys and refresh tokens are hashed with; without it there are none.
    pub key_pepper_path: Option<String>,
    /// Where the address of a client stands, behind a proxy.
    pub client_address_header: Option<String>,
    /// Most requests of any key in a minute, in place of what plans say; 0: as they say.
    pub requests_per_minute: u32,
    /// The same in an hour; without it any number.
    pub requests_per_hour: Option<u32>,
    /// The same in a day.
    pub requests_per_day: Option<u32>,
    /// Most attempts to log in to one account in a minute.
    pub attempts_per_account: u32,
    /// Most attempts to sign up or log in from one address in a minute.
    pub attempts_per_address: u32,
    /// Where a browser goes when somebody else has said who its user is.
    pub after_login: String,
    /// Who else may say it.
    pub providers: Vec<OpenIdProvider>,
}

/// An OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdProvider {
    /// Its name in addresses here; on the log-in page with capitals, and spaces for hyphens.
    pub name: String,
    /// Its issuer, as its discovery document says.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// File with the secret they share.
    pub client_secret_path: String,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            token_secret_path: None,
            key_pepper_path: None,
            client_address_header: None,
            requests_per_minute: 0,
            requests_per_hour: None,
            requests_per_day: None,
            attempts_per_account: 10,
            attempts_per_address: 60,
            after_login: "/".into(),
            providers: Vec::new(),
        }
    }
}

impl Accounts {
    /// Refuses values that nobody could log in with.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let positive = |number: Option<u32>| number != Some(0);
        require(
            positive(self.requests_per_hour) && positive(self.requests_per_day),
            "accounts.requests_per_hour",
            "must be positive, as requests_per_day; leave it out for any number",
        )?;
        require(
            self.requests_per_minute > 0
                || (self.requests_per_hour.is_none() && self.requests_per_day.is_none()),
            "accounts.requests_per_minute",
            "must be there where requests_per_hour or requests_per_day is",
        )?;
        require(
            self.attempts_per_account > 0 && self.attempts_per_address > 0,
            "accounts.attempts_per_account",
            "must be positive, as attempts_per_address",
        )?;
        require(
            self.after_login.starts_with('/') && !self.after_login.starts_with("//"),
            "accounts.after_login",
            "must be a path of this site, such as /",
        )?;
        for (index, provider) in self.providers.iter().enumerate() {
            let name = &provider.name;
            require(
                name.starts_with(|first: char| first.is_ascii_lowercase())
                    && name.len() <= MAX_NAME_BYTES
                    && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "accounts.providers.name",
                "must have 1 to 100 small letters and hyphens alone, and begin with a letter: it is part of an address",
            )?;
            let others = self.providers.iter().take(index);
            require(
                others.into_iter().all(|other| other.name != *name),
                "accounts.providers.name",
                "is there twice",
            )?;
        }
        Ok(())
    }
}
