//! `primis_vault_math`'s stream under any order of deposits, withdrawals, claims, distributions and
//! passing time, over the full ranges.
//!
//! - every step gives what [`exact`] gives, or is refused where that does not fit, and then changes
//!   nothing
//! - what all positions earned and what still streams never exceeds what was put in
//! - no position earned more than [`ideal`] says, nor less than rounding explains
//! - yield per unit never falls

mod exact;
mod ideal;

use arbitrary::{Arbitrary, Unstructured};
use ethnum::U256;
use primis_vault_math::{Stream, owed_lamports};

/// Positions of the pool.
const OWNERS: usize = 4;
/// Longest sequence.
const STEPS: usize = 200;

/// A number of any size, small ones as likely as large ones.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Amount {
    bits: u64,
    shift: u8,
}

impl Amount {
    fn get(self) -> u64 {
        self.bits >> (self.shift % 64)
    }
}

/// How far the clock goes.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Passing {
    By(u16),
    Far(Amount),
    Back(Amount),
    /// To the second the stream runs dry, and so many around it.
    ToEnd(i8),
    To(i64),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Step {
    Pass(Passing),
    Fold { lamports: Amount, seconds: Amount },
    Deposit { owner: u8, units: Amount },
    Withdraw { owner: u8, units: Amount },
    WithdrawAll { owner: u8 },
    Settle { owner: u8 },
    Claim { owner: u8 },
}

/// A stream and calls as no program would make them.
#[derive(Arbitrary, Debug)]
struct Single {
    stream: (u128, u128, i64, i64),
    units: u64,
    now: i64,
    lamports: u64,
    seconds: u64,
    acc_then: u128,
}

#[derive(Arbitrary, Debug)]
enum Case {
    Single(Single),
    Sequence { start: i64, steps: Vec<Step> },
}

/// One case made of the bytes.
pub fn run(data: &[u8]) {
    match Case::arbitrary_take_rest(Unstructured::new(data)) {
        Ok(Case::Single(single)) => check_single(&single),
        Ok(Case::Sequence { start, steps }) => {
            let mut vault = Vault::new(start);
            for step in steps.iter().take(STEPS) {
                vault.step(*step);
                vault.check();
            }
        }
        Err(_) => {}
    }
}

fn check_single(single: &Single) {
    let (acc, rate, end, last_update) = single.stream;
    let stream = Stream {
        acc,
        rate,
        end,
        last_update,
    };
    let settled = stream.settle(single.units, single.now);
    assert_eq!(settled, exact::settle(&stream, single.units, single.now));
    if let Some(settled) = settled {
        assert!(settled.acc >= acc && settled.last_update >= last_update);
    }
    let folded = stream.fold(single.lamports, single.seconds, single.now);
    assert_eq!(
        folded,
        exact::fold(&stream, single.lamports, single.seconds, single.now)
    );
    assert_eq!(stream.remaining(), exact::remaining(&stream));
    assert_eq!(
        owed_lamports(single.units, single.acc_then, acc),
        exact::owed(single.units, single.acc_then, acc)
    );
}

/// A position as the program keeps it.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    units: u64,
    owed: u64,
    claimed: U256,
    acc: u128,
}

impl Position {
    fn settle(&mut self, stream: &Stream) -> Option<()> {
        let earned = owed_lamports(self.units, self.acc, stream.acc);
        assert_eq!(earned, exact::owed(self.units, self.acc, stream.acc));
        self.owed = self.owed.checked_add(earned?)?;
        self.acc = stream.acc;
        Some(())
    }
}

/// A pool as the program keeps it, and as it should be.
#[derive(Clone, Debug)]
struct Vault {
    now: i64,
    stream: Stream,
    positions: [Position; OWNERS],
    funded: U256,
    ideal: ideal::Pool<OWNERS>,
}

