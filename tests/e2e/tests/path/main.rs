//! What holds from a metered job to a staker's wallet.

mod one_slot;
