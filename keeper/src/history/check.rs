//! Whether a distribution is what its stretch's revenue says, and whether memory and chain tell the
//! same: pure comparisons.

use std::collections::BTreeMap;

use primis_price::SolUsd;
use solana_signature::Signature;

use super::Landed;
use crate::{
    human::{Sol, Time, Usd},
    memory::{AttemptState, Remembered},
    plan::Revenue,
};

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same to the last lamport.
    Agrees,
    /// Not the same; a person must look.
    Differs(String),
    /// It cannot be told; why.
    Unverified(String),
}

impl Verdict {
    /// The verdict in a word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs(_) => "differs",
            Self::Unverified(_) => "unverified",
        }
    }

    /// Why; empty where it agrees.
    pub fn reason(&self) -> &str {
        match self {
            Self::Agrees => "",
            Self::Differs(reason) | Self::Unverified(reason) => reason,
        }
    }
}

/// A distribution beside its revenue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Revenue of the stretch, as the source tells it now.
    pub revenue: Revenue,
    /// The price it was converted at, by the memory; nano-USD for a SOL.
    pub nano_usd_per_sol: Option<u64>,
    /// Lamports that should have been funded; `None` where the price is not known.
    pub expected_lamports: Option<u64>,
    /// The price that revenue and funding imply; nano-USD for a SOL.
    pub implied_nano_usd_per_sol: Option<u64>,
    /// What follows.
    pub verdict: Verdict,
}

/// Revenue that is worth a lamport even where a SOL costs a million dollars, nano-USD.
const WORTH_A_LAMPORT_NANO_USD: i64 = 1_000_000;

/// Compares what was funded with the revenue of its stretch.
pub fn check(landed: &Landed, remembered: Option<&Remembered>, revenue: Revenue) -> Checked {
    let price = remembered.and_then(|remembered| remembered.nano_usd_per_sol);
    let expected_lamports = match revenue {
        Revenue::Lamports(lamports) => Some(lamports),
        Revenue::NanoUsd(nano_usd) => match u64::try_from(nano_usd) {
            Err(_) | Ok(0) => Some(0),
            Ok(nano_usd) => price.and_then(|price| at(price).lamports_for(nano_usd)),
        },
    };
    Checked {
        revenue,
        nano_usd_per_sol: price,
        expected_lamports,
        implied_nano_usd_per_sol: implied_price(revenue, landed.funded_lamports),
        verdict: verdict(landed, remembered, revenue, expected_lamports),
    }
}

fn verdict(
    landed: &Landed,
    remembered: Option<&Remembered>,
    revenue: Revenue,
    expected_lamports: Option<u64>,
) -> Verdict {
    let funded = landed.funded_lamports;
    let planned = remembered.and_then(|remembered| remembered.revenue_nano_usd);
    match (revenue, planned, expected_lamports) {
        (Revenue::NanoUsd(now), Some(then), _) if now != then => Verdict::Differs(format!(
            "the source reported {} when this was distributed, and reports {} now: its ledger was changed after the fact",
            Usd(then),
            Usd(now)
        )),
        (_, _, Some(expected)) if expected == funded => Verdict::Agrees,
        (Revenue::Lamports(_), ..) => Verdict::Unverified(
            "the model's revenue follows what was staked when the keeper looked, which may differ from what was staked when it landed".into(),
        ),
        (_, _, Some(expected)) => Verdict::Differs(format!(
            "{} were due and {} were funded",
            Sol(expected),
            Sol(funded)
        )),
        (Revenue::NanoUsd(now), _, None) if funded == 0 && now >= WORTH_A_LAMPORT_NANO_USD => {
            Verdict::Differs(format!("revenue was {} and nothing was funded", Usd(now)))
        }
        (_, _, None) => Verdict::Unverified(
            "the price is not in this keeper's memory: see whether the implied one is the price of that time".into(),
        ),
    }
}

/// Nano-USD for a SOL that turn this revenue into this many lamports.
fn implied_price(revenue: Revenue, lamports: u64) -> Option<u64> {
    let Revenue::NanoUsd(nano_usd) = revenue else {
        return None;
    };
    let scaled = u128::try_from(nano_usd).ok()?.checked_mul(1_000_000_000)?;
    u64::try_from(scaled.checked_div(u128::from(lamports))?).ok()
}

fn at(nano_usd_per_sol: u64) -> SolUsd {
    SolUsd {
        nano_usd_per_sol,
        confidence_nano_usd: 0,
        published_at: 0,
    }
}

/// What comparing memory and chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryCheck {
    /// What a person must look at.
    pub differences: Vec<String>,
    /// What is worth knowing and mends itself.
    pub notes: Vec<String>,
}

