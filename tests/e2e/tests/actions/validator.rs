//! The specification of Solana Actions (`@solana/actions-spec` 2.4 and sRFC 28), as a check of
//! answers. It returns what is wrong, one line each; nothing is wrong with a good answer.

mod broken;
mod document;
mod head;
mod transaction;

use reqwest::header::HeaderMap;
use serde_json::Value;
pub use transaction::decode;

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// `GET` of an action.
    Action,
    /// `POST` of an action for this account.
    Transaction(&'a str),
    /// `OPTIONS` of anything.
    Options,
    /// `GET /actions.json`.
    Rules,
    /// The image an action names.
    Icon,
    /// Anything that is to be refused.
    Refused,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

/// What is wrong with an answer.
pub fn faults(asked: Asked<'_>, answer: &Answer) -> Vec<String> {
    let mut faults = head::faults(answer);
    let is_ok = (200..300).contains(&answer.status);
    let is_error = (400..600).contains(&answer.status);
    let expected = if matches!(asked, Asked::Refused) {
        is_error
    } else {
        is_ok
    };
    if !expected {
        faults.push(format!("status {} to {asked:?}", answer.status));
        return faults;
    }
    let json = answer.json();
    let mut found = match asked {
        Asked::Options => Vec::new(),
        Asked::Icon => head::icon(answer),
        _ if !answer
            .header("content-type")
            .starts_with("application/json") =>
        {
            vec!["content-type is not application/json".into()]
        }
        Asked::Action => document::action(&json),
        Asked::Rules => document::rules(&json),
        Asked::Refused => document::error(&json),
        Asked::Transaction(account) => transaction::faults(&json, account),
    };
    faults.append(&mut found);
    faults
}

/// Panics where anything is wrong.
pub fn check(asked: Asked<'_>, answer: &Answer) {
    let faults = faults(asked, answer);
    let body = String::from_utf8_lossy(&answer.body);
    assert!(faults.is_empty(), "{asked:?}: {faults:#?} in {body}");
}
