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
/// A transaction gets what its simulation used, times 6/5: state can change until it lands.
const HEADROOM: (u64, u64) = (6, 5);

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
        let limit = self.units.saturating_mul(HEADROOM.0).div_ceil(HEADROOM.1);
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
    fn the_limit_is_a_fifth_above_and_never_over_the_largest() {
        for (units, limit) in [
            (0, 0),
            (1, 2),
            (5_000, 6_000),
            (5_001, 6_002),
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
