//! What the vault should do, written the plain way: every stream is paid out to every position at
//! every step, in numbers so fine that their rounding never reaches a lamport. No accumulator, no
//! Q64.64, nothing shared with the program.

use std::collections::BTreeMap;

use ethnum::U256;

/// Bits of fraction of an amount of lamports.
const FRACTION_BITS: u32 = 100;
/// Lamports for so many units.
const PRICE_SCALE: u64 = 1_000_000_000;

/// An amount of lamports with [`FRACTION_BITS`] of fraction.
fn fine(lamports: u64) -> U256 {
    U256::from(lamports) << FRACTION_BITS
}

/// Whole lamports, rounded down.
pub fn whole(amount: U256) -> u64 {
    (amount >> FRACTION_BITS).as_u64()
}

/// Someone's stake in one pool.
#[derive(Clone, Debug, Default)]
pub struct Stake {
    pub units: u64,
    /// Ever earned, paid out or not.
    pub earned: U256,
    /// Of it up to the last time the program settled the position: what an emergency leaves.
    settled: U256,
    /// Times the program rounded what it earned.
    pub settlements: u64,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct Pool {
    pub price: u64,
    pub native: bool,
    pub stakes: BTreeMap<usize, Stake>,
    remaining: U256,
    end: i64,
    settled_at: i64,
}

impl Pool {
    pub fn new(price: u64, native: bool, now: i64) -> Self {
        Self {
            price,
            native,
            stakes: BTreeMap::new(),
            remaining: U256::ZERO,
            end: now,
            settled_at: now,
        }
    }

    pub fn total_units(&self) -> u64 {
        self.stakes.values().map(|stake| stake.units).sum()
    }

    pub fn value_lamports(&self) -> u64 {
        let value = u128::from(self.total_units()) * u128::from(self.price);
        u64::try_from(value / u128::from(PRICE_SCALE)).unwrap()
    }

    pub fn units_of(&self, user: usize) -> u64 {
        self.stakes.get(&user).map_or(0, |stake| stake.units)
    }

    /// The program settles a position of the settled pool; opened when missing.
    pub fn settle_stake(&mut self, user: usize) -> &mut Stake {
        let stake = self.stakes.entry(user).or_default();
        stake.settled = stake.earned;
        stake.settlements += 1;
        stake
    }

    /// All units leave; what was earned since the last settlement is given up.
    pub fn leave_without_settling(&mut self, user: usize) {
        let stake = self.stakes.get_mut(&user).unwrap();
        stake.units = 0;
        stake.earned = stake.settled;
    }

    /// Pays out what streamed since the last step; a pool without units holds its stream still.
    pub fn settle(&mut self, now: i64) {
        let passed = now - self.settled_at;
        self.settled_at = now;
        let left = self.end - (now - passed);
        let total = self.total_units();
        if passed <= 0 || left <= 0 {
            return;
        }
        if total == 0 {
            self.end += passed;
            return;
        }
        let streamed = if passed >= left {
            self.remaining
        } else {
            self.remaining * U256::try_from(passed).unwrap() / U256::try_from(left).unwrap()
        };
        self.remaining -= streamed;
        for stake in self.stakes.values_mut() {
            stake.earned += streamed * U256::from(stake.units) / U256::from(total);
        }
    }

    fn fold(&mut self, lamports: u64, seconds: u64, now: i64) {
        if now >= self.end {
            self.remaining = U256::ZERO;
        }
        self.remaining += fine(lamports);
        self.end = now + i64::try_from(seconds).unwrap();
    }
}

/// The vault: its pools, and where its lamports are.
#[derive(Clone, Debug)]
pub struct Reference {
    pub pools: Vec<Pool>,
    /// Funded and not distributed: staking, compute.
    pub funded: [u64; 2],
    /// Stakers' part that nobody could take yet.
    pub carried: u64,
    /// Subsidy, reserve, treasury.
    pub buckets: [u64; 3],
}

impl Reference {
    pub fn settle(&mut self, now: i64) {
        for pool in &mut self.pools {
            pool.settle(now);
        }
    }

    /// Splits `lamports` of a source by basis points (stakers, subsidy, reserve, treasury) and
    /// streams the stakers' part to the pools by value; rewards of base staking to the SOL pool.
    pub fn distribute(
        &mut self,
        source: usize,
        lamports: u64,
        bps: [u64; 4],
        seconds: u64,
        now: i64,
    ) {
        self.settle(now);
        self.funded[source] -= lamports;
        let mut stakers = lamports;
        for (bucket, bps) in self.buckets.iter_mut().zip(&bps[1..]) {
            let part = u64::try_from(u128::from(lamports) * u128::from(*bps) / 10_000).unwrap();
            *bucket += part;
            stakers -= part;
        }
        let mut left = stakers + self.carried;
        let values: Vec<u64> = self
            .pools
            .iter()
            .map(|pool| {
                if source == 1 || pool.native {
                    pool.value_lamports()
                } else {
                    0
                }
            })
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
                pool.fold(part, seconds, now);
            }
        }
        self.carried = left;
    }
}