impl Vault {
    fn new(now: i64) -> Self {
        let stream = Stream {
            end: now,
            last_update: now,
            ..Stream::default()
        };
        Self {
            now,
            stream,
            positions: [Position::default(); OWNERS],
            funded: U256::ZERO,
            ideal: ideal::Pool::new(now),
        }
    }

    /// Takes a step if the program would; a refused one changes nothing.
    fn step(&mut self, step: Step) {
        if let Step::Pass(passing) = step {
            self.pass(passing);
            return;
        }
        let mut next = self.clone();
        if next.try_step(step).is_some() {
            assert!(next.stream.acc >= self.stream.acc);
            *self = next;
        }
    }

    fn pass(&mut self, passing: Passing) {
        self.now = match passing {
            Passing::By(seconds) => self.now.saturating_add(seconds.into()),
            Passing::Far(seconds) => self.now.saturating_add_unsigned(seconds.get()),
            Passing::Back(seconds) => self.now.saturating_sub_unsigned(seconds.get()),
            Passing::ToEnd(beside) => self.stream.end.saturating_add(beside.into()),
            Passing::To(now) => now,
        };
    }

    fn try_step(&mut self, step: Step) -> Option<()> {
        self.settle()?;
        match step {
            Step::Pass(_) => {}
            Step::Fold { lamports, seconds } => self.fold(lamports.get(), seconds.get())?,
            Step::Deposit { owner, units } => {
                let who = self.settle_position(owner)?;
                let units = units.get();
                self.total_units().checked_add(units)?;
                self.set_units(who, self.positions[who].units + units);
            }
            Step::Withdraw { owner, units } => {
                let who = self.settle_position(owner)?;
                let left = self.positions[who].units.checked_sub(units.get())?;
                self.set_units(who, left);
            }
            Step::WithdrawAll { owner } => {
                let who = self.settle_position(owner)?;
                self.set_units(who, 0);
            }
            Step::Settle { owner } => {
                self.settle_position(owner)?;
            }
            Step::Claim { owner } => {
                let who = self.settle_position(owner)?;
                let position = &mut self.positions[who];
                position.claimed += U256::from(std::mem::take(&mut position.owed));
            }
        }
        Some(())
    }

    fn settle(&mut self) -> Option<()> {
        let total = self.total_units();
        let settled = self.stream.settle(total, self.now);
        assert_eq!(settled, exact::settle(&self.stream, total, self.now));
        self.stream = settled?;
        self.ideal.settle(self.now);
        Some(())
    }

    fn fold(&mut self, lamports: u64, seconds: u64) -> Option<()> {
        let folded = self.stream.fold(lamports, seconds, self.now);
        assert_eq!(
            folded,
            exact::fold(&self.stream, lamports, seconds, self.now)
        );
        self.stream = folded?;
        self.ideal.fold(lamports, seconds, self.now);
        self.funded += U256::from(lamports);
        Some(())
    }

    fn settle_position(&mut self, owner: u8) -> Option<usize> {
        let who = usize::from(owner) % OWNERS;
        self.positions[who].settle(&self.stream)?;
        self.ideal.settle_position(who);
        Some(who)
    }

    fn set_units(&mut self, who: usize, units: u64) {
        self.positions[who].units = units;
        self.ideal.positions[who].units = units;
    }

    fn total_units(&self) -> u64 {
        self.positions.iter().map(|position| position.units).sum()
    }

    /// What every position would have if it settled now, against what was put in and what is due.
    fn check(&self) {
        let mut owing = U256::from(self.stream.remaining_lamports().unwrap());
        let mut ideal = self.ideal.clone();
        for (who, mut position) in self.positions.into_iter().enumerate() {
            if position.settle(&self.stream).is_none() {
                // The sum of what is owed does not fit: it cannot be settled, and keeps what it has.
                return;
            }
            ideal.settle_position(who);
            let earned = position.claimed + U256::from(position.owed);
            ideal.check(who, earned);
            owing += earned;
        }
        assert!(owing <= self.funded, "owes {owing} of {}", self.funded);
    }
}
