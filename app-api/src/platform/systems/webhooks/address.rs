//! Where webhooks may be: on the internet, and nowhere inside of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use url::Host;

/// Longest address, bytes.
pub(super) const MAX_URL_BYTES: usize = 500;

/// An address that is called.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str, allow_loopback: bool) -> Result<Url, &'static str> {
    if text.len() > MAX_URL_BYTES || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("url must have at most 500 visible ASCII characters");
    }
    let url = Url::parse(text).map_err(|_| "url must be a URL such as https://example.com/hook")?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err("url must name a host"),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback && allow_loopback => {}
        _ => return Err("url must begin with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url must have no user and no password: deliveries are signed");
    }
    if url.fragment().is_some() {
        return Err("url must have no fragment");
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        _ => None,
    };
    // Names are resolved, and looked at, each time they are called.
    if literal.is_some_and(|ip| !may_call(ip, allow_loopback)) {
        return Err("url must be on the public internet");
    }
    Ok(url)
}

/// Whether a connection to this address may be made.
pub(super) fn may_call(ip: IpAddr, allow_loopback: bool) -> bool {
    let ip = ip.to_canonical();
    if ip.is_loopback() {
        return allow_loopback;
    }
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Not one of IANA's special-purpose addresses (RFC 6890 and its registry).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        // Shared by a carrier's customers.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, and the relays of 6to4.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        // For benchmarks.
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

/// Within the global unicast space, without what stands for other addresses.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, _, _, _, _, g, h] = ip.segments();
    // NAT64 (RFC 6052): the address behind it.
    if ip.segments().starts_with(&[0x64, 0xff9b, 0, 0, 0, 0]) {
        let [x, y] = [g.to_be_bytes(), h.to_be_bytes()];
        let [[a, b], [c, d]] = [x, y];
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let special =
        (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    (0x2000..0x4000).contains(&a) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called() {
        let may = |text: &str| may_call(text.parse().unwrap(), false);
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(may(public), "{public}");
        }
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
        ] {
            assert!(!may(inside), "{inside}");
        }
        assert!(may_call("127.0.0.1".parse().unwrap(), true));
        assert!(may_call("::1".parse().unwrap(), true));
        assert!(!may_call("10.0.0.1".parse().unwrap(), true));
    }

    #[test]
    fn addresses_that_are_taken() {
        assert!(parse("https://example.com/hook?x=1", false).is_ok());
        assert!(parse("https://1.1.1.1/", false).is_ok());
        assert!(parse("http://127.0.0.1:8080/", true).is_ok());
        assert!(parse("http://localhost:8080/", true).is_ok());
        for bad in [
            "",
            "example.com",
            "ftp://example.com",
            "http://example.com",
            "http://127.0.0.1/",
            "http://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/",
            "https://u:p@example.com/",
            "https://example.com/#x",
            "https://exa mple.com/",
            "file:///etc/passwd",
        ] {
            assert!(parse(bad, false).is_err(), "{bad}");
        }
        assert!(parse("http://10.0.0.1/", true).is_err());
        assert!(parse("http://example.com/", true).is_err());
    }
}
