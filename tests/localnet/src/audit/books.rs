//! The vault's books, kept from balances alone: what each transaction moved, by the balances
//! before and after it. Nothing here reads a counter of the program.

use std::collections::BTreeMap;

use primis_vault_interface::events::Event;
use primis_vault_interface::instructions::{
    Claim, ClosePosition, Compound, CreateVault, Delegate, DepositSol, EmergencyWithdraw, Fund,
    Harvest, OpenTicket, Reclaim, ServeTicket, SweepBucket, WithdrawSol,
};
use primis_vault_interface::position_address;
use serde::Serialize;
use solana_address::Address;

use super::history::Landed;
use crate::chain::{PoolView, VaultAddresses};

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
    /// Left the pool for the vault, or stake accounts for it: rewards of base staking.
    pub harvested_lamports: i128,
    /// What transactions put into each stake account of the vault, less what they took out.
    pub stakes: BTreeMap<Address, i128>,
    /// Of it rent, paid by whoever delegated.
    pub stake_rent_lamports: i128,
    /// Units that reached the token account of each pool, less what left it.
    pub tokens: BTreeMap<Address, i128>,
    /// Transactions in which tokens appeared or vanished.
    pub token_faults: u64,
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
    pub fn of(addresses: &VaultAddresses, pools: &[PoolView], history: &[Landed]) -> Self {
        let mut books = Self::default();
        for event in history.iter().flat_map(|landed| &landed.events) {
            if let Event::Delegated(e) = event
                && e.pool == addresses.pool
            {
                books.stakes.insert(e.stake, 0);
            }
        }
        for landed in history {
            books.book(addresses, pools, landed);
            books.book_tokens(pools, landed);
        }
        books
    }

    /// Books what moved in token accounts; nobody makes or burns tokens by a transaction here.
    fn book_tokens(&mut self, pools: &[PoolView], landed: &Landed) {
        let mut by_mint: BTreeMap<Address, i128> = BTreeMap::new();
        for (mint, change) in landed.tokens.values() {
            *by_mint.entry(*mint).or_default() += change;
        }
        if by_mint.values().any(|sum| *sum != 0) {
            self.token_faults = self.token_faults.saturating_add(1);
        }
        for view in pools {
            let change = landed.token_change(&view.pool.token_account);
            *self.tokens.entry(view.address).or_default() += change;
        }
    }

    fn book(&mut self, addresses: &VaultAddresses, pools: &[PoolView], landed: &Landed) {
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
            &[
                WithdrawSol::DISCRIMINATOR,
                EmergencyWithdraw::DISCRIMINATOR,
                ServeTicket::DISCRIMINATOR,
            ],
            -pool,
        );
        // Lamports between the pool, its stake accounts and the vault: nobody's wallet but for rents.
        let staking = [
            Delegate::DISCRIMINATOR,
            Harvest::DISCRIMINATOR,
            Reclaim::DISCRIMINATOR,
        ];
        let stakes =
            landed.called(Delegate::DISCRIMINATOR) || landed.called(Reclaim::DISCRIMINATOR);
        let mut in_stakes = 0;
        for (stake, lamports) in &mut self.stakes {
            *lamports += landed.change(stake);
            in_stakes += landed.change(stake);
        }
        if stakes {
            self.stake_rent_lamports += in_stakes + pool + vault;
        }
        self.harvested_lamports += moved(&[Harvest::DISCRIMINATOR, Reclaim::DISCRIMINATOR], vault);
        let claimed = moved(
            &[Claim::DISCRIMINATOR, ClosePosition::DISCRIMINATOR],
            -vault,
        );
        let funding = landed.called(Fund::DISCRIMINATOR);
        // Whoever serves a ticket, its owner is paid, and with the last of it gets the rent back.
        let served = landed.events.iter().find_map(|event| match event {
            Event::TicketServed(e) if e.pool == addresses.pool => Some(e.owner),
            _ => None,
        });
        if let Some(owner) = served {
            let outlay = landed.outlay(&owner);
            let wallet = self.wallets.entry(owner).or_default();
            wallet.withdrawn_lamports += withdrawn;
            wallet.rent_lamports += outlay + withdrawn;
            if owner != landed.payer {
                wallet.outlay_lamports += outlay;
            }
        }
        let wallet = self.wallets.entry(landed.payer).or_default();
        let outlay = landed.outlay(&landed.payer);
        wallet.fees_lamports += i128::from(landed.fee_lamports);
        wallet.outlay_lamports += outlay + i128::from(landed.fee_lamports);
        wallet.deposited_lamports += deposited;
        if served.is_none() {
            wallet.withdrawn_lamports += withdrawn;
        }
        wallet.claimed_lamports += claimed;
        wallet.compounded_lamports += compounded;
        for view in pools {
            let position = position_address(&view.address, &landed.payer);
            wallet.rent_lamports += landed.change(&position);
        }
        if stakes || landed.called(OpenTicket::DISCRIMINATOR) {
            wallet.rent_lamports += outlay;
        }
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
        if principal == 0 && !staking.iter().any(|call| landed.called(*call)) {
            // Whatever else reached the pool keeps it alive: its rent, or a gift.
            self.pool_rent_lamports += pool;
        }
    }
}
