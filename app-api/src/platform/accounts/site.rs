//! Which site this is, for what is signed and what comes back to it.

use axum::http::{HeaderMap, header::HOST};

use crate::{app::App, http::ApiError};

/// The address of this site.
pub(super) struct Site {
    /// `https://host`, without a slash at its end.
    pub(super) base: String,
}

impl Site {
    /// As configured. A request's own word for it counts on one's own machine alone: elsewhere it is
    /// whoever asks who chooses it, and a wallet would sign for them.
    pub(super) fn of(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        if let Some(url) = &app.accounts.public_url {
            return Ok(Self { base: url.clone() });
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.filter(|host| is_loopback(host))
            .map(|host| Self {
                base: format!("http://{host}"),
            })
            .ok_or_else(|| ApiError::not_configured("set [http] public_url to log in this way"))
    }

    /// Host and port, as in the address.
    pub(super) fn domain(&self) -> &str {
        self.base.split_once("://").map_or("", |(_, host)| host)
    }
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    ["127.0.0.1", "localhost", "[::1]"].contains(&name) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_ones_own_machine_is() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "primis.example",
            "127.0.0.1.evil.example",
            "localhost:evil",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
