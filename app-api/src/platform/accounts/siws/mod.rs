//! Sign-In With Solana: a wallet signs a text of this site's, once.
//!
//! A challenge is stored nowhere: its nonce has in it an HMAC over what it was made for, so that only one
//! that was made here is taken; that it is taken once a unique constraint decides.

mod challenge;
mod verify;

pub(super) use challenge::{__path_challenge, challenge};
pub(super) use verify::{__path_verify, verify};

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString as _};
use subtle::ConstantTimeEq as _;

use super::{
    secret::{Kind, Pepper},
    site::Site,
};

/// What the wallet shows.
const STATEMENT: &str = "Sign in to Primis. This costs nothing and moves nothing.";
/// How long a challenge may be answered, seconds.
const LIFE_SECONDS: i64 = 300;
const RANDOM_CHARS: usize = 16;
/// Of the HMAC, hexadecimal digits: 128 bits.
const TAG_CHARS: usize = 32;

/// What a wallet signs.
struct Message<'a> {
    site: &'a Site,
    address: &'a str,
    nonce: &'a str,
    issued_at: i64,
}

impl Message<'_> {
    /// As the specification of SIWS has it (its ABNF, in the order of the fields).
    fn text(&self) -> String {
        let Self {
            site,
            address,
            nonce,
            ..
        } = self;
        format!(
            "{} wants you to sign in with your Solana account:\n{address}\n\n{STATEMENT}\n\n\
             URI: {}\nVersion: 1\nNonce: {nonce}\nIssued At: {}\nExpiration Time: {}",
            site.domain(),
            site.base,
            time(self.issued_at),
            time(self.expires_at()),
        )
    }

    fn expires_at(&self) -> i64 {
        self.issued_at.saturating_add(LIFE_SECONDS)
    }

    /// Whether the nonce was made here, for this.
    fn is_ours(&self, pepper: &Pepper) -> bool {
        let Some((random, tag)) = self.nonce.split_at_checked(RANDOM_CHARS) else {
            return false;
        };
        let ours = tag_of(pepper, self.site, self.address, random, self.issued_at);
        ours.as_bytes().ct_eq(tag.as_bytes()).into()
    }
}

/// A nonce for a challenge: of letters and digits, as the specification asks.
fn new_nonce(pepper: &Pepper, site: &Site, address: &str, issued_at: i64) -> String {
    let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM_CHARS);
    let tag = tag_of(pepper, site, address, &random, issued_at);
    random + &tag
}

fn tag_of(pepper: &Pepper, site: &Site, address: &str, random: &str, issued_at: i64) -> String {
    // None of them has a line break in it.
    let text = format!("{}\n{address}\n{random}\n{issued_at}", site.base);
    let mut tag = pepper.hex(Kind::Challenge, &text);
    tag.truncate(TAG_CHARS);
    tag
}

/// RFC 3339, in whole seconds.
fn time(unix: i64) -> String {
    Timestamp::from_second(unix).unwrap_or_default().to_string()
}

/// Address, nonce and time of a text that has them where ours have.
fn read(text: &str) -> Option<(&str, &str, i64)> {
    let address = text.lines().nth(1)?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let issued_at: Timestamp = field("Issued At: ")?.parse().ok()?;
    Some((address, field("Nonce: ")?, issued_at.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_700_000_000;

    #[test]
    fn a_challenge_is_of_its_site_address_and_time() {
        let pepper = |c: &str| Pepper::new(&c.repeat(32)).unwrap();
        let site = |base: &str| Site { base: base.into() };
        let (ours, mine) = (site("https://primis.example"), pepper("a"));
        let nonce = new_nonce(&mine, &ours, "Addr", AT);
        let made = |site, address, issued_at| Message {
            site,
            address,
            nonce: &nonce,
            issued_at,
        };
        let message = made(&ours, "Addr", AT);
        let text = message.text();
        assert_eq!(
            text,
            format!(
                "primis.example wants you to sign in with your Solana account:\nAddr\n\n{STATEMENT}\n\n\
                 URI: https://primis.example\nVersion: 1\nNonce: {nonce}\n\
                 Issued At: 2023-11-14T22:13:20Z\nExpiration Time: 2023-11-14T22:18:20Z"
            )
        );
        assert_eq!(read(&text), Some(("Addr", nonce.as_str(), AT)));
        assert!(message.is_ours(&mine));
        assert!(!message.is_ours(&pepper("b")));
        let other = site("https://evil.example");
        assert!(!made(&other, "Addr", AT).is_ours(&mine));
        assert!(!made(&ours, "Other", AT).is_ours(&mine));
        assert!(!made(&ours, "Addr", AT + 1).is_ours(&mine));
        assert_eq!(read(""), None);
    }
}
