//! From where a request comes.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::app::App;

/// The bits of an IPv6 address that name a customer of a network, not a machine.
const SUBSCRIBER_BITS: u32 = 64;

/// The address, or the network, of whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client(pub(super) IpAddr);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let header = app.accounts.options.client_address_header.as_deref();
        let told = header.and_then(|name| last_address(&parts.headers, name));
        let peer = || {
            let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            connection.map_or(Ipv6Addr::UNSPECIFIED.into(), |c| c.0.ip())
        };
        Ok(Self(network(told.unwrap_or_else(peer))))
    }
}

/// The address that the proxy itself added: those before it anybody can write.
fn last_address(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    let told = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    told.rsplit(',').next()?.trim().parse().ok()
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            Ipv6Addr::from_bits(v6.to_bits() >> SUBSCRIBER_BITS << SUBSCRIBER_BITS).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_counts_and_of_ipv6_its_network() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            last_address(&headers, "x-forwarded-for").map(network)
        };
        let is = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(headers(&["6.6.6.6, 10.0.0.1"]), is("10.0.0.1"));
        assert_eq!(headers(&["6.6.6.6", "10.0.0.2"]), is("10.0.0.2"));
        assert_eq!(headers(&["2001:db8:1:2:3::4"]), is("2001:db8:1:2::"));
        assert_eq!(headers(&["::ffff:10.0.0.3"]), is("10.0.0.3"));
        assert_eq!(headers(&["unknown"]), None);
        assert_eq!(headers(&[]), None);
    }
}
