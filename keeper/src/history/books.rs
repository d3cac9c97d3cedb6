//! Whether the vault's account agrees with itself, with what it holds and with its history.

use primis_vault_interface::{Layout as _, Source, accounts::Vault};
use solana_address::Address;

use super::Landed;
use crate::{
    chain::Rpc,
    error::Error,
    human::{Sol, Time},
};

/// The vault's account, read at once.
#[derive(Clone, Debug)]
pub struct Books {
    /// Lamports it holds.
    pub balance_lamports: u64,
    /// What it says.
    pub vault: Vault,
}

impl Books {
    /// Reads the account.
    ///
    /// # Errors
    /// [`Error::Rpc`], [`Error::NoVault`] or [`Error::WrongAccount`].
    pub async fn read(rpc: &Rpc, address: &Address) -> Result<Self, Error> {
        let commitment = rpc.commitment();
        let ask = |client: std::sync::Arc<
            solana_rpc_client::nonblocking::rpc_client::RpcClient,
        >| async move {
            client
                .get_account_with_commitment(address, commitment)
                .await
        };
        let account = rpc.read("getAccountInfo", ask).await?.value;
        let account = account.ok_or_else(|| Error::NoVault(address.to_string()))?;
        let vault = Vault::parse(&account.data).map_err(|e| Error::WrongAccount {
            address: address.to_string(),
            cause: e.to_string(),
        })?;
        Ok(Self {
            balance_lamports: account.lamports,
            vault,
        })
    }

    /// What does not add up, with the whole history of `source` where it `is_whole`. Distributions
    /// that came after the account was read are left out.
    pub fn differences(
        &self,
        source: Source,
        distributions: &[Landed],
        is_whole: bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        match self.vault.liabilities_lamports() {
            Some(owed) if self.balance_lamports >= owed => {}
            owed => wrong.push(format!(
                "the vault holds {} and owes {}: stop the keeper and report this",
                Sol(self.balance_lamports),
                owed.map_or_else(|| "more than there is".into(), |owed| Sol(owed).to_string())
            )),
        }
        for source in [Source::Staking, Source::Compute] {
            let state = self.vault.source(source);
            let left = state
                .funded_total_lamports
                .checked_sub(state.distributed_total_lamports);
            if left != Some(state.funded_lamports) {
                wrong.push(format!(
                    "{source:?}: {} were funded and {} distributed in all, yet {} wait: report this",
                    Sol(state.funded_total_lamports),
                    Sol(state.distributed_total_lamports),
                    Sol(state.funded_lamports)
                ));
            }
        }
        let state = self.vault.source(source);
        let known = distributions
            .iter()
            .filter(|landed| landed.interval_id <= state.last_interval_id);
        if let Some(newest) = known.clone().next()
            && is_whole
            && newest.interval_id != state.last_interval_id
        {
            wrong.push(format!(
                "the vault was distributed to until {}, the history ends at {}: does the RPC keep all of it?",
                Time(state.last_interval_id),
                Time(newest.interval_id)
            ));
        }
        let sum = known.clone().try_fold(0_u64, |sum, landed| {
            sum.checked_add(landed.distributed_lamports)
        });
        let count = u64::try_from(known.count()).ok();
        if is_whole
            && (sum != Some(state.distributed_total_lamports)
                || count != Some(state.distribution_count))
        {
            wrong.push(format!(
                "the history has {} distribution(s) of {} in all, the vault counts {} of {}: does the RPC keep all of it?",
                count.unwrap_or(u64::MAX),
                Sol(sum.unwrap_or(u64::MAX)),
                state.distribution_count,
                Sol(state.distributed_total_lamports)
            ));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable as _;
    use solana_signature::Signature;

    use super::*;

    fn books() -> (Books, Landed) {
        let mut vault = Vault::zeroed();
        vault.rent_lamports = 10;
        vault.stakers_lamports = 5;
        vault.compute.funded_total_lamports = 12;
        vault.compute.distributed_total_lamports = 5;
        vault.compute.funded_lamports = 7;
        vault.compute.distribution_count = 1;
        vault.compute.last_interval_id = 600;
        let landed = Landed {
            signature: Signature::default(),
            slot: 1,
            at: 601,
            source: Source::Compute,
            previous_interval_id: 0,
            interval_id: 600,
            funded_lamports: 5,
            distributed_lamports: 5,
            stakers_lamports: 5,
            total_value_lamports: 0,
        };
        let books = Books {
            balance_lamports: 22,
            vault,
        };
        (books, landed)
    }

    fn count(books: &Books, history: &[Landed]) -> usize {
        books.differences(Source::Compute, history, true).len()
    }

    #[test]
    fn books_that_add_up_are_left_alone() {
        let (mut books, landed) = books();
        assert_eq!(count(&books, std::slice::from_ref(&landed)), 0);
        books.balance_lamports += 1;
        assert_eq!(count(&books, std::slice::from_ref(&landed)), 0, "a gift");
        let later = Landed {
            previous_interval_id: 600,
            interval_id: 1_200,
            ..landed.clone()
        };
        assert_eq!(count(&books, &[later, landed]), 0, "came after the look");
    }

    #[test]
    fn a_lamport_that_is_missing_is_found() {
        let (mut books, landed) = books();
        books.balance_lamports -= 1;
        assert_eq!(count(&books, std::slice::from_ref(&landed)), 1);
        books.balance_lamports += 1;
        books.vault.compute.funded_lamports -= 1;
        assert_eq!(count(&books, std::slice::from_ref(&landed)), 1);
        books.vault.compute.funded_lamports += 1;
        assert_eq!(count(&books, &[]), 1, "a history without it");
        assert!(books.differences(Source::Compute, &[], false).is_empty());
    }
}