/// Compares the attempts with the distributions of the same time.
pub fn check_memory(
    remembered: &[Remembered],
    distributions: &[Landed],
    last_interval_id: i64,
) -> MemoryCheck {
    let mut check = MemoryCheck::default();
    let on_chain: BTreeMap<Signature, &Landed> = distributions
        .iter()
        .map(|landed| (landed.signature, landed))
        .collect();
    for Remembered { attempt, .. } in remembered {
        let signature = attempt
            .in_flight
            .as_ref()
            .map(|in_flight| in_flight.signature);
        let landed = signature.and_then(|signature| on_chain.get(&signature));
        let id = attempt.id;
        match (attempt.state, landed) {
            (AttemptState::Landed, None) => check.differences.push(format!(
                "attempt {id} is remembered as landed, and the chain shows no such transaction: is the RPC's history whole, and is it the same cluster?"
            )),
            (AttemptState::Superseded | AttemptState::Expired | AttemptState::Refused, Some(landed)) => {
                check.differences.push(format!(
                    "attempt {id} is remembered as {}, and the chain shows that it distributed until {}: the chain is right, report this",
                    attempt.state.name(),
                    Time(landed.interval_id)
                ));
            }
            (state, _) if state.is_open() => check.notes.push(if last_interval_id > attempt.previous_interval_id {
                format!("attempt {id} is open and the chain has moved on: the next round settles it")
            } else {
                format!("attempt {id} is open ({}): `primis-keeper once` or `run` follows it to its end", state.name())
            }),
            _ => {}
        }
    }
    let unknown = distributions
        .iter()
        .filter(|landed| find(remembered, landed).is_none())
        .count();
    if unknown > 0 {
        check.notes.push(format!(
            "{unknown} distribution(s) are not in this keeper's memory: another keeper made them, or the file was lost since"
        ));
    }
    check
}

/// The attempt that became this distribution.
pub fn find<'a>(remembered: &'a [Remembered], landed: &Landed) -> Option<&'a Remembered> {
    remembered.iter().find(|remembered| {
        let in_flight = remembered.attempt.in_flight.as_ref();
        in_flight.is_some_and(|in_flight| in_flight.signature == landed.signature)
    })
}

#[cfg(test)]
mod tests {
    use primis_vault_interface::Source;

    use super::*;
    use crate::memory::{Attempt, InFlight};

    const PRICE: u64 = 150_000_000_000;

    fn landed(funded_lamports: u64) -> Landed {
        Landed {
            signature: Signature::from([7; 64]),
            slot: 1,
            at: 1_201,
            source: Source::Compute,
            previous_interval_id: 600,
            interval_id: 1_200,
            funded_lamports,
            distributed_lamports: funded_lamports,
            stakers_lamports: 0,
            total_value_lamports: 0,
        }
    }

    fn remembered(state: AttemptState, revenue_nano_usd: Option<i64>) -> Remembered {
        Remembered {
            attempt: Attempt {
                id: 1,
                state,
                previous_interval_id: 600,
                interval_id: 1_200,
                fund_lamports: 1,
                distribute_lamports: 1,
                planned_at: 1_200,
                in_flight: Some(InFlight {
                    signature: Signature::from([7; 64]),
                    bytes: Vec::new(),
                    last_valid_block_height: 1,
                }),
                note: None,
            },
            source: Source::Compute as u8,
            revenue_nano_usd,
            nano_usd_per_sol: Some(PRICE),
        }
    }

    fn code(funded: u64, remembered: Option<&Remembered>, revenue: Revenue) -> &'static str {
        check(&landed(funded), remembered, revenue).verdict.code()
    }

    #[test]
    fn a_lamport_off_differs() {
        let known = remembered(AttemptState::Landed, Some(19_025_875_190));
        let revenue = Revenue::NanoUsd(19_025_875_190);
        assert_eq!(code(126_839_167, Some(&known), revenue), "agrees");
        assert_eq!(code(126_839_168, Some(&known), revenue), "differs");
        assert_eq!(code(0, Some(&known), revenue), "differs");
    }

    #[test]
    fn a_ledger_that_was_changed_differs() {
        let known = remembered(AttemptState::Landed, Some(1_000));
        let checked = check(&landed(0), Some(&known), Revenue::NanoUsd(1_001));
        assert!(checked.verdict.reason().contains("after the fact"));
    }

    #[test]
    fn without_a_price_it_is_said_what_price_it_would_have_been() {
        let checked = check(&landed(126_839_167), None, Revenue::NanoUsd(19_025_875_190));
        assert_eq!(checked.verdict.code(), "unverified");
        let implied = checked.implied_nano_usd_per_sol.unwrap();
        assert!(implied.abs_diff(PRICE) < 10_000, "{implied}");
        assert_eq!(code(0, None, Revenue::NanoUsd(2_000_000)), "differs");
        assert_eq!(code(0, None, Revenue::NanoUsd(0)), "agrees");
        assert_eq!(code(0, None, Revenue::NanoUsd(-5)), "agrees");
        assert_eq!(code(1, None, Revenue::NanoUsd(-5)), "differs");
    }

    #[test]
    fn memory_and_chain_are_held_against_each_other() {
        let differences = |state, on_chain: &[Landed]| {
            let found = check_memory(&[remembered(state, None)], on_chain, 1_200);
            (found.differences.len(), found.notes.len())
        };
        let chain = [landed(1)];
        assert_eq!(differences(AttemptState::Landed, &chain), (0, 0));
        assert_eq!(differences(AttemptState::Landed, &[]), (1, 0));
        assert_eq!(differences(AttemptState::Expired, &chain), (1, 0));
        assert_eq!(differences(AttemptState::Expired, &[]), (0, 0));
        assert_eq!(differences(AttemptState::Sent, &chain), (0, 1));
        assert_eq!(check_memory(&[], &chain, 1_200).notes.len(), 1);
    }
}
