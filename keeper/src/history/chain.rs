//! Reading the history from the chain: the vault's transactions, and what the program logged in
//! them.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use primis_vault_interface::{ID, Source, events::Event, log::program_log};
use serde_json::{Value, json};
use solana_address::Address;
use solana_rpc_client::{
    nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config,
};
use solana_rpc_client_api::{
    request::RpcRequest, response::RpcConfirmedTransactionStatusWithSignature,
};
use solana_signature::Signature;

use super::{History, Landed, Query};
use crate::{chain::Rpc, error::Error};

/// Transactions one answer lists at most: the protocol's bound.
const PAGE: usize = 1_000;
/// Transactions asked for at the same time: public endpoints refuse more.
const FETCHES: usize = 8;
/// How far a block's time may be behind the clock the program reads, seconds.
const CLOCK_SLACK_SECONDS: i64 = 60;

type Listed = RpcConfirmedTransactionStatusWithSignature;

impl History {
    /// Reads the distributions that are asked for, from the newest back, and stops where the rest
    /// is older than all that is wanted.
    ///
    /// # Errors
    /// [`Error::Rpc`].
    pub async fn read(rpc: &Rpc, vault: &Address, query: &Query) -> Result<Self, Error> {
        let mut history = Self::default();
        let mut before = None;
        loop {
            let page = list(rpc, vault, before).await?;
            // Only an empty page is past the last: some endpoints list fewer than they are asked for.
            let Some(last) = page.last() else {
                return Ok(history);
            };
            before = Some(signature(last)?);
            let wanted: Vec<&Listed> = page
                .iter()
                .filter(|listed| listed.err.is_none())
                .take_while(|listed| !is_before(listed.block_time, query))
                .collect();
            let left = page
                .iter()
                .any(|listed| is_before(listed.block_time, query));
            for some in wanted.chunks(FETCHES) {
                let logs: Vec<_> = stream::iter(some.iter().map(|listed| log(rpc, listed)))
                    .buffered(FETCHES)
                    .try_collect()
                    .await?;
                for (listed, log) in some.iter().zip(logs) {
                    history.take_in(listed, log.as_deref(), vault, query)?;
                    if history.distributions.len() >= query.limit {
                        history.distributions.truncate(query.limit);
                        return Ok(history);
                    }
                }
            }
            if left {
                return Ok(history);
            }
        }
    }

    fn take_in(
        &mut self,
        listed: &Listed,
        log: Option<&[String]>,
        vault: &Address,
        query: &Query,
    ) -> Result<(), Error> {
        let log = log.map(|lines| program_log(&ID, lines));
        let Some(log) = log.filter(|log| !log.truncated) else {
            self.unreadable = self.unreadable.saturating_add(1);
            return Ok(());
        };
        let signature = signature(listed)?;
        let mut funded = [0_u64; 2];
        let mut found = Vec::new();
        for event in log.data.iter().filter_map(|data| Event::parse(data)) {
            match event {
                Event::Funded(event) if event.vault == *vault => {
                    if let Some(sum) = usize::try_from(event.source)
                        .ok()
                        .and_then(|source| funded.get_mut(source))
                    {
                        *sum = sum.saturating_add(event.amount_lamports);
                    }
                }
                Event::YieldDistributed(event) if event.vault == *vault => {
                    let source = match event.source {
                        0 => Source::Staking,
                        _ => Source::Compute,
                    };
                    let funded = funded.get_mut(source as usize).map(std::mem::take);
                    found.push(Landed {
                        signature,
                        slot: listed.slot,
                        at: event.at,
                        source,
                        previous_interval_id: event.previous_interval_id,
                        interval_id: event.interval_id,
                        funded_lamports: funded.unwrap_or(0),
                        distributed_lamports: event.amount_lamports,
                        stakers_lamports: event.stakers_lamports,
                        total_value_lamports: event.total_value_lamports,
                    });
                }
                _ => {}
            }
        }
        let wanted = found.into_iter().rev().filter(|landed| query.wants(landed));
        self.distributions.extend(wanted);
        Ok(())
    }
}

/// Whether what landed then can only be older than all that is wanted: nothing is distributed
/// before its stretch has ended.
fn is_before(block_time: Option<i64>, query: &Query) -> bool {
    block_time.is_some_and(|time| time.saturating_add(CLOCK_SLACK_SECONDS) < query.from)
}

fn signature(listed: &Listed) -> Result<Signature, Error> {
    listed.signature.parse().map_err(|_| Error::Rpc {
        method: "getSignaturesForAddress",
        cause: "a signature cannot be read: ask another endpoint".into(),
    })
}

async fn list(rpc: &Rpc, vault: &Address, before: Option<Signature>) -> Result<Vec<Listed>, Error> {
    let commitment = rpc.commitment();
    let ask = |client: Arc<RpcClient>| async move {
        let config = GetConfirmedSignaturesForAddress2Config {
            before,
            until: None,
            limit: Some(PAGE),
            commitment: Some(commitment),
        };
        client
            .get_signatures_for_address_with_config(vault, config)
            .await
    };
    rpc.read("getSignaturesForAddress", ask).await
}

/// The log of a transaction; `None` where the endpoint does not have it.
async fn log(rpc: &Rpc, listed: &Listed) -> Result<Option<Vec<String>>, Error> {
    let params = json!([
        listed.signature,
        {
            "encoding": "base64",
            "commitment": rpc.commitment().commitment,
            "maxSupportedTransactionVersion": 0,
        }
    ]);
    let ask = |client: Arc<RpcClient>| {
        let params = params.clone();
        // Read as JSON: the message is not needed, and a version of it that this client does not
        // know must not keep its log from being read.
        async move {
            client
                .send::<Value>(RpcRequest::GetTransaction, params)
                .await
        }
    };
    let answer = rpc.read("getTransaction", ask).await?;
    let lines = answer
        .pointer("/meta/logMessages")
        .and_then(Value::as_array);
    Ok(lines.map(|lines| {
        let lines = lines.iter().filter_map(Value::as_str);
        lines.map(str::to_owned).collect()
    }))
}
