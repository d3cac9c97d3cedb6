//! What the plan of base staking decides on: plain numbers, read elsewhere.

use primis_vault_interface::math;
use solana_address::Address;

/// The chain as base staking sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StakingFacts {
    /// The cluster's clock, Unix seconds.
    pub now: i64,
    /// The cluster's epoch.
    pub epoch: u64,
    /// When it began, Unix seconds.
    pub epoch_started_at: i64,
    /// Whether the keeper's key is the vault's keeper.
    pub is_keeper: bool,
    /// Whether distributions are paused.
    pub is_paused: bool,
    /// Lamports in the keeper's wallet.
    pub wallet_lamports: u64,
    /// The SOL pool.
    pub pool: PoolFacts,
    /// The first ticket of the queue.
    pub head: Option<TicketFacts>,
    /// The validators on the list.
    pub validators: Vec<ValidatorFacts>,
    /// Delegations that are not reclaimed.
    pub delegations: Vec<DelegationFacts>,
    /// Prices the vault goes by that are old enough to be refreshed.
    pub old_prices: Vec<PriceFacts>,
    /// Harvested rewards, and their distributions.
    pub rewards: RewardFacts,
}

/// The SOL pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolFacts {
    /// Lamports of principal that are not staked.
    pub free_lamports: u64,
    /// Principal in stake accounts, lamports; also of those that are being deactivated.
    pub staked_lamports: u64,
    /// Principal in stake accounts that are being deactivated, lamports.
    pub deactivating_lamports: u64,
    /// Part of the principal that is never delegated, basis points.
    pub buffer_bps: u64,
    /// Units waiting in tickets.
    pub ticket_units: u64,
    /// Lamports for 1,000,000,000 units.
    pub price: u64,
    /// Number of the next delegation.
    pub delegation_next: u64,
}

/// The first ticket of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketFacts {
    /// Its number.
    pub number: u64,
    /// Units still to be paid out; 0: cancelled.
    pub units: u64,
}

/// A validator on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorFacts {
    /// Its vote account.
    pub vote: Address,
    /// Most principal it may hold, lamports; 0: none any more.
    pub cap_lamports: u64,
    /// Principal it holds, lamports.
    pub staked_lamports: u64,
    /// Unix second from which it may be delegated to.
    pub opens_at: i64,
    /// Whether the cluster calls it delinquent; not known counts as no.
    pub is_delinquent: bool,
    /// Its commission, percent, where the cluster tells.
    pub commission_percent: Option<u8>,
}

/// A delegation and its stake account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelegationFacts {
    /// Its number.
    pub number: u64,
    /// The validator's vote account.
    pub vote: Address,
    /// Whether the vault has it down as being deactivated.
    pub is_deactivating: bool,
    /// Principal in it, lamports.
    pub principal_lamports: u64,
    /// Rent of the stake account, lamports.
    pub rent_lamports: u64,
    /// What the stake account holds, lamports.
    pub held_lamports: u64,
    /// Epoch in which it was delegated; it is active from the next.
    pub activation_epoch: u64,
    /// Epoch in which it was deactivated by the stake program's account; `None`: it was not.
    pub deactivation_epoch: Option<u64>,
}

/// A token's price that may be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceFacts {
    /// The pool.
    pub pool: Address,
    /// Its token's mint.
    pub mint: Address,
    /// How old the price is, seconds.
    pub age_seconds: i64,
}

/// Harvested rewards, and the distributions made of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RewardFacts {
    /// Lamports harvested and not yet distributed.
    pub funded_lamports: u64,
    /// Where the last distribution ended, Unix seconds.
    pub last_interval_id: i64,
    /// When it was made, Unix seconds; 0: none yet.
    pub last_distributed_at: i64,
    /// Seconds the vault wants between two.
    pub min_spacing_seconds: u64,
    /// Largest distribution, lamports.
    pub cap_lamports: u64,
}

impl PoolFacts {
    /// What `units` are worth, lamports, rounded down; what does not fit is more than any pool has.
    pub fn lamports_for(&self, units: u64) -> u64 {
        math::value_lamports(units, self.price).unwrap_or(u64::MAX)
    }

    /// Units that lamports pay for, rounded down.
    pub fn units_for(&self, lamports: u64) -> u64 {
        math::units_for(lamports, self.price).unwrap_or(0)
    }

    /// What the tickets wait for, lamports.
    pub fn ticket_lamports(&self) -> u64 {
        self.lamports_for(self.ticket_units)
    }

    /// Free lamports that no ticket waits for.
    pub fn instant_lamports(&self) -> u64 {
        self.free_lamports.saturating_sub(self.ticket_lamports())
    }

    /// What is kept free of the principal, lamports, rounded up: as the program counts it.
    pub fn buffer_lamports(&self) -> u64 {
        let buffer = u128::from(self.held_lamports())
            .saturating_mul(u128::from(self.buffer_bps))
            .div_ceil(u128::from(math::BPS_DENOMINATOR));
        u64::try_from(buffer).unwrap_or(u64::MAX)
    }

    /// Principal, free and staked, lamports.
    pub fn held_lamports(&self) -> u64 {
        self.free_lamports.saturating_add(self.staked_lamports)
    }
}

impl DelegationFacts {
    /// What the stake account has earned and nobody has harvested, lamports.
    pub fn reward_lamports(&self) -> u64 {
        self.held_lamports
            .saturating_sub(self.principal_lamports)
            .saturating_sub(self.rent_lamports)
    }

    /// What it lost of its principal, lamports.
    pub fn lost_lamports(&self) -> u64 {
        self.principal_lamports.saturating_sub(self.held_lamports)
    }

    /// Whether it earns nothing yet: deactivated now, its SOL is back at once.
    pub fn is_warming_up(&self, epoch: u64) -> bool {
        self.activation_epoch >= epoch
    }

    /// Whether the stake program gives its lamports back by now. Where much of the cluster's stake
    /// leaves at once it takes an epoch longer; the simulation tells.
    pub fn is_inactive(&self, epoch: u64) -> bool {
        self.deactivation_epoch
            .is_some_and(|at| at < epoch || at == self.activation_epoch)
    }
}
