//! Hints by websocket that something happened. They only save waiting: nothing rests on them.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::select_all};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError};
use solana_rpc_client_api::config::{RpcTransactionLogsConfig, RpcTransactionLogsFilter};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// Pause before a lost connection is made again.
const RECONNECT: Duration = Duration::from_secs(5);
/// A connection is renewed after this: pools that were added are listened to from then on, and a
/// connection that died in silence is not waited on for ever.
const RENEW: Duration = Duration::from_secs(600);

/// Notifies `hint` of transactions that name the vault or one of its pools, until `stop`.
pub(super) async fn listen(
    url: String,
    vault: Address,
    store: Store,
    commitment: CommitmentConfig,
    hint: Arc<Notify>,
    stop: CancellationToken,
) {
    loop {
        let mut names = vec![vault.to_string()];
        // Without the store there is the vault alone; polling finds the rest.
        if let Ok(pools) = store.pools(&vault.to_string()).await {
            names.extend(pools.into_iter().map(|(address, _)| address));
        }
        tokio::select! {
            () = stop.cancelled() => return,
            result = connection(&url, names, commitment, &hint) => {
                if let Err(error) = result {
                    tracing::debug!(%error, "no hints: polling goes on");
                }
            }
            () = tokio::time::sleep(RENEW) => continue,
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RECONNECT) => {}
        }
    }
}

async fn connection(
    url: &str,
    names: Vec<String>,
    commitment: CommitmentConfig,
    hint: &Notify,
) -> Result<(), PubsubClientError> {
    let client = PubsubClient::new(url).await?;
    let mut streams = Vec::with_capacity(names.len());
    for name in names {
        // A subscription takes one address.
        let filter = RpcTransactionLogsFilter::Mentions(vec![name]);
        let config = RpcTransactionLogsConfig {
            commitment: Some(commitment),
        };
        let (stream, _unsubscribe) = client.logs_subscribe(filter, config).await?;
        streams.push(stream);
    }
    let mut all = select_all(streams);
    while all.next().await.is_some() {
        hint.notify_one();
    }
    Ok(())
}
