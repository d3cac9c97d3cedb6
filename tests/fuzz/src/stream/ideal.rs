//! What a pool should pay, without an accumulator: at every step the stream is shared out to every
//! position, in numbers so fine that their rounding never reaches a lamport. Beside it stands how
//! much the program may have lost by its own rounding, and no more.

use ethnum::U256;

/// Bits of fraction of an amount of lamports.
const FRACTION_BITS: u32 = 100;
/// The program's last place of a Q64.64 number.
const PLACE: U256 = U256::new(1 << (FRACTION_BITS - 64));
/// A lamport.
const LAMPORT: U256 = U256::new(1 << FRACTION_BITS);

/// One owner's part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    pub units: u64,
    /// Ever earned.
    earned: U256,
    /// Of it the program may have lost so much.
    lost: U256,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct Pool<const N: usize> {
    pub positions: [Position; N],
    remaining: U256,
    end: i128,
    at: i128,
    /// Steps so far; each may round an amount down by two of the finest parts.
    steps: u64,
}

impl<const N: usize> Pool<N> {
    pub fn new(now: i64) -> Self {
        Self {
            positions: [Position::default(); N],
            remaining: U256::ZERO,
            end: now.into(),
            at: now.into(),
            steps: 0,
        }
    }

    /// Shares out what streamed since the last step; without units the stream stands still.
    pub fn settle(&mut self, now: i64) {
        let now = i128::from(now);
        let (passed, left) = (now - self.at, self.end - self.at);
        if passed <= 0 {
            return;
        }
        self.at = now;
        let total: u64 = self.positions.iter().map(|position| position.units).sum();
        if left <= 0 {
            return;
        }
        if total == 0 {
            self.end += passed;
            return;
        }
        let streamed = if passed >= left {
            self.remaining
        } else {
            self.remaining * wide(passed) / wide(left)
        };
        self.steps += 1;
        self.remaining -= streamed;
        for position in &mut self.positions {
            let units = U256::from(position.units);
            position.earned += streamed * units / U256::from(total);
            // The accumulator is rounded down by less than its last place, for every unit.
            position.lost += PLACE * units;
        }
    }

    /// Adds to the settled stream.
    pub fn fold(&mut self, lamports: u64, seconds: u64, now: i64) {
        if i128::from(now) >= self.end {
            self.remaining = U256::ZERO;
        }
        self.steps += 1;
        self.remaining += LAMPORT * U256::from(lamports);
        self.at = now.into();
        self.end = self.at + i128::from(seconds);
        // The rate is rounded down by less than its last place, for every second. Whose loss that
        // will be is open: it may be anyone's who comes.
        for position in &mut self.positions {
            position.lost += PLACE * U256::from(seconds);
        }
    }

    /// The program rounds what a position earned down to lamports.
    pub fn settle_position(&mut self, who: usize) {
        self.positions[who].lost += LAMPORT;
    }

    /// Never a lamport too much, and only so much too little as rounding explains.
    pub fn check(&self, who: usize, program_lamports: U256) {
        let Position { earned, lost, .. } = self.positions[who];
        let program = program_lamports * LAMPORT;
        let blur = U256::from(self.steps) * 2;
        assert!(program <= earned + blur, "overpaid: {program} of {earned}");
        assert!(
            program + lost >= earned,
            "underpaid: {program} of {earned}, {lost} explained"
        );
    }
}

fn wide(seconds: i128) -> U256 {
    U256::try_from(seconds).unwrap()
}
