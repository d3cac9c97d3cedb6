//! What people type: addresses, passwords, names.

use super::{password, refusal::unprocessable, secret::Secret};
use crate::http::ApiError;

/// Longest part of an address before and after its `@`, characters (RFC 5321 §4.5.3.1).
const MAX_LOCAL_CHARS: usize = 64;
const MAX_DOMAIN_CHARS: usize = 189;
/// Longest name of an account or a key, characters.
pub(super) const MAX_NAME_CHARS: usize = 100;

/// An e-mail address in the one form it is known by. It is ASCII, and both sides of its one `@` say
/// something; whether it exists nobody knows before a letter arrives.
pub(super) fn email(text: &str) -> Result<String, ApiError> {
    let said = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_graphic() && b != b'@')
    };
    text.split_once('@')
        .filter(|(local, domain)| said(local, MAX_LOCAL_CHARS) && said(domain, MAX_DOMAIN_CHARS))
        .map(|_| text.to_ascii_lowercase())
        .ok_or_else(|| {
            unprocessable(
                "invalid_email",
                "email must be NAME@DOMAIN in ASCII without spaces, at most 254 characters",
            )
        })
}

/// A password of a length that is taken.
pub(super) fn password(password: Secret) -> Result<Secret, ApiError> {
    if password::BYTES.contains(&password.expose().len()) {
        return Ok(password);
    }
    Err(unprocessable(
        "invalid_password",
        "password must have 10 to 256 bytes",
    ))
}

/// A name for people: something to see, on one line.
pub(in crate::platform) fn display(field: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let chars = text.chars().count();
    if (1..=MAX_NAME_CHARS).contains(&chars) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(unprocessable(
        "invalid_name",
        &format!("{field} must have 1 to {MAX_NAME_CHARS} characters that can be seen"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(email("Ada@Example.COM").unwrap(), "ada@example.com");
        let long = format!("{}@x", "a".repeat(65));
        for bad in ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "ä@b", &long] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_can_be_seen() {
        assert_eq!(display("name", "  Ada \n").unwrap(), "Ada");
        for bad in ["", "  ", "a\u{7}b", &"n".repeat(101)] {
            assert!(display("name", bad).is_err(), "{bad:?}");
        }
    }
}
