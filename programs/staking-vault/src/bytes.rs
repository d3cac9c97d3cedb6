//! The bytes of foreign accounts.

use anchor_lang::prelude::*;

/// The data of a foreign account.
pub fn of(view: &AccountView) -> &[u8] {
    // SAFETY: nothing in this program holds or makes a mutable reference to the data of an account
    // that it does not own, and no call is made while the slice lives.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        view.borrow_unchecked()
    }
}
