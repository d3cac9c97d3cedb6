//! What the authority can change, and only through the time lock.

use anchor_lang::{address_eq, prelude::*};
use bytemuck::{Pod, Zeroable};
use primis_vault_math::BPS_DENOMINATOR;

use super::{Bucket, Source};
use crate::{
    errors::ConfigError,
    seeds::{MAX_SPACING_SECONDS, MAX_STREAM_SECONDS},
};

/// How a source's yield is split, in basis points that sum to 10,000.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType, AnchorSerialize, AnchorDeserialize,
)]
pub struct Split {
    /// Streamed to stakers.
    pub stakers_bps: u16,
    /// Makes compute cheaper.
    pub subsidy_bps: u16,
    /// Kept against shortfalls.
    pub reserve_bps: u16,
    /// Kept by the platform.
    pub treasury_bps: u16,
}

impl Split {
    /// Whether the parts are the whole.
    fn sums(&self) -> bool {
        let [stakers, subsidy, reserve, treasury] = self.bps().map(u64::from);
        let sum = stakers
            .wrapping_add(subsidy)
            .wrapping_add(reserve)
            .wrapping_add(treasury);
        sum == BPS_DENOMINATOR
    }

    /// The four parts in the order of the buckets.
    pub fn bps(&self) -> [u16; 4] {
        [
            self.stakers_bps,
            self.subsidy_bps,
            self.reserve_bps,
            self.treasury_bps,
        ]
    }
}

/// A vault's economics.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType, AnchorSerialize, AnchorDeserialize,
)]
pub struct Config {
    /// Seconds over which a distribution streams.
    pub stream_seconds: u64,
    /// Seconds that must lie between two distributions of a source.
    pub min_spacing_seconds: u64,
    /// Largest amount of one distribution, lamports.
    pub max_distribution_lamports: u64,
    /// How yield of base staking is split.
    pub staking_split: Split,
    /// How compute revenue is split.
    pub compute_split: Split,
    /// The only address the subsidy bucket can be swept to.
    pub subsidy_address: Address,
    /// The only address the reserve bucket can be swept to.
    pub reserve_address: Address,
    /// The only address the treasury bucket can be swept to.
    pub treasury_address: Address,
}

impl Config {
    /// Refuses what would lock money in or make distributions impossible.
    pub fn validate(&self) -> Result<()> {
        require!(
            self.stream_seconds.wrapping_sub(1) < MAX_STREAM_SECONDS,
            ConfigError::StreamSecondsOutOfBounds
        );
        require!(
            self.min_spacing_seconds <= MAX_SPACING_SECONDS,
            ConfigError::SpacingOutOfBounds
        );
        require!(
            self.max_distribution_lamports > 0,
            ConfigError::ZeroDistributionCap
        );
        require!(
            self.staking_split.sums() && self.compute_split.sums(),
            ConfigError::SplitsDoNotSum
        );
        for bucket in [Bucket::Subsidy, Bucket::Reserve, Bucket::Treasury] {
            let fed = bucket.bps_of(&self.staking_split) | bucket.bps_of(&self.compute_split);
            require!(
                fed == 0 || !address_eq(self.sweep_address(bucket), &Address::default()),
                ConfigError::SweepAddressMissing
            );
        }
        Ok(())
    }

    /// The split of a source.
    pub fn split(&self, source: Source) -> &Split {
        match source {
            Source::Staking => &self.staking_split,
            Source::Compute => &self.compute_split,
        }
    }

    /// The only address a bucket can be swept to; the zero address where none is fixed.
    pub fn sweep_address(&self, bucket: Bucket) -> &Address {
        match bucket {
            Bucket::Subsidy => &self.subsidy_address,
            Bucket::Reserve => &self.reserve_address,
            Bucket::Treasury => &self.treasury_address,
        }
    }
}
