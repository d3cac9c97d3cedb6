//! One attempt over HTTP: bounded in time, to no address inside, and nowhere else than where it was sent.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect::Policy,
};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::address;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time for one attempt, its lookup and connection too.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A signed message.
pub(super) struct Message<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp: i64,
    pub(super) signatures: &'a str,
    pub(super) payload: &'a str,
}

/// Calls webhooks. Cheap to clone.
#[derive(Clone)]
pub(super) struct Caller {
    allow_loopback: bool,
    /// Made with the first call: reading the system's certificates takes long.
    tls: Arc<OnceLock<Option<Client>>>,
    plain: Arc<OnceLock<Option<Client>>>,
}

impl Caller {
    pub(super) fn new(allow_loopback: bool) -> Self {
        Self {
            allow_loopback,
            tls: Arc::default(),
            plain: Arc::default(),
        }
    }

    /// Sends a message: the status of the answer, which only 2xx makes a delivery, or what went wrong in
    /// words that say nothing of this network.
    pub(super) async fn call(&self, url: &str, message: &Message<'_>) -> Result<u16, &'static str> {
        let url = address::parse(url, self.allow_loopback)
            .map_err(|_| "the address is no longer allowed")?;
        let client = self.client(&url).ok_or("no connection can be made now")?;
        let sent = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, message.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, message.timestamp)
            .header(HEADER_WEBHOOK_SIGNATURE, message.signatures)
            .body(message.payload.to_owned())
            .send();
        // The answer's body is not read.
        match sent.await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(words(&error)),
        }
    }

    fn client(&self, url: &Url) -> Option<Client> {
        let plain = url.scheme() == "http";
        let made = if plain { &self.plain } else { &self.tls };
        let allow_loopback = self.allow_loopback;
        made.get_or_init(|| {
            let builder = Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .connect_timeout(CONNECT)
                .timeout(TIMEOUT)
                // Each attempt resolves anew, and nothing of one customer stays open for another.
                .pool_max_idle_per_host(0)
                .user_agent("primis-webhooks/1")
                .dns_resolver(Arc::new(Public { allow_loopback }));
            let builder = if plain {
                builder.tls_certs_only([])
            } else {
                builder.https_only(true)
            };
            builder.build().ok()
        })
        .clone()
    }
}

fn words(error: &reqwest::Error) -> &'static str {
    let mut causes =
        std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
            error.source()
        });
    if causes.any(|cause| cause.is::<NotPublic>()) {
        "the name has no address on the public internet"
    } else if error.is_timeout() {
        "no answer came in time"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection ended before an answer"
    }
}

/// Every address of a name is one that must not be called.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address on the public internet")]
struct NotPublic;

/// Resolves names to addresses that may be called, which are the ones that are connected to.
struct Public {
    allow_loopback: bool,
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(boxed)?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|at| address::may_call(at.ip(), allow_loopback))
                .collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}

fn boxed(error: io::Error) -> Box<dyn std::error::Error + Send + Sync> {
    error.into()
}
