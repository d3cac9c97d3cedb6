//! Everything that ever happened to a vault, as the chain tells it: each transaction with the
//! balances it changed, what it called and what the program logged.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use primis_vault_interface::ID;
use primis_vault_interface::events::Event;
use solana_address::Address;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_rpc_client_api::response::RpcConfirmedTransactionStatusWithSignature;
use solana_signature::Signature;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiTransactionEncoding, UiTransactionTokenBalance,
};

use crate::chain::{Chain, VaultAddresses};

/// Most signatures one answer holds.
const PAGE: usize = 1_000;

/// A transaction that landed and succeeded.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Its signature.
    pub signature: Signature,
    /// Its slot.
    pub slot: u64,
    /// Time of its block, Unix seconds.
    pub block_time: Option<i64>,
    /// What its payer paid for it.
    pub fee_lamports: u64,
    /// Who paid for it.
    pub payer: Address,
    /// Lamports each account gained (or lost).
    pub changes: BTreeMap<Address, i128>,
    /// Units each token account gained (or lost), with its mint.
    pub tokens: BTreeMap<Address, (Address, i128)>,
    /// Discriminators of the vault program's instructions it called, in order.
    pub calls: Vec<[u8; 8]>,
    /// What the program logged.
    pub events: Vec<Event>,
}

impl Landed {
    /// Lamports `account` gained; negative where it lost.
    pub fn change(&self, account: &Address) -> i128 {
        self.changes.get(account).copied().unwrap_or_default()
    }

    /// What left `wallet` (or came, where negative) apart from the fee.
    pub fn outlay(&self, wallet: &Address) -> i128 {
        let fee = if *wallet == self.payer {
            i128::from(self.fee_lamports)
        } else {
            0
        };
        -self.change(wallet) - fee
    }

    /// Units a token account gained; negative where it lost.
    pub fn token_change(&self, account: &Address) -> i128 {
        self.tokens.get(account).map_or(0, |(_, change)| *change)
    }

    /// Whether it called an instruction.
    pub fn called(&self, discriminator: [u8; 8]) -> bool {
        self.calls.contains(&discriminator)
    }
}

impl Chain {
    /// All successful transactions of a vault, oldest first: those of the program, and whatever
    /// else touched the vault's account or the pool's.
    ///
    /// # Errors
    /// The chain does not answer, or answers what cannot be read.
    pub async fn history(&self, addresses: &VaultAddresses) -> Result<Vec<Landed>> {
        let (mut seen, mut landed) = (BTreeSet::new(), Vec::new());
        for address in [ID, addresses.vault, addresses.pool] {
            for signature in self.signatures(&address).await? {
                if seen.insert(signature) {
                    landed.push(self.landed(signature).await?);
                }
            }
        }
        Ok(landed)
    }

    /// The transactions of an address that were executed and failed: of their changes there is only
    /// the fee.
    ///
    /// # Errors
    /// The chain does not answer, or answers what cannot be read.
    pub async fn failures(&self, address: &Address) -> Result<Vec<Landed>> {
        let (mut seen, mut failed) = (BTreeSet::new(), Vec::new());
        for status in self.statuses(address).await? {
            if status.err.is_some() && seen.insert(status.signature.clone()) {
                failed.push(self.landed(status.signature.parse()?).await?);
            }
        }
        Ok(failed)
    }

    /// Signatures of the successful transactions of an address, oldest first.
    async fn signatures(&self, address: &Address) -> Result<Vec<Signature>> {
        let all = self.statuses(address).await?;
        let landed = all.iter().rev().filter(|status| status.err.is_none());
        landed.map(|status| Ok(status.signature.parse()?)).collect()
    }

    /// All transactions of an address, newest first.
    async fn statuses(
        &self,
        address: &Address,
    ) -> Result<Vec<RpcConfirmedTransactionStatusWithSignature>> {
        let mut all = Vec::new();
        let mut before = None;
        loop {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                limit: Some(PAGE),
                ..Default::default()
            };
            let page = self
                .rpc
                .get_signatures_for_address_with_config(address, config)
                .await?;
            let Some(last) = page.last() else { break };
            before = Some(last.signature.parse()?);
            all.extend(page);
        }
        Ok(all)
    }

    async fn landed(&self, signature: Signature) -> Result<Landed> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(self.rpc.commitment()),
            max_supported_transaction_version: Some(0),
        };
        let found = self
            .rpc
            .get_transaction_with_config(&signature, config)
            .await?;
        read(signature, found).with_context(|| format!("transaction {signature} is unreadable"))
    }
}

/// Takes apart what the RPC answered.
fn read(signature: Signature, found: EncodedConfirmedTransactionWithStatusMeta) -> Option<Landed> {
    let transaction = found.transaction.transaction.decode()?;
    let meta = found.transaction.meta?;
    let message = &transaction.message;
    let mut accounts = message.static_account_keys().to_vec();
    if let OptionSerializer::Some(loaded) = meta.loaded_addresses {
        for address in loaded.writable.iter().chain(&loaded.readonly) {
            accounts.push(address.parse().ok()?);
        }
    }
    let balances = meta.pre_balances.iter().zip(&meta.post_balances);
    let gained = balances.map(|(before, after)| i128::from(*after) - i128::from(*before));
    let program = accounts.iter().position(|account| *account == ID);
    let of_vault = message
        .instructions()
        .iter()
        .filter(|call| Some(usize::from(call.program_id_index)) == program);
    let calls = of_vault
        .filter_map(|call| call.data.first_chunk::<8>().copied())
        .collect();
    let logs = match meta.log_messages {
        OptionSerializer::Some(logs) => logs,
        OptionSerializer::None | OptionSerializer::Skip => Vec::new(),
    };
    let data = logs
        .iter()
        .filter_map(|line| line.strip_prefix("Program data: "));
    let events = data
        .filter_map(|data| Event::parse(&BASE64_STANDARD.decode(data).ok()?))
        .collect();
    let tokens = token_changes(
        &accounts,
        Option::from(meta.pre_token_balances).unwrap_or_default(),
        Option::from(meta.post_token_balances).unwrap_or_default(),
    )?;
    Some(Landed {
        signature,
        tokens,
        slot: found.slot,
        block_time: found.block_time,
        fee_lamports: meta.fee,
        payer: *accounts.first()?,
        changes: accounts
            .iter()
            .copied()
            .zip(gained)
            .filter(|(_, change)| *change != 0)
            .collect(),
        calls,
        events,
    })
}

/// What each token account gained, by the balances before and after.
fn token_changes(
    accounts: &[Address],
    before: Vec<UiTransactionTokenBalance>,
    after: Vec<UiTransactionTokenBalance>,
) -> Option<BTreeMap<Address, (Address, i128)>> {
    let mut changes: BTreeMap<Address, (Address, i128)> = BTreeMap::new();
    let before = before.into_iter().map(|balance| (balance, -1));
    for (balance, sign) in before.chain(after.into_iter().map(|balance| (balance, 1))) {
        let account = accounts.get(usize::from(balance.account_index))?;
        let units: i128 = balance.ui_token_amount.amount.parse().ok()?;
        let entry = changes
            .entry(*account)
            .or_insert((balance.mint.parse().ok()?, 0));
        entry.1 += sign * units;
    }
    changes.retain(|_, (_, change)| *change != 0);
    Some(changes)
}
