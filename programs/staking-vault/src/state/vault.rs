//! The vault: roles, rules, and the yield it holds.

use anchor_lang::{address_eq, prelude::*};
use bytemuck::{Pod, Zeroable};

use super::{Config, Split};
use crate::errors::{AccountError, InputError, InvariantError, RuleError};

/// Where yield comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Rewards of base staking.
    Staking,
    /// Revenue of the compute platform.
    Compute,
}

impl Source {
    /// Reads the instruction argument: 0 staking, 1 compute.
    pub fn try_from_arg(arg: u8) -> Result<Self> {
        match arg {
            0 => Ok(Self::Staking),
            1 => Ok(Self::Compute),
            _ => Err(InputError::UnknownSource.into()),
        }
    }
}

/// Where yield goes that is not the stakers'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Makes compute cheaper.
    Subsidy,
    /// Kept against shortfalls.
    Reserve,
    /// Kept by the platform.
    Treasury,
}

impl Bucket {
    /// Reads the instruction argument: 1 subsidy, 2 reserve, 3 treasury (0, the stakers', has no
    /// balance: it streams).
    pub fn try_from_arg(arg: u8) -> Result<Self> {
        match arg {
            1 => Ok(Self::Subsidy),
            2 => Ok(Self::Reserve),
            3 => Ok(Self::Treasury),
            _ => Err(InputError::UnknownBucket.into()),
        }
    }

    /// The bucket's part of a split, basis points.
    pub fn bps_of(self, split: &Split) -> u16 {
        match self {
            Self::Subsidy => split.subsidy_bps,
            Self::Reserve => split.reserve_bps,
            Self::Treasury => split.treasury_bps,
        }
    }
}

/// The pause flags.
pub struct Pause;

impl Pause {
    /// Deposits and compounding are refused.
    pub const DEPOSITS: u8 = 1;
    /// Distributions are refused.
    pub const DISTRIBUTIONS: u8 = 2;
    /// All known flags.
    pub const ALL: u8 = Self::DEPOSITS | Self::DISTRIBUTIONS;
}

/// What the vault remembers of one yield source.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct SourceState {
    /// Id of the last interval distributed: the Unix second it ended at.
    pub last_interval_id: i64,
    /// When that distribution was made, Unix seconds.
    pub last_distributed_at: i64,
    /// Lamports funded and not yet distributed.
    pub funded_lamports: u64,
    /// Lamports ever funded.
    pub funded_total_lamports: u64,
    /// Lamports ever distributed.
    pub distributed_total_lamports: u64,
    /// Lamports ever given to stakers.
    pub stakers_total_lamports: u64,
    /// Distributions made.
    pub distribution_count: u64,
}

/// A vault. Its own lamports are the yield it holds; principal lies in the pools.
#[account]
pub struct Vault {
    /// The id its address is derived from.
    pub id: u64,
    /// Lamports that keep the account alive and are nobody's yield.
    pub rent_lamports: u64,
    /// Seconds between proposing a config and applying it; fixed for good.
    pub timelock_seconds: u64,
    /// Unix second from which the proposed config can be applied; 0: none is proposed.
    pub pending_config_at: i64,
    /// The rules in force.
    pub config: Config,
    /// The proposed rules.
    pub pending_config: Config,
    /// Base staking.
    pub staking: SourceState,
    /// Compute revenue.
    pub compute: SourceState,
    /// The stakers' lamports in the vault: streaming, owed, and what rounding left over.
    pub stakers_lamports: u64,
    /// The stakers' lamports that no pool could take yet.
    pub carried_lamports: u64,
    /// Lamports in the subsidy bucket.
    pub subsidy_lamports: u64,
    /// Lamports in the reserve bucket.
    pub reserve_lamports: u64,
    /// Lamports in the treasury bucket.
    pub treasury_lamports: u64,
    /// Lamports ever paid to or compounded for stakers.
    pub claimed_total_lamports: u64,
    /// Lamports ever swept from the subsidy, reserve and treasury buckets.
    pub swept_total_lamports: [u64; 3],
    /// Governs the vault.
    pub authority: Address,
    /// Proposed to govern it; the zero address: nobody.
    pub pending_authority: Address,
    /// Distributes, and sweeps subsidy and treasury.
    pub keeper: Address,
    /// May pause.
    pub guardian: Address,
    /// Layout version.
    pub version: u8,
    /// Bump of its address.
    pub bump: u8,
    /// Flags of [`Pause`].
    pub paused: u8,
    /// Pools it has.
    pub pool_count: u8,
    /// Always zero.
    pub padding: [u8; 4],
    /// For later versions; zero.
    pub reserved: [u8; 256],
}

