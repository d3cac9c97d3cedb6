//! Simulation before signing for good: what a transaction uses, and whether it would fail.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client_api::request::RpcRequest;

use super::{Blockhash, Rpc, SignedTransaction, Terms, error_from_runtime, sign};
use crate::error::Error;

/// Most compute units a transaction can have; only simulations ask for it.
const LARGEST_LIMIT: u32 = 1_400_000;
/// A transaction gets what its simulation used, times 6/5, and this many more: state can change until it
/// lands. Where somebody stakes in an empty pool meanwhile, a distribution has a stream to settle and to begin
/// there: up to 800 units more, a fifth or more of one of a single pool, and so much is over where that happens in
/// all sixteen. One that runs out of units has failed, and is not signed anew before its blockhash has expired.
const HEADROOM: (u64, u64) = (6, 5);
const HEADROOM_UNITS: u64 = 15_000;

/// What a simulation found.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Compute units used.
    pub units: u64,
    /// The program's log.
    pub logs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simulated {
    err: Option<Value>,
    logs: Option<Vec<String>>,
    units_consumed: Option<u64>,
}

impl Simulation {
    /// The limit a transaction gets, compute units, rounded up.
    pub fn compute_unit_limit(&self) -> u32 {
        let share = self.units.saturating_mul(HEADROOM.0).div_ceil(HEADROOM.1);
        let limit = share.saturating_add(HEADROOM_UNITS);
        u32::try_from(limit)
            .unwrap_or(LARGEST_LIMIT)
            .min(LARGEST_LIMIT)
    }
}

impl Rpc {
    /// Simulates signed bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Transaction`] where it would fail, [`Error::Rpc`] where
    /// nobody can say.
    pub async fn simulate(&self, transaction: &SignedTransaction) -> Result<Simulation, Error> {
        let encoded = BASE64_STANDARD.encode(&transaction.bytes);
        let commitment = self.commitment().commitment;
        let params = |least| json!([encoded, {"encoding": "base64", "sigVerify": true, "commitment": commitment, "minContextSlot": least}]);
        let (_, simulated) = self
            .read_since::<Simulated>(
                RpcRequest::SimulateTransaction,
                "simulateTransaction",
                0,
                params,
            )
            .await?;
        let Simulated {
            err,
            logs,
            units_consumed,
        } = simulated;
        let logs = logs.unwrap_or_default();
        match err {
            Some(err) => Err(error_from_runtime(&err, logs)),
            None => Ok(Simulation {
                units: units_consumed.unwrap_or(u64::from(LARGEST_LIMIT)),
                logs,
            }),
        }
    }

    /// Simulates the instructions with the largest limit and no priority fee, which together
    /// would cost more than the wallet may hold.
    ///
    /// # Errors
    /// As [`Rpc::simulate`], and where the instructions cannot be signed.
    pub async fn simulate_instructions(
        &self,
        signer: &Keypair,
        instructions: &[Instruction],
        blockhash: Blockhash,
    ) -> Result<Simulation, Error> {
        let terms = Terms {
            compute_unit_limit: LARGEST_LIMIT,
            compute_unit_price: 0,
            blockhash: blockhash.hash,
        };
        self.simulate(&sign(signer, instructions, terms)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_a_fifth_and_some_above_and_never_over_the_largest() {
        for (units, limit) in [
            (0, 15_000),
            (1, 15_002),
            (5_000, 21_000),
            (5_001, 21_002),
            (1_400_000, 1_400_000),
            (u64::MAX, 1_400_000),
        ] {
            assert_eq!(
                Simulation {
                    units,
                    logs: Vec::new()
                }
                .compute_unit_limit(),
                limit,
                "{units}"
            );
        }
    }
}
