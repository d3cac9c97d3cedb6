//! From a plan to signed bytes.

use super::{Decider, SOURCE};
use crate::{
    chain::{
        Blockhash, ChainState, SignedTransaction, Simulation, Terms, distribution_instructions,
        sign,
    },
    error::Error,
    plan::Distribution,
};

/// A signed transaction, and what it is based on.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The bytes to send.
    pub transaction: SignedTransaction,
    /// The last block height it can land at.
    pub last_valid_block_height: u64,
    /// What its simulation used.
    pub simulation: Simulation,
    /// What it may use and pays.
    pub terms: Terms,
}

impl Decider {
    /// Simulates the distribution and signs it with the limit the simulation asks for. Nothing is
    /// sent.
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Transaction`] where it would fail; [`Error::Rpc`].
    pub async fn prepare(
        &self,
        state: &ChainState,
        distribution: &Distribution,
    ) -> Result<Prepared, Error> {
        let pools = state.pool_addresses();
        let instructions =
            distribution_instructions(self.address(), self.vault, &pools, SOURCE, distribution);
        let mut writable = pools;
        writable.push(self.vault);
        let (blockhash, price) = tokio::join!(
            self.rpc.latest_blockhash(),
            self.rpc.compute_unit_price(&writable, &self.fees)
        );
        let Blockhash {
            hash,
            last_valid_block_height,
        } = blockhash?;
        let blockhash = Blockhash {
            hash,
            last_valid_block_height,
        };
        let simulation = self
            .rpc
            .simulate_instructions(&self.keypair, &instructions, blockhash)
            .await?;
        let terms = Terms {
            compute_unit_limit: simulation.compute_unit_limit(),
            compute_unit_price: price,
            blockhash: hash,
        };
        let transaction = sign(&self.keypair, &instructions, terms)?;
        Ok(Prepared {
            transaction,
            last_valid_block_height,
            simulation,
            terms,
        })
    }
}
