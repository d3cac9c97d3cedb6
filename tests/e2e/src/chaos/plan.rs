//! The schedule: drawn from the seed before anything runs.

use std::fmt;

use primis_localnet::chain::SLOT_MILLISECONDS;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use super::{Fault, Options};

/// Longest fault, windows, apart from what slots it makes pass.
const LONGEST: u32 = 3;
/// Most windows without a fault between two.
const LONGEST_REST: u32 = 2;

/// A fault, when it begins and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The window it begins in the middle of, from 0.
    pub at: u32,
    /// How many windows' ends it lasts over.
    pub length: u32,
    /// What happens.
    pub fault: Fault,
    /// What happens at the same time.
    pub beside: Option<Fault>,
    /// Decides everything else about it.
    pub dice: u32,
}

impl Episode {
    /// The window it is over in the middle of.
    pub fn end(&self) -> u32 {
        self.at.saturating_add(self.length)
    }
}

impl fmt::Display for Episode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>4} +{:<2} {}",
            self.at,
            self.length,
            self.fault.name()
        )?;
        match self.beside {
            Some(beside) => write!(f, "; {}", beside.name()),
            None => Ok(()),
        }
    }
}

/// The faults of a run, in order. They are dealt from a deck that holds each once, and a new one
/// when it is empty: each happens, wherever there are windows enough.
pub fn plan(options: &Options) -> Vec<Episode> {
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut episodes = Vec::new();
    let mut deck = Vec::new();
    // The first window shows that it works at all.
    let mut at = 1;
    while at < options.intervals {
        if deck.is_empty() {
            deck = Fault::ALL.to_vec();
            deck.shuffle(&mut random);
        }
        let length = random.random_range(1..=LONGEST);
        let left = options.intervals - at;
        let lasts = |fault: Fault| length.saturating_add(windows_of_slots(fault, options));
        // What does not fit in any more is left in the deck; what does is dealt.
        let Some(index) = deck.iter().position(|fault| lasts(*fault) <= left) else {
            break;
        };
        let fault = deck.remove(index);
        let beside = Fault::BESIDE.choose(&mut random).copied();
        let fits = |beside: &Fault| {
            let lets_through = matches!(beside, Fault::RpcDelay | Fault::RpcTwice);
            let apart = beside.service().is_none() || beside.service() != fault.service();
            *beside != fault && apart && (lets_through || !fault.needs_distribution())
        };
        let episode = Episode {
            at,
            length: lasts(fault),
            fault,
            beside: beside.filter(fits).filter(|_| random.random_ratio(1, 3)),
            dice: random.random(),
        };
        at = episode.end() + random.random_range(0..=LONGEST_REST);
        episodes.push(episode);
    }
    episodes
}

/// Names a schedule: the same for the same faults at the same times, and for no others.
pub fn fingerprint(episodes: &[Episode]) -> String {
    let hash = Sha256::digest(format!("{episodes:?}"));
    hex::encode(hash).chars().take(16).collect()
}

/// How many windows the slots of a fault are.
fn windows_of_slots(fault: Fault, options: &Options) -> u32 {
    let milliseconds = u64::from(fault.slots()) * SLOT_MILLISECONDS;
    let windows = milliseconds.div_ceil(u64::from(options.interval_seconds.max(1)) * 1_000);
    u32::try_from(windows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(intervals: u32, seed: u64) -> Vec<Episode> {
        plan(&Options {
            intervals,
            seed,
            interval_seconds: 2,
        })
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(of(500, 1), of(500, 1));
        assert_ne!(of(500, 1), of(500, 2));
        assert_eq!(fingerprint(&of(500, 1)), fingerprint(&of(500, 1)));
        assert_ne!(fingerprint(&of(500, 1)), fingerprint(&of(500, 2)));
    }

    #[test]
    fn every_fault_happens_in_500_windows() {
        for seed in 0..20 {
            let happened: BTreeSet<Fault> = of(500, seed).iter().map(|e| e.fault).collect();
            assert_eq!(happened.len(), Fault::ALL.len(), "seed {seed}");
        }
    }

    #[test]
    fn one_at_a_time_within_the_run() {
        for seed in 0..20 {
            let episodes = of(120, seed);
            for (earlier, later) in episodes.iter().zip(episodes.iter().skip(1)) {
                assert!(earlier.end() <= later.at);
                assert!(later.at - earlier.end() <= LONGEST_REST);
            }
            assert!(episodes.iter().all(|e| e.length >= 1 && e.end() <= 120));
        }
    }
}
