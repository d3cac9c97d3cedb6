//! What the chain shows, held against the source of revenue's own record.

use anyhow::{Context as _, Result};
use primis_localnet::audit::windows::{self, Distribution};
use primis_localnet::{Audit, SOL};
use solana_signer::Signer as _;

use super::platform::{fee_nano_usd, nano_usd_per_sol};
use super::world::{OTHER_START_LAMPORTS, World};
use super::{Fault, Options, Report};

/// What `Roles::funded` gives each role.
const WALLET_START_LAMPORTS: u64 = 10_000 * SOL;
/// How old the price of a distribution may be when it lands: a blockhash's life, the age of a price
/// and a memory that was down meanwhile, seconds.
const OLDEST_PRICE_SECONDS: i64 = 240;

impl World {
    /// Reads everything that happened since the vault was created at `created`; the faults were
    /// over at `ends`, Unix seconds.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn verdict(
        &self,
        options: &Options,
        created: i64,
        ends: &[(Fault, i64)],
    ) -> Result<Report> {
        let audit = Audit::of(&self.stand.chain, &self.stand.addresses).await?;
        let rows = windows::distributions(&audit.history);
        let covered = cover(
            &rows,
            created,
            self.begin,
            self.interval_seconds,
            options.intervals,
        );
        let (longest_recovery_intervals, slowest) = recovery(&rows, ends, self.interval_seconds)?;
        let mut report = Report {
            intervals: options.intervals,
            distributed: options.intervals - covered.lost.min(options.intervals),
            doubled: covered.doubled,
            lost: covered.lost,
            longest_recovery_intervals,
            slowest,
            seed: options.seed,
            faults: u32::try_from(ends.len())?,
            distributions: u32::try_from(rows.len())?,
            stops: self.stops,
            findings: audit.faults.clone(),
            ..Report::default()
        };
        let mut wrong = 0_i128;
        for row in &rows {
            let off = off_by(options.seed, row);
            if off != 0 {
                report.findings.push(format!("{off} lamports off: {row:?}"));
            }
            wrong += i128::from(off);
        }
        // What was funded was distributed, and nothing else.
        let distributed: i128 = rows.iter().map(|row| i128::from(row.lamports)).sum();
        let funded = i128::from(audit.yields.funded_lamports);
        wrong += (funded - distributed).abs();
        // What left the keepers' wallets went to the vault, or was a fee.
        let stand = &self.stand;
        let wallets = [
            (stand.roles.keeper.pubkey(), WALLET_START_LAMPORTS),
            (self.other.pubkey(), OTHER_START_LAMPORTS),
        ];
        let mut paid = 0_i128;
        for (wallet, start) in wallets {
            let left = i128::from(stand.chain.rpc.get_balance(&wallet).await?);
            let own = audit.history.iter().filter(|landed| landed.payer == wallet);
            let fees: i128 = own.map(|landed| i128::from(landed.fee_lamports)).sum();
            let outlay: i128 = audit
                .history
                .iter()
                .map(|landed| landed.outlay(&wallet))
                .sum();
            let failures = stand.chain.failures(&wallet).await?;
            let refused: i128 = failures.iter().map(|failed| -failed.change(&wallet)).sum();
            for failed in &failures {
                // A refusal costs at most its fee.
                let cost = -failed.change(&wallet);
                if !(0..=i128::from(failed.fee_lamports)).contains(&cost) {
                    report
                        .findings
                        .push(format!("{cost} lamports lost by {}", failed.signature));
                }
            }
            paid += outlay;
            let gone = i128::from(start) - left - outlay - fees - refused;
            if gone != 0 {
                report.findings.push(format!("{gone} lamports are gone from {wallet} beside what it funded and {} refused transactions", failures.len()));
            }
            wrong += gone.abs();
        }
        wrong += (paid - funded).abs();
        report.wrong_lamports = u64::try_from(wrong).context("more than there is")?;
        Ok(report)
    }
}

struct Covered {
    doubled: u32,
    lost: u32,
}

