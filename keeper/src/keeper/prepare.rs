//! From a plan to signed bytes.

use super::{Decider, SOURCE};
use crate::{
    chain::{
        Blockhash, ChainState, Refresh, SignedTransaction, Simulation, Terms,
        distribution_instructions, due_refreshes, sign,
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
    /// Prices it brings up to date first.
    pub refreshes: Vec<Refresh>,
}

impl Decider {
    /// Simulates the distribution, with the prices that it needs refreshed first, and signs it with
    /// the limit the simulation asks for. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::PriceAccount`] or [`Error::PriceRefused`] where a price cannot be refreshed;
    /// [`Error::Refused`] or [`Error::Transaction`] where it would fail; [`Error::Rpc`].
    pub async fn prepare(
        &self,
        state: &ChainState,
        distribution: &Distribution,
    ) -> Result<Prepared, Error> {
        let pools = state.pool_addresses();
        let refreshes = due_refreshes(&state.pools, &self.price_accounts, state.now)?;
        let instructions = distribution_instructions(
            self.address(),
            self.vault,
            &pools,
            &refreshes,
            SOURCE,
            distribution,
        );
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
            .await;
        let simulation = match simulation {
            Ok(simulation) => simulation,
            Err(error) => return Err(self.refused_price(&refreshes, blockhash, error).await),
        };
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
            refreshes,
        })
    }

    /// Names the price that stands in the way, where it is one: each is tried by itself. Else the
    /// error as it was.
    async fn refused_price(
        &self,
        refreshes: &[Refresh],
        blockhash: Blockhash,
        error: Error,
    ) -> Error {
        if !matches!(error, Error::Refused(_)) {
            return error;
        }
        for refresh in refreshes {
            let alone = [refresh.instruction()];
            let tried = self
                .rpc
                .simulate_instructions(&self.keypair, &alone, blockhash)
                .await;
            if let Err(Error::Refused(refusal)) = tried {
                return Error::PriceRefused {
                    mint: refresh.mint.to_string(),
                    source_account: refresh.source.to_string(),
                    refusal,
                };
            }
        }
        error
    }
}
