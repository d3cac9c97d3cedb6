//! The vault's books, kept from balances alone: what each transaction moved, by the balances
//! before and after it. Nothing here reads a counter of the program.

use std::collections::BTreeMap;

use primis_vault_interface::instructions::{
    Claim, ClosePosition, Compound, CreateVault, DepositSol, EmergencyWithdraw, Fund, SweepBucket,
    WithdrawSol,
};
use serde::Serialize;
use solana_address::Address;

use super::history::Landed;
use crate::chain::VaultAddresses;

/// What one wallet moved, lamports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Principal that went in.
    pub deposited_lamports: i128,
    /// Principal that came back.
    pub withdrawn_lamports: i128,
    /// Yield paid out.
    pub claimed_lamports: i128,
    /// Yield turned into principal.
    pub compounded_lamports: i128,
    /// Funded into the vault.
    pub funded_lamports: i128,
    /// Fees of its transactions.
    pub fees_lamports: i128,
    /// Rent its positions hold.
    pub rent_lamports: i128,
    /// Everything its balance lost, less what it gained.
    pub outlay_lamports: i128,
}

impl Moved {
    /// The wallet lost exactly what these movements say.
    pub fn adds_up(&self) -> bool {
        let explained = self.deposited_lamports
            + self.funded_lamports
            + self.fees_lamports
            + self.rent_lamports
            - self.withdrawn_lamports
            - self.claimed_lamports;
        explained == self.outlay_lamports
    }
}

/// All movements of a vault.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// By the wallet that signed.
    pub wallets: BTreeMap<Address, Moved>,
    /// Left the funders' wallets.
    pub funded_lamports: i128,
    /// Reached the vault by funding.
    pub received_lamports: i128,
    /// Left the vault for stakers' wallets.
    pub claimed_lamports: i128,
    /// Left the vault for the pool.
    pub compounded_lamports: i128,
    /// Left the vault for the addresses of the buckets.
    pub swept_lamports: i128,
    /// Reached the pool from wallets.
    pub deposited_lamports: i128,
    /// Left the pool for wallets.
    pub withdrawn_lamports: i128,
    /// What creating the accounts put into them.
    pub vault_rent_lamports: i128,
    /// See `vault_rent_lamports`.
    pub pool_rent_lamports: i128,
    /// Sum of all changes of the vault's balance.
    pub vault_lamports: i128,
    /// Sum of all changes of the pool's balance.
    pub pool_lamports: i128,
}

impl Books {
    /// Books every transaction.
    pub fn of(addresses: &VaultAddresses, history: &[Landed]) -> Self {
        let mut books = Self::default();
        for landed in history {
            books.book(addresses, landed);
        }
        books
    }

    fn book(&mut self, addresses: &VaultAddresses, landed: &Landed) {
        let (vault, pool) = (
            landed.change(&addresses.vault),
            landed.change(&addresses.pool),
        );
        self.vault_lamports += vault;
        self.pool_lamports += pool;
        if landed.called(CreateVault::DISCRIMINATOR) {
            self.vault_rent_lamports += vault;
        }
        // Of what was not called nothing moved; `moved` turns a change into an amount.
        let moved = |calls: &[[u8; 8]], change: i128| {
            if calls.iter().any(|c| landed.called(*c)) {
                change
            } else {
                0
            }
        };
        let compounded = moved(&[Compound::DISCRIMINATOR], pool);
        let deposited = moved(&[DepositSol::DISCRIMINATOR], pool);
        let withdrawn = moved(
            &[WithdrawSol::DISCRIMINATOR, EmergencyWithdraw::DISCRIMINATOR],
            -pool,
        );
        let claimed = moved(
            &[Claim::DISCRIMINATOR, ClosePosition::DISCRIMINATOR],
            -vault,
        );
        let funding = landed.called(Fund::DISCRIMINATOR);
        let wallet = self.wallets.entry(landed.payer).or_default();
        let outlay = landed.outlay(&landed.payer);
        wallet.fees_lamports += i128::from(landed.fee_lamports);
        wallet.outlay_lamports += outlay + i128::from(landed.fee_lamports);
        wallet.deposited_lamports += deposited;
        wallet.withdrawn_lamports += withdrawn;
        wallet.claimed_lamports += claimed;
        wallet.compounded_lamports += compounded;
        wallet.rent_lamports += landed.change(&addresses.position(&landed.payer));
        if funding {
            wallet.funded_lamports += outlay;
            self.funded_lamports += outlay;
            self.received_lamports += vault;
        }
        self.compounded_lamports += compounded;
        self.deposited_lamports += deposited;
        self.withdrawn_lamports += withdrawn;
        self.claimed_lamports += claimed;
        self.swept_lamports += moved(&[SweepBucket::DISCRIMINATOR], -vault);
        let principal = compounded + deposited - withdrawn;
        if principal == 0 {
            // Whatever else reached the pool keeps it alive: its rent, or a gift.
            self.pool_rent_lamports += pool;
        }
    }
}
