//! A door at a fixed port. The runtime listens where there is room; wallets and `solana` look for
//! a local validator at 8899 and 8900. Bytes are passed on as they come.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Which port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Any free one.
    Any,
    /// This one; an error if it is taken.
    Exactly(u16),
    /// This one if it is free, else any.
    Preferably(u16),
}

impl Port {
    /// A listener on this machine only.
    ///
    /// # Errors
    /// The port is taken and was asked for exactly.
    pub async fn listen(self) -> Result<TcpListener> {
        let wanted = match self {
            Self::Any => 0,
            Self::Exactly(port) | Self::Preferably(port) => port,
        };
        match (TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await, self) {
            (Ok(listener), _) => Ok(listener),
            (Err(_), Self::Preferably(_)) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .context("no port is free"),
            (Err(error), _) => Err(error)
                .with_context(|| format!("port {wanted} is taken: pass another, or 0 for any")),
        }
    }

    /// An address that is free now, for a process that is told where to listen.
    ///
    /// # Errors
    /// See [`Port::listen`].
    pub async fn address(self) -> Result<SocketAddr> {
        Ok(self.listen().await?.local_addr()?)
    }
}

/// A door that is open as long as this lives.
pub(super) struct FrontDoor {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl FrontDoor {
    /// Opens a door to `inside`, a `scheme://host:port` address.
    pub async fn open(port: Port, inside: &str) -> Result<Self> {
        let target = inside.split("://").last().unwrap_or(inside).to_owned();
        let listener = port.listen().await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            loop {
                let Ok((mut outer, _)) = listener.accept().await else {
                    continue;
                };
                let target = target.clone();
                tokio::spawn(async move {
                    if let Ok(mut inner) = TcpStream::connect(&target).await {
                        // A connection that ends badly concerns its two ends only.
                        let _ = copy_bidirectional(&mut outer, &mut inner).await;
                    }
                });
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for FrontDoor {
    fn drop(&mut self) {
        self.task.abort();
    }
}