/// Windows that no distribution holds, and windows that more than one does. What was distributed
/// beyond the run counts too, where it was distributed twice.
fn cover(rows: &[Distribution], created: i64, begin: i64, seconds: i64, intervals: u32) -> Covered {
    let times = |from: i64, to: i64| {
        let holds = |row: &&Distribution| row.from < to && row.to > from;
        u32::try_from(rows.iter().filter(holds).count()).unwrap_or(u32::MAX)
    };
    let first = times(created, begin);
    let (mut doubled, mut lost) = (first.saturating_sub(1), 0);
    let end = begin + i64::from(intervals) * seconds;
    let last = rows.iter().map(|row| row.to).max().unwrap_or(end).max(end);
    let mut from = begin;
    while from < last {
        let count = times(from, from + seconds);
        doubled += count.saturating_sub(1);
        lost += u32::from(count == 0);
        from += seconds;
    }
    Covered { doubled, lost }
}

/// By how many lamports a distribution is not what its seconds earned at a price that was sound
/// when it was made.
fn off_by(seed: u64, row: &Distribution) -> u64 {
    let fee = u128::from(fee_nano_usd(seed, row.from, row.to));
    let published = row.at - OLDEST_PRICE_SECONDS..=row.at + 1;
    let right = published.map(|second| {
        let lamports = fee * u128::from(SOL) / u128::from(nano_usd_per_sol(seed, second));
        u64::try_from(lamports)
            .unwrap_or(u64::MAX)
            .abs_diff(row.lamports)
    });
    right.min().unwrap_or(u64::MAX)
}

/// The longest time from a fault's end to the next distribution, in windows begun, and the fault.
fn recovery(
    rows: &[Distribution],
    ends: &[(Fault, i64)],
    seconds: i64,
) -> Result<(u32, &'static str)> {
    let waits = ends.iter().map(|(fault, end)| {
        let next = rows.iter().map(|row| row.at).find(|at| at >= end);
        let waited = next.map_or(0, |next| next - end).unsigned_abs();
        (waited.div_ceil(seconds.unsigned_abs()), fault.name())
    });
    let (windows, fault) = waits
        .max_by_key(|(windows, _)| *windows)
        .unwrap_or_default();
    Ok((u32::try_from(windows)?, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(from: i64, to: i64) -> Distribution {
        Distribution {
            from,
            to,
            lamports: 0,
            at: to + 1,
        }
    }

    #[test]
    fn what_is_missing_and_what_is_twice_is_counted() {
        let sound = [row(95, 100), row(100, 102), row(102, 108), row(108, 110)];
        let covered = |rows: &[Distribution]| {
            let Covered { doubled, lost } = cover(rows, 95, 100, 2, 5);
            (doubled, lost)
        };
        assert_eq!(covered(&sound), (0, 0));
        assert_eq!(
            covered(&[row(95, 100), row(100, 102), row(106, 110)]),
            (0, 2)
        );
        assert_eq!(
            covered(&[row(95, 100), row(100, 106), row(102, 110)]),
            (2, 0)
        );
        assert_eq!(
            covered(&[row(95, 100), row(95, 100), row(100, 110)]),
            (1, 0)
        );
        assert_eq!(covered(&[]), (0, 5));
    }

    #[test]
    fn recovery_is_the_longest_wait_after_a_fault() {
        let rows = [row(95, 100), row(100, 110), row(110, 112)];
        let ends = [(Fault::Stall, 101), (Fault::Race, 103), (Fault::Stall, 112)];
        let of = |ends: &[(Fault, i64)]| recovery(&rows, ends, 2).unwrap();
        assert_eq!(of(&ends), (4, Fault::Race.name()));
        assert_eq!(of(&[]), (0, ""));
    }

    #[test]
    fn a_lamport_too_much_shows() {
        let lamports = u128::from(fee_nano_usd(3, 100, 102)) * u128::from(SOL)
            / u128::from(nano_usd_per_sol(3, 103));
        let lamports = u64::try_from(lamports).unwrap();
        let paid = |lamports| Distribution {
            from: 100,
            to: 102,
            lamports,
            at: 104,
        };
        assert_eq!(off_by(3, &paid(lamports)), 0);
        assert_eq!(off_by(3, &paid(lamports + 1)), 1);
    }
}
