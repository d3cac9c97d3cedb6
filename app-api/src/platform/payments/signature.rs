//! The signature of the payment provider's webhooks: `t=UNIX,v1=HEX`, HMAC-SHA256 over `{t}.{body}`.

use std::fmt;

use crate::platform::mac::Mac;

/// How old an event's signature may be, and how far in the future, seconds.
const TOLERANCE_SECONDS: u64 = 300;
/// Shortest secret taken, bytes.
const MIN_SECRET_BYTES: usize = 16;

/// Why a webhook is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing or not of its form.
    #[error("send stripe-signature: t=UNIX,v1=HEX")]
    Missing,
    /// The time is too far off.
    #[error("the signature's time is more than 300 seconds off")]
    Expired,
    /// No signature is of one of the secrets.
    #[error("no signature matches: check [stripe] webhook_secret_path")]
    Mismatch,
}

/// The secrets of the webhook: more than one while one is being replaced.
pub struct WebhookSecrets(Vec<Mac>);

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}

impl WebhookSecrets {
    /// Reads secrets, one a line; lines that begin with `#` are comments. `None`: there is none, or one is
    /// too short to be secret.
    pub fn parse(text: &str) -> Option<Self> {
        let secrets: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.len() < MIN_SECRET_BYTES) {
            return None;
        }
        let secrets = secrets.into_iter().map(str::as_bytes).map(Mac::new);
        Some(Self(secrets.collect()))
    }

    /// Checks a header against the body as it came.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(&self, header: &str, body: &[u8], now_unix: i64) -> Result<(), SignatureError> {
        let mut time = None;
        let mut given: Vec<Vec<u8>> = Vec::new();
        for part in header.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(SignatureError::Missing)?;
            match name {
                "t" if time.is_none() => {
                    time = Some(value.parse::<i64>().map_err(|_| SignatureError::Missing)?);
                }
                "t" => return Err(SignatureError::Missing),
                // One that is not hex matches nothing.
                "v1" => given.extend(hex::decode(value)),
                // Older and newer schemes are not for us.
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::Missing)?;
        if now_unix.abs_diff(time) > TOLERANCE_SECONDS {
            return Err(SignatureError::Expired);
        }
        let time = time.to_string();
        let signed = [time.as_bytes(), b".", body];
        let mut secrets = self.0.iter();
        let known = secrets.any(|secret| given.iter().any(|given| secret.verifies(&signed, given)));
        if known {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "whsec_old_0123456789";
    const NEW: &str = "whsec_new_0123456789";
    const BODY: &[u8] = b"{\"id\":\"evt_1\"}";
    const NOW: i64 = 1_795_262_400;

    fn v1(secret: &str, time: i64, body: &[u8]) -> String {
        let time = time.to_string();
        hex::encode(Mac::new(secret.as_bytes()).sign(&[time.as_bytes(), b".", body]))
    }

    #[test]
    fn one_of_several_signatures_by_one_of_several_secrets() {
        let both = WebhookSecrets::parse(&format!("# rotating\n{OLD}\n{NEW}\n")).unwrap();
        for secret in [OLD, NEW] {
            let header = format!("t={NOW},v1={}", v1(secret, NOW, BODY));
            assert_eq!(both.verify(&header, BODY, NOW), Ok(()));
        }
        let header = format!(
            "t={NOW},v0=00,v1={},v1={}",
            v1("whsec_of_another_1", NOW, BODY),
            v1(NEW, NOW, BODY)
        );
        assert_eq!(both.verify(&header, BODY, NOW), Ok(()));
        let old = WebhookSecrets::parse(OLD).unwrap();
        assert_eq!(
            old.verify(&header, BODY, NOW),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn time_body_and_form_are_part_of_it() {
        let secrets = WebhookSecrets::parse(NEW).unwrap();
        let header = format!("t={NOW},v1={}", v1(NEW, NOW, BODY));
        for (now, expected) in [
            (NOW + 300, Ok(())),
            (NOW - 300, Ok(())),
            (NOW + 301, Err(SignatureError::Expired)),
            (NOW - 301, Err(SignatureError::Expired)),
        ] {
            assert_eq!(secrets.verify(&header, BODY, now), expected);
        }
        assert_eq!(
            secrets.verify(&header, b"{}", NOW),
            Err(SignatureError::Mismatch)
        );
        let later = header.replace(&NOW.to_string(), &(NOW + 1).to_string());
        assert_eq!(
            secrets.verify(&later, BODY, NOW),
            Err(SignatureError::Mismatch)
        );
        for bad in [
            "",
            "t",
            "v1=00",
            "t=now,v1=00",
            &format!("t={NOW},{header}"),
        ] {
            assert_eq!(
                secrets.verify(bad, BODY, NOW),
                Err(SignatureError::Missing),
                "{bad}"
            );
        }
        assert_eq!(
            secrets.verify(&format!("t={NOW}"), BODY, NOW),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn secrets_need_length() {
        assert!(WebhookSecrets::parse("# none\n").is_none());
        assert!(WebhookSecrets::parse("short").is_none());
        assert_eq!(
            format!("{:?}", WebhookSecrets::parse(OLD).unwrap()),
            "WebhookSecrets(1)"
        );
    }
}