impl Vault {
    /// The state of a source.
    pub fn source(&self, source: Source) -> &SourceState {
        match source {
            Source::Staking => &self.staking,
            Source::Compute => &self.compute,
        }
    }

    /// The state of a source, to change it.
    pub fn source_mut(&mut self, source: Source) -> &mut SourceState {
        match source {
            Source::Staking => &mut self.staking,
            Source::Compute => &mut self.compute,
        }
    }

    /// The balance of a bucket, to change it.
    pub fn bucket_mut(&mut self, bucket: Bucket) -> &mut u64 {
        match bucket {
            Bucket::Subsidy => &mut self.subsidy_lamports,
            Bucket::Reserve => &mut self.reserve_lamports,
            Bucket::Treasury => &mut self.treasury_lamports,
        }
    }

    /// Refuses while any of `flags` is set.
    pub fn require_deposits_open(&self) -> Result<()> {
        require!(
            self.paused & Pause::DEPOSITS == 0,
            RuleError::DepositsPaused
        );
        Ok(())
    }

    /// Refuses while distributions are paused.
    pub fn require_distributions_open(&self) -> Result<()> {
        require!(
            self.paused & Pause::DISTRIBUTIONS == 0,
            RuleError::DistributionsPaused
        );
        Ok(())
    }

    /// Refuses anyone but the authority.
    pub fn require_authority(&self, signer: &Address) -> Result<()> {
        require!(
            address_eq(signer, &self.authority),
            AccountError::NotAuthority
        );
        Ok(())
    }

    /// Refuses whoever may not sweep the bucket: the reserve only the authority may, the others the
    /// keeper too.
    pub fn require_may_sweep(&self, signer: &Address, bucket: Bucket) -> Result<()> {
        if bucket == Bucket::Reserve {
            return self.require_authority(signer);
        }
        require!(
            address_eq(signer, &self.keeper) || address_eq(signer, &self.authority),
            AccountError::NotKeeperOrAuthority
        );
        Ok(())
    }

    /// Books lamports that came in for a source and wait to be distributed.
    pub fn book_funding(&mut self, source: Source, lamports: u64) -> Result<()> {
        let state = self.source_mut(source);
        state.funded_lamports = state
            .funded_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        state.funded_total_lamports = state
            .funded_total_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        Ok(())
    }

    /// Books lamports that leave the vault for a staker, as a payment or as new principal.
    pub fn book_claim(&mut self, lamports: u64) -> Result<()> {
        self.stakers_lamports = self
            .stakers_lamports
            .checked_sub(lamports)
            .ok_or(InvariantError::YieldShort)?;
        self.claimed_total_lamports = self
            .claimed_total_lamports
            .checked_add(lamports)
            .ok_or(InvariantError::Overflow)?;
        Ok(())
    }

    /// What the vault must hold: rent, the stakers' part, carried, buckets and funded lamports.
    pub fn liabilities_lamports(&self) -> Option<u64> {
        self.rent_lamports
            .checked_add(self.stakers_lamports)?
            .checked_add(self.carried_lamports)?
            .checked_add(self.subsidy_lamports)?
            .checked_add(self.reserve_lamports)?
            .checked_add(self.treasury_lamports)?
            .checked_add(self.staking.funded_lamports)?
            .checked_add(self.compute.funded_lamports)
    }

    /// The vault's balance covers all it owes. Called last wherever yield moves.
    pub fn invariant(&self, balance_lamports: u64) -> Result<()> {
        let owed = self
            .liabilities_lamports()
            .ok_or(InvariantError::Overflow)?;
        require!(balance_lamports >= owed, InvariantError::YieldShort);
        Ok(())
    }
}
