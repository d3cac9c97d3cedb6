//! Ending a hold by a charge.

use primis_vault_interface::math::BPS_DENOMINATOR;

use super::{HoldState, NewUsage, State};
use crate::platform::{
    ledger::types::{Balance, LedgerError, SUBSIDY, Settled, Settlement},
    money::share,
};

/// More than the hold was for: no money is of this size.
const IMPOSSIBLE: LedgerError = LedgerError::Unbalanced("an amount is negative or beyond 63 bits");

impl State {
    /// Charges a hold, once.
    ///
    /// - The subsidy pool pays its share of the price, rounded down, while it lasts: what it has not got,
    ///   the customer pays.
    /// - The customer pays the rest, but never more than was held; what is beyond is the platform's loss,
    ///   for a balance never goes below zero.
    /// - What was held and not charged is free again.
    ///
    /// The line of usage is all that is written of it: its posting and entries are views of that
    /// (`migrations/*/0017`).
    pub(super) fn settle(
        &mut self,
        id: &str,
        settlement: &Settlement,
    ) -> Result<Settled, LedgerError> {
        let row = self.holds.get(id).ok_or(LedgerError::Unknown)?.clone();
        match row.state {
            HoldState::Voided => return Err(LedgerError::Ended),
            HoldState::Settled => {
                let first = self.settled.get(id).copied().ok_or(LedgerError::Ended)?;
                return Ok(Settled {
                    duplicate: true,
                    ..first
                });
            }
            HoldState::Held => {}
        }
        let settled = self.split(settlement, row.amount_nano_usd)?;
        // It is of what was paid, rounded down in the provider's favour.
        let paid = settled.list_nano_usd.saturating_sub(settled.loss_nano_usd);
        let fee_nano_usd = share(paid, settlement.fee_bps).ok_or(IMPOSSIBLE)?;

        let customer = self.balance(&row.account);
        let balance_nano_usd = customer
            .balance_nano_usd
            .saturating_sub(settled.charge_nano_usd);
        self.set_balance(
            &row.account,
            Balance {
                balance_nano_usd,
                ..customer
            },
        );
        self.release(&row.account, row.amount_nano_usd);
        if settled.discount_nano_usd > 0 {
            let pool = self.balance(SUBSIDY);
            let balance_nano_usd = pool
                .balance_nano_usd
                .saturating_sub(settled.discount_nano_usd);
            self.set_balance(
                SUBSIDY,
                Balance {
                    balance_nano_usd,
                    ..pool
                },
            );
        }
        self.end(id, HoldState::Settled);
        self.settled.insert(id.to_owned(), settled);
        self.changes.usage.push(NewUsage {
            id: id.to_owned(),
            account: row.account,
            settlement: settlement.clone(),
            settled,
            fee_nano_usd,
            held_nano_usd: row.amount_nano_usd,
        });
        Ok(settled)
    }

    /// Who pays what of the price.
    fn split(&self, settlement: &Settlement, held: i64) -> Result<Settled, LedgerError> {
        let list_nano_usd = settlement.list_nano_usd;
        if list_nano_usd < 0 || settlement.provider_cost_nano_usd < 0 {
            return Err(IMPOSSIBLE);
        }
        let wanted =
            share(list_nano_usd, settlement.subsidy_bps.min(BPS_DENOMINATOR)).ok_or(IMPOSSIBLE)?;
        let pool = self.balance(SUBSIDY).available_nano_usd();
        let discount_nano_usd = wanted.min(pool).max(0);
        let due = list_nano_usd.saturating_sub(discount_nano_usd);
        let charge_nano_usd = due.min(held);
        Ok(Settled {
            duplicate: false,
            list_nano_usd,
            discount_nano_usd,
            charge_nano_usd,
            loss_nano_usd: due.saturating_sub(charge_nano_usd),
        })
    }
}
