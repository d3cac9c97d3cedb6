//! Access tokens: JWTs of ten minutes, by HMAC-SHA256.
//!
//! Several secrets may be there while one takes the place of another: a token names its own by `kid`.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::{config::ConfigError, http::ApiError, platform::mac::Mac};

/// How long a token is taken, seconds.
pub(super) const LIFE_SECONDS: i64 = 600;
/// Shortest secret taken, characters: RFC 7518 §3.2 asks for as much as the hash has.
const MIN_SECRET_CHARS: usize = 32;
const ISSUER: &str = "primis";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Claims {
    iss: String,
    /// The account.
    pub(super) sub: String,
    /// The session it came of.
    pub(super) sid: String,
    iat: i64,
    pub(super) exp: i64,
}

struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Makes tokens and reads them.
pub(super) struct AccessTokens {
    newest: Key,
    older: Vec<Key>,
}

impl AccessTokens {
    /// Of secrets, one a line, the newest first; lines that begin with `#` are comments.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid = ConfigError::Invalid {
            key: "accounts.token_secret_path",
            problem: "names a file with a short secret or none: write one a line, of at least 32 random characters",
        };
        let lines = text.lines().map(str::trim);
        let secrets: Vec<&str> = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        if secrets.iter().any(|secret| secret.len() < MIN_SECRET_CHARS) {
            return Err(invalid);
        }
        let mut keys = secrets.into_iter().map(Key::of);
        let newest = keys.next().ok_or(invalid)?;
        Ok(Self {
            newest,
            older: keys.collect(),
        })
    }

    /// A token, and when it expires.
    pub(super) fn issue(
        &self,
        account: &str,
        session: &str,
        now_unix: i64,
    ) -> Result<(Secret, i64), ApiError> {
        let exp = now_unix.saturating_add(LIFE_SECONDS);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: account.to_owned(),
            sid: session.to_owned(),
            iat: now_unix,
            exp,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.newest.kid.clone());
        let token = encode(&header, &claims, &self.newest.encoding)
            .map_err(|error| ApiError::internal(&error))?;
        Ok((Secret::new(token), exp))
    }

    /// What a token says, if one of the secrets made it and its time is not over.
    pub(super) fn read(&self, token: &str, now_unix: i64) -> Option<Claims> {
        let header = decode_header(token).ok()?;
        let kid = header.kid?;
        let mut keys = std::iter::once(&self.newest).chain(&self.older);
        let key = keys.find(|key| key.kid == kid)?;
        // The one algorithm, whatever the token names.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // By the server's clock below, not by the library's.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key.decoding, &validation)
            .ok()?
            .claims;
        (claims.iat <= claims.exp && now_unix < claims.exp).then_some(claims)
    }
}

impl Key {
    /// Named by six bytes of a hash, which tell nothing of it.
    fn of(secret: &str) -> Self {
        let [a, b, c, d, e, f, ..] = Mac::new(secret.as_bytes()).sign(&[b"kid"]);
        Self {
            kid: hex::encode([a, b, c, d, e, f]),
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn tokens(secrets: &[&str]) -> AccessTokens {
        let lines: Vec<String> = secrets.iter().map(|s| s.repeat(32)).collect();
        AccessTokens::parse(&lines.join("\n")).unwrap()
    }

    fn issued(tokens: &AccessTokens) -> String {
        let (token, exp) = tokens.issue("acct_1", "sess_1", NOW).unwrap();
        assert_eq!(exp, NOW + 600);
        token.expose().to_owned()
    }

    #[test]
    fn a_token_lasts_ten_minutes() {
        let tokens = tokens(&["a"]);
        let token = issued(&tokens);
        assert_eq!(tokens.read(&token, NOW + 599).unwrap().sub, "acct_1");
        assert_eq!(tokens.read(&token, NOW + 600), None);
    }

    #[test]
    fn secrets_take_the_place_of_each_other() {
        let old = issued(&tokens(&["a"]));
        let both = tokens(&["b", "a"]);
        assert!(both.read(&old, NOW).is_some());
        assert!(tokens(&["a"]).read(&issued(&both), NOW).is_none());
        assert!(tokens(&["b"]).read(&old, NOW).is_none());
        assert!(AccessTokens::parse("# none\n").is_err());
        assert!(AccessTokens::parse("short").is_err());
    }

    /// A signature that is missing, another's, or of another text.
    #[test]
    fn what_was_tampered_with_is_refused() {
        let tokens = tokens(&["a"]);
        let token = issued(&tokens);
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("{token}")
        };
        let read = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let kid = &tokens.newest.kid;
        let unsigned = |alg: &str| {
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{kid}"}}"#))
        };
        let later = URL_SAFE_NO_PAD.encode(read(claims).replace("acct_1", "acct_2"));
        // Signed with the right key under the wrong key's name, and the reverse.
        let other = encode(
            &Header {
                kid: Some(kid.clone()),
                ..Header::new(Algorithm::HS256)
            },
            &serde_json::from_str::<Claims>(&read(claims)).unwrap(),
            &EncodingKey::from_secret(b"x".repeat(32).as_slice()),
        )
        .unwrap();
        let longer = encode(
            &Header {
                kid: Some(kid.clone()),
                ..Header::new(Algorithm::HS512)
            },
            &serde_json::from_str::<Claims>(&read(claims)).unwrap(),
            &EncodingKey::from_secret("a".repeat(32).as_bytes()),
        )
        .unwrap();
        for bad in [
            format!("{}.{claims}.", unsigned("none")),
            format!("{}.{claims}.", unsigned("HS256")),
            format!("{}.{claims}.{signature}", unsigned("none")),
            format!("{}.{claims}.{signature}", unsigned("RS256")),
            format!("{header}.{later}.{signature}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}"),
            other,
            longer,
            String::new(),
            "...".to_owned(),
        ] {
            assert_eq!(tokens.read(&bad, NOW), None, "{bad}");
        }
    }
}
