//! Postings of their own: top-ups, refunds, plans, disputes.

use sha2::{Digest as _, Sha256};

use super::{NewPosting, State, customer, refuses};
use crate::platform::ledger::types::{Balance, Book, LedgerError, Posted, Posting};

/// Names of the postings that lines of usage are.
const USAGE: &str = "usage:";

impl State {
    /// Makes a posting, once for its id.
    pub(super) fn post(&mut self, posting: &Posting) -> Result<Posted, LedgerError> {
        if posting.id.starts_with(USAGE) {
            return Err(LedgerError::Conflict);
        }
        let digest = digest(posting);
        let account = customer(posting)?.map(ToOwned::to_owned);
        let balance_of = |state: &Self| {
            let balance = account.as_deref().map(|account| state.balance(account));
            balance.unwrap_or_default().balance_nano_usd
        };
        if let Some((first, short_nano_usd)) = self.postings.get(&posting.id) {
            if *first != digest {
                return Err(LedgerError::Conflict);
            }
            return Ok(Posted {
                duplicate: true,
                balance_nano_usd: balance_of(self),
                short_nano_usd: *short_nano_usd,
            });
        }
        check(posting)?;
        let mut made = posting.clone();
        let mut short_nano_usd = 0i64;
        let mut balances = Vec::new();
        for (book, amount) in &mut made.entries {
            let Some(name) = book.balance() else { continue };
            let balance = self.balance(name);
            let available = balance.available_nano_usd();
            if *amount > available {
                // The pool is the platform's own: it can only be refused.
                if refuses(posting.short) || *book == Book::Subsidy {
                    return Err(LedgerError::Insufficient {
                        available_nano_usd: available,
                        wanted_nano_usd: *amount,
                    });
                }
                short_nano_usd = amount.saturating_sub(available);
                *amount = available;
            }
            let balance_nano_usd = balance
                .balance_nano_usd
                .checked_sub(*amount)
                .ok_or(LedgerError::Unbalanced("a balance is beyond 63 bits"))?;
            balances.push((
                name.to_owned(),
                Balance {
                    balance_nano_usd,
                    ..balance
                },
            ));
        }
        if short_nano_usd > 0 {
            made.entries.push((Book::Loss, short_nano_usd));
            // It was reported as charged, and is not paid after all.
            let refunds = &mut made.reported.refunds_nano_usd;
            *refunds = refunds.saturating_add(short_nano_usd);
        }
        made.entries.retain(|(_, amount)| *amount != 0);
        for (name, balance) in balances {
            self.set_balance(&name, balance);
        }
        self.postings
            .insert(posting.id.clone(), (digest.clone(), short_nano_usd));
        let balance_nano_usd = balance_of(self);
        self.changes.postings.push(NewPosting {
            posting: made,
            account,
            short_nano_usd,
            digest,
        });
        Ok(Posted {
            duplicate: false,
            balance_nano_usd,
            short_nano_usd,
        })
    }
}

/// Entries sum to zero, and each book with a balance is there once.
fn check(posting: &Posting) -> Result<(), LedgerError> {
    let sum = posting.entries.iter().try_fold(0i64, |sum, (_, amount)| {
        // A negative of it must exist too.
        sum.checked_add(*amount).filter(|_| *amount != i64::MIN)
    });
    if sum != Some(0) {
        return Err(LedgerError::Unbalanced("they do not sum to zero"));
    }
    let mut followed: Vec<&str> = posting
        .entries
        .iter()
        .filter_map(|(book, _)| book.balance())
        .collect();
    followed.sort_unstable();
    let all = followed.len();
    followed.dedup();
    if followed.len() != all {
        return Err(LedgerError::Unbalanced("a balance is changed twice"));
    }
    Ok(())
}

/// Names what is asked for: the same id with another content is another posting.
fn digest(posting: &Posting) -> String {
    // Entries serialise always: names and integers.
    let text = serde_json::to_vec(posting).unwrap_or_default();
    hex::encode(Sha256::digest(text))
}
