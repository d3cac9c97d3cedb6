//! Everything again from the chain.

use primis_vault_interface::{ID, events::Event, log::program_log};

use super::{Indexer, IndexerError};

/// Transactions that may name the vault before the one that creates it: its address can be told
/// beforehand, so strangers can name it. The creation of an honest vault is the first.
const BEFORE_CREATION: usize = 100;

impl Indexer {
    /// Drops what was indexed of the vault; [`Indexer::run`] reads it from the chain again. Until
    /// that is complete the vault counts as not read, whoever continues it.
    ///
    /// - The endpoint must still have the vault's creation: one that forgot the past would make a
    ///   history without it
    /// - Nothing is dropped that the chain does not have: usage and settled revenue stay
    ///
    /// # Errors
    /// If the endpoint cannot be read or does not go back far enough, or the database fails. Then
    /// nothing was dropped.
    pub async fn forget(&self) -> Result<(), IndexerError> {
        if !self.creation_is_listed().await? {
            return Err(IndexerError::Pruned(self.vault.to_string()));
        }
        self.store.forget(&self.vault.to_string()).await?;
        tracing::info!(vault = %self.vault, "what was indexed is dropped: all is read again");
        Ok(())
    }

    async fn creation_is_listed(&self) -> Result<bool, IndexerError> {
        let horizon = self.rpc.slot().await?;
        let listed = self.rpc.list(&self.vault, None, horizon).await?;
        let oldest = listed.iter().filter(|l| !l.failed).take(BEFORE_CREATION);
        for transaction in oldest {
            let fetched = self.rpc.transaction(&transaction.signature).await?;
            let created = program_log(&ID, &fetched.log).data.iter().any(|data| {
                matches!(Event::parse(data), Some(Event::VaultCreated(e)) if e.vault == self.vault)
            });
            if created {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
