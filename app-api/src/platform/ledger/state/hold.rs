//! Reserving money, and giving it back.

use super::{Changes, HoldRow, HoldState, State};
use crate::platform::ledger::types::{Balance, Held, LedgerError, NewHold};

impl State {
    /// Reserves money where there is enough that is not reserved.
    ///
    /// The same hold again is answered as the first time: whoever did not hear asks again.
    pub(super) fn hold(&mut self, hold: &NewHold) -> Result<Held, LedgerError> {
        if let Some(row) = self.holds.get(&hold.id) {
            let same = row.account == hold.account && row.amount_nano_usd == hold.amount_nano_usd;
            return match (same, row.state) {
                (true, HoldState::Held) => Ok(Held::default()),
                (true, _) => Err(LedgerError::Ended),
                (false, _) => Err(LedgerError::Conflict),
            };
        }
        if hold.amount_nano_usd < 0 {
            return Err(LedgerError::Unbalanced("a hold is never negative"));
        }
        // A request that is refused for want of money was a request.
        let limits = self.take(&hold.limits)?;
        let balance = self.balance(&hold.account);
        let available_nano_usd = balance.available_nano_usd();
        if hold.amount_nano_usd > available_nano_usd {
            return Err(LedgerError::Insufficient {
                available_nano_usd,
                wanted_nano_usd: hold.amount_nano_usd,
            });
        }
        // At most the balance, as was compared.
        let held_nano_usd = balance.held_nano_usd.saturating_add(hold.amount_nano_usd);
        self.set_balance(
            &hold.account,
            Balance {
                held_nano_usd,
                ..balance
            },
        );
        self.holds.insert(
            hold.id.clone(),
            HoldRow {
                account: hold.account.clone(),
                amount_nano_usd: hold.amount_nano_usd,
                state: HoldState::Held,
            },
        );
        self.changes.new_holds.push(hold.clone());
        Ok(Held { limits })
    }

    /// Frees what was reserved.
    pub(super) fn void(&mut self, id: &str) -> Result<(), LedgerError> {
        let row = self.holds.get(id).ok_or(LedgerError::Unknown)?;
        match row.state {
            HoldState::Voided => return Ok(()),
            HoldState::Settled => return Err(LedgerError::Ended),
            HoldState::Held => {}
        }
        let (account, amount) = (row.account.clone(), row.amount_nano_usd);
        self.release(&account, amount);
        self.end(id, HoldState::Voided);
        Ok(())
    }

    /// Frees `amount` of what is held; it was held, so there is as much.
    pub(super) fn release(&mut self, account: &str, amount: i64) {
        let balance = self.balance(account);
        let held_nano_usd = balance.held_nano_usd.saturating_sub(amount);
        self.set_balance(
            account,
            Balance {
                held_nano_usd,
                ..balance
            },
        );
    }

    pub(super) fn end(&mut self, id: &str, state: HoldState) {
        if let Some(row) = self.holds.get_mut(id) {
            row.state = state;
        }
        let Changes { ended, .. } = &mut self.changes;
        ended.insert(id.to_owned(), state);
    }
}
