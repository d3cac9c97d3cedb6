//! The staking vault as hosts see it. Everything but the addresses and the arithmetic is written
//! from the program's IDL when this crate is built; see `build.rs`.

use bytemuck::{Pod, Zeroable};
pub use primis_vault_math as math;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

mod layout;
pub mod log;
mod pda;

pub use layout::{Layout, LayoutError, U128Le};
pub use pda::{
    NATIVE_MINT, delegation_address, pool_address, position_address, stake_address, ticket_address,
    tokens_address, validator_address, vault_address,
};

include!(concat!(env!("OUT_DIR"), "/interface.rs"));

impl accounts::Pool {
    /// The pool's stream as numbers, to settle it at any time with [`math`].
    pub fn stream(&self) -> math::Stream {
        math::Stream {
            acc: self.acc.get(),
            rate: self.rate.get(),
            end: self.stream_end,
            last_update: self.last_update,
        }
    }
}

impl accounts::Position {
    /// Lamports owed to the position if it settled at `now` (Unix seconds): what a claim pays.
    /// `None` where the accounts do not belong together.
    pub fn owed_lamports_at(&self, pool: &accounts::Pool, now: i64) -> Option<u64> {
        let stream = pool.stream().settle(pool.total_units, now)?;
        let earned = math::owed_lamports(self.units, self.acc.get(), stream.acc)?;
        self.owed_lamports.checked_add(earned)
    }
}

/// Where yield comes from; the `source` argument of `fund` and `distribute_yield`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Source {
    /// Rewards of base staking.
    Staking = 0,
    /// Revenue of the compute platform.
    Compute = 1,
}

impl accounts::Vault {
    /// What the vault must hold, lamports: rent, the stakers' part, what is carried, the buckets
    /// and what was funded. `None`: the sum does not fit, which no vault's does.
    pub fn liabilities_lamports(&self) -> Option<u64> {
        [
            self.stakers_lamports,
            self.carried_lamports,
            self.subsidy_lamports,
            self.reserve_lamports,
            self.treasury_lamports,
            self.staking.funded_lamports,
            self.compute.funded_lamports,
        ]
        .into_iter()
        .try_fold(self.rent_lamports, u64::checked_add)
    }

    /// The state of a source.
    pub fn source(&self, source: Source) -> &types::SourceState {
        match source {
            Source::Staking => &self.staking,
            Source::Compute => &self.compute,
        }
    }
}
