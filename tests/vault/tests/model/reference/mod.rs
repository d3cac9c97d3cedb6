//! What the vault should do, written the plain way: every stream is paid out to every position at
//! every step, in numbers so fine that their rounding never reaches a lamport. No accumulator, no
//! Q64.64, nothing shared with the program.

mod pool;
mod principal;

use primis_vault_interface::types::{Config, Split};

pub use pool::{Pool, Status, whole};
pub use principal::{Principal, Validator};

use principal::Returned;

/// Flags of what is paused.
const DEPOSITS: u8 = 1;

/// The vault: its pools, its rules, and where its lamports are.
#[derive(Clone, Debug)]
pub struct Reference {
    pub pools: Vec<Pool>,
    /// Of the SOL pool, the first.
    pub principal: Principal,
    pub config: Config,
    /// A config that waits for its time, and the time.
    pub proposed: Option<(Config, i64)>,
    pub paused: u8,
    /// Funded and not distributed: staking, compute.
    pub funded: [u64; 2],
    /// Stakers' part that nobody could take yet.
    pub carried: u64,
    /// Subsidy, reserve, treasury.
    pub buckets: [u64; 3],
}

/// The parts of a split: subsidy, reserve, treasury. The stakers get the rest.
fn parts(split: &Split) -> [u16; 3] {
    [split.subsidy_bps, split.reserve_bps, split.treasury_bps]
}

impl Reference {
    /// Units that a deposit of lamports into the SOL pool becomes.
    pub fn units_of_deposit(&self, lamports: u64) -> Option<u64> {
        let pool = &self.pools[0];
        let open = self.paused & DEPOSITS == 0 && lamports >= pool.min_deposit_units;
        let units = pool.units_of_deposit(lamports)?;
        (open && pool.takes(units)).then_some(units)
    }

    /// Units that a deposit of tokens becomes: as many.
    pub fn units_of_tokens(&self, pool: usize, tokens: u64) -> Option<u64> {
        let pool = &self.pools[pool];
        let open = self.paused & DEPOSITS == 0 && tokens >= pool.min_deposit_units;
        let value = pool.value_of(pool.total_units() + tokens);
        let bound = pool.cap_lamports == u64::MAX || pool.price > 0 && value <= pool.cap_lamports;
        (open && bound && pool.takes(tokens)).then_some(tokens)
    }

    /// Units that yield becomes in the SOL pool; no minimum applies.
    pub fn units_of_compound(&self, lamports: u64) -> Option<u64> {
        let pool = &self.pools[0];
        let units = pool.units_of_deposit(lamports)?;
        (self.paused & DEPOSITS == 0 && pool.takes(units)).then_some(units)
    }

    /// The SOL pool and its principal.
    pub fn principal_mut(&mut self) -> (&Pool, &mut Principal) {
        (&self.pools[0], &mut self.principal)
    }

    /// Books what came back from a stake account.
    pub fn book_returned(&mut self, returned: Returned) {
        self.funded[0] += returned.reward;
        if returned.lost > 0 {
            let reserve = &mut self.buckets[1];
            let price = self.principal.lose(&self.pools[0], reserve, returned.lost);
            self.pools[0].price = price;
        }
    }

    /// Splits `lamports` of a source and streams the stakers' part to the pools by value; rewards of
    /// base staking to the SOL pool.
    pub fn distribute(&mut self, source: usize, lamports: u64, now: i64) {
        for pool in &mut self.pools {
            pool.settle(now);
        }
        self.funded[source] -= lamports;
        let split = [self.config.staking_split, self.config.compute_split][source];
        let mut stakers = lamports;
        for (bucket, bps) in self.buckets.iter_mut().zip(parts(&split)) {
            let part = u64::try_from(u128::from(lamports) * u128::from(bps) / 10_000).unwrap();
            *bucket += part;
            stakers -= part;
        }
        let mut left = stakers + self.carried;
        let takes = |pool: &&Pool| source == 1 || pool.native;
        let values: Vec<u64> = self
            .pools
            .iter()
            .map(|pool| Some(pool).filter(takes).map_or(0, Pool::yield_value))
            .collect();
        let mut value_left: u64 = values.iter().sum();
        for (pool, value) in self.pools.iter_mut().zip(values) {
            let part = match value {
                0 => 0,
                value if value == value_left => left,
                value => {
                    let exact = u128::from(left) * u128::from(value) / u128::from(value_left);
                    u64::try_from(exact).unwrap()
                }
            };
            value_left -= value;
            left -= part;
            if part > 0 {
                pool.fold(part, self.config.stream_seconds, now);
            }
        }
        self.carried = left;
    }
}
