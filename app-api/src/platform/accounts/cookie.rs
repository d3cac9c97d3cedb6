//! Cookies: those that come, and those that are set. No script can read one of ours.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::http::ApiError;

/// The refresh token.
pub(super) const REFRESH: &str = "primis_refresh";
/// Where it is sent.
pub(super) const PATH: &str = "/api/auth";

/// When a browser sends a cookie with what another site leads it to.
#[derive(Clone, Copy, Debug)]
pub(super) enum SameSite {
    /// Never.
    Strict,
    /// When it leads it here.
    Lax,
}

impl SameSite {
    fn name(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
        }
    }
}

/// The value of a cookie.
pub(super) fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A cookie to set for some seconds; none takes it away.
pub(super) fn set(
    name: &str,
    value: &str,
    seconds: i64,
    same_site: SameSite,
    secure: bool,
) -> Result<HeaderValue, ApiError> {
    let same_site = same_site.name();
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={value}; Path={PATH}; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}"
    );
    let mut value = HeaderValue::try_from(text).map_err(|error| ApiError::internal(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; primis_refresh_x=no".parse().unwrap());
        headers.append(COOKIE, "b; primis_refresh=yes=; c=2".parse().unwrap());
        assert_eq!(get(&headers, REFRESH), Some("yes="));
        assert_eq!(get(&headers, "primis"), None);
    }
}
