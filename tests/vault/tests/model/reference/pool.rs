//! A pool's yield: its stream paid out to every position at every step.

use std::collections::BTreeMap;

use ethnum::U256;

/// Bits of fraction of an amount of lamports.
const FRACTION_BITS: u32 = 100;
/// Lamports for so many units.
pub const PRICE_SCALE: u64 = 1_000_000_000;

/// An amount of lamports with [`FRACTION_BITS`] of fraction.
fn fine(lamports: u64) -> U256 {
    U256::from(lamports) << FRACTION_BITS
}

/// Whole lamports, rounded down.
pub fn whole(amount: U256) -> u64 {
    (amount >> FRACTION_BITS).as_u64()
}

/// `a × b ÷ c`, rounded down; `None` if it does not fit.
pub fn mul_div(a: u64, b: u64, c: u64) -> Option<u64> {
    let exact = (u128::from(a) * u128::from(b)).checked_div(u128::from(c))?;
    u64::try_from(exact).ok()
}

/// Whether a pool takes deposits and yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Closed,
    Retired,
}

/// Someone's stake in one pool.
#[derive(Clone, Debug, Default)]
pub struct Stake {
    pub units: u64,
    /// Earned up to the last time the program settled the position, paid out or not.
    settled: U256,
    /// Earned since.
    since: U256,
    /// Times the program rounded what it earned.
    pub settlements: u64,
}

impl Stake {
    /// Ever earned, paid out or not.
    pub fn earned(&self) -> U256 {
        self.settled + self.since
    }

    /// The program settles the position.
    fn settle(&mut self) {
        self.settled += self.since;
        self.since = U256::ZERO;
        self.settlements += 1;
    }
}

/// One pool.
#[derive(Clone, Debug)]
pub struct Pool {
    pub price: u64,
    pub native: bool,
    pub status: Status,
    pub cap_units: u64,
    pub min_deposit_units: u64,
    /// Of a token pool: the most it may be worth, or no bound.
    pub cap_lamports: u64,
    pub stakes: BTreeMap<usize, Stake>,
    remaining: U256,
    end: i64,
    settled_at: i64,
}

impl Pool {
    pub fn new(price: u64, native: bool, limits: [u64; 2], now: i64) -> Self {
        let [cap_units, min_deposit_units] = limits;
        Self {
            price,
            native,
            status: Status::Active,
            cap_units,
            min_deposit_units,
            cap_lamports: u64::MAX,
            stakes: BTreeMap::new(),
            remaining: U256::ZERO,
            end: now,
            settled_at: now,
        }
    }

    pub fn total_units(&self) -> u64 {
        self.stakes.values().map(|stake| stake.units).sum()
    }

    /// Lamports that units are worth, rounded down.
    pub fn value_of(&self, units: u64) -> u64 {
        mul_div(units, self.price, PRICE_SCALE).unwrap()
    }

    /// Units for lamports, rounded down; `None` where they are not to be had for any.
    pub fn units_for(&self, lamports: u64) -> Option<u64> {
        mul_div(lamports, PRICE_SCALE, self.price)
    }

    /// Units that lamports become; where no unit is left to bear a loss, a unit is a lamport again.
    pub fn units_of_deposit(&self, lamports: u64) -> Option<u64> {
        match self.total_units() {
            0 => Some(lamports),
            _ => self.units_for(lamports),
        }
    }

    /// Adds units to the settled pool.
    pub fn add_units(&mut self, user: usize, units: u64) {
        if self.native && self.total_units() == 0 {
            self.price = PRICE_SCALE;
        }
        self.settle_stake(user).units += units;
    }

    /// Value that a distribution goes by.
    pub fn yield_value(&self) -> u64 {
        match self.status {
            Status::Retired => 0,
            Status::Active | Status::Closed => self.value_of(self.total_units()),
        }
    }

    pub fn units_of(&self, user: usize) -> u64 {
        self.stakes.get(&user).map_or(0, |stake| stake.units)
    }

    /// Whether the pool takes so many units more.
    pub fn takes(&self, units: u64) -> bool {
        let total = self.total_units().checked_add(units);
        self.status == Status::Active && total.is_some_and(|total| total <= self.cap_units)
    }

    /// The program settles a position of the settled pool; opened when missing.
    pub fn settle_stake(&mut self, user: usize) -> &mut Stake {
        let stake = self.stakes.entry(user).or_default();
        stake.settle();
        stake
    }

    /// Units leave without a settlement; what they earned since the last one is given up.
    pub fn leave_without_settling(&mut self, user: usize, units: u64) {
        let stake = self.stakes.get_mut(&user).unwrap();
        let left = stake.units - units;
        stake.since = stake.since * U256::from(left) / U256::from(stake.units);
        stake.units = left;
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
            stake.since += streamed * U256::from(stake.units) / U256::from(total);
        }
    }

    /// Adds yield to the settled stream, to run for `seconds` from `now`.
    pub fn fold(&mut self, lamports: u64, seconds: u64, now: i64) {
        if now >= self.end {
            self.remaining = U256::ZERO;
        }
        self.remaining += fine(lamports);
        self.end = now + i64::try_from(seconds).unwrap();
    }
}
