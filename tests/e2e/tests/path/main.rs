//! What holds from a metered job to a staker's wallet.

mod clients;
mod dashboard;
mod golden;
mod killed_keeper;
mod nine_percent;
mod one_slot;
mod short_run;
mod stand;
