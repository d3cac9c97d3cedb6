//! A pool, and a wallet before it, as they are on the chain at this moment.

use primis_vault_interface::{
    ID, Layout as _, NATIVE_MINT,
    accounts::{Pool, Position, Ticket, Vault},
    pool_address, position_address, ticket_address,
};
use solana_address::Address;

use super::{
    Actions, amount, programs,
    refusal::{invalid_account, rpc_unavailable, unknown_pool},
    rpc::Account,
};
use crate::http::ApiError;

/// The account that holds the cluster's clock, and where its Unix seconds lie: after slot, epoch
/// start, epoch and leader epoch.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const CLOCK_UNIX: std::ops::Range<usize> = 32..40;
/// What the query calls the SOL pool.
pub(super) const SOL: &str = "SOL";
/// The program's `PoolKind::NATIVE`.
const NATIVE: u8 = 0;
/// Where a ticket names its pool and its owner.
const TICKET_POOL: usize = 8 + core::mem::offset_of!(Ticket, pool);
const TICKET_OWNER: usize = 8 + core::mem::offset_of!(Ticket, owner);

/// A pool of the vault.
#[derive(Clone, Debug)]
pub(super) struct PoolNow {
    pub(super) vault_address: Address,
    pub(super) vault: Vault,
    pub(super) address: Address,
    pub(super) pool: Pool,
    /// Lamports of the pool's account, its rent included.
    pub(super) lamports: u64,
    /// The cluster's clock, Unix seconds.
    pub(super) now: i64,
}

/// A wallet, as far as a pool concerns it.
#[derive(Clone, Debug)]
pub(super) struct WalletNow {
    pub(super) address: Address,
    pub(super) lamports: u64,
    pub(super) position_address: Address,
    pub(super) position: Option<Position>,
    /// Its accounts of the pool's token, with their units, the fullest first.
    pub(super) tokens: Vec<(Address, u64)>,
    /// The first withdrawal ticket of the pool's queue, whoever's it is.
    pub(super) first_ticket: Option<(Address, Ticket)>,
}

impl PoolNow {
    /// Finds a pool by its address, its mint or `SOL`.
    ///
    /// # Errors
    /// If the vault has no such pool, or the cluster cannot be asked.
    pub(super) async fn find(actions: &Actions, named: Option<&str>) -> Result<Self, ApiError> {
        let vault_address = actions.vault.ok_or_else(|| {
            ApiError::not_configured("this server follows no vault: set [chain] vault")
        })?;
        let no_pool = || unknown_pool("the vault has no such pool: GET /api/pools lists them");
        let named = named.filter(|text| !text.is_empty()).unwrap_or(SOL);
        let candidates = if named.eq_ignore_ascii_case(SOL) {
            vec![pool_address(&vault_address, &NATIVE_MINT)]
        } else {
            let address: Address = named.parse().map_err(|_| no_pool())?;
            vec![address, pool_address(&vault_address, &address)]
        };
        let asked = [&[vault_address, CLOCK], &candidates[..]].concat();
        let mut found = actions.rpc.accounts(&asked).await?.into_iter();
        let vault = found
            .next()
            .flatten()
            .filter(|account| account.owner == ID)
            .and_then(|account| Vault::parse(&account.data).ok())
            .ok_or_else(|| {
                ApiError::not_configured("there is no vault at [chain] vault on this cluster")
            })?;
        let now = found
            .next()
            .flatten()
            .and_then(|account| clock_unix(&account.data))
            .ok_or_else(|| rpc_unavailable("getMultipleAccounts", &"no clock"))?;
        let (address, (pool, lamports)) = candidates
            .into_iter()
            .zip(found)
            .find_map(|(address, account)| Some((address, pool_of(&vault_address, account?)?)))
            .ok_or_else(no_pool)?;
        Ok(Self {
            vault_address,
            vault,
            address,
            pool,
            lamports,
            now,
        })
    }

    /// Whether it holds SOL.
    pub(super) fn is_sol(&self) -> bool {
        self.pool.kind == NATIVE
    }

    /// What people call its asset. A mint says no name of its own that could be trusted.
    pub(super) fn symbol(&self) -> String {
        if self.is_sol() {
            return SOL.into();
        }
        let mint = self.pool.mint.to_string();
        let (head, tail) = (mint.get(..4), mint.get(mint.len().saturating_sub(4)..));
        format!("{}…{}", head.unwrap_or_default(), tail.unwrap_or_default())
    }

    /// What a query calls it.
    pub(super) fn query_name(&self) -> String {
        if self.is_sol() {
            SOL.into()
        } else {
            self.pool.mint.to_string()
        }
    }

    /// Units with the asset's name, as people read them.
    pub(super) fn told(&self, units: u64) -> String {
        format!("{} {}", self.plain(units), self.symbol())
    }

    /// Units as a plain decimal number.
    pub(super) fn plain(&self, units: u64) -> String {
        amount::format(units, self.pool.decimals)
    }

    /// SOL of the pool that is neither staked nor waited for, lamports.
    pub(super) fn instant_lamports(&self) -> u64 {
        let waited = self.worth(self.pool.ticket_units);
        self.free_lamports().saturating_sub(waited)
    }

    /// SOL of the pool that is not staked, lamports.
    pub(super) fn free_lamports(&self) -> u64 {
        self.lamports.saturating_sub(self.pool.rent_lamports)
    }

    /// What units of the SOL pool are paid out as, lamports: fewer than units after a loss.
    pub(super) fn worth(&self, units: u64) -> u64 {
        primis_vault_interface::math::value_lamports(units, self.pool.price).unwrap_or(u64::MAX)
    }
}

impl WalletNow {
    /// Reads a wallet and its position.
    ///
    /// # Errors
    /// If the account is none that can pay, or the cluster cannot be asked.
    pub(super) async fn read(
        actions: &Actions,
        pool: &PoolNow,
        address: Address,
    ) -> Result<Self, ApiError> {
        let position_address = position_address(&pool.address, &address);
        let first_ticket = ticket_address(&pool.address, pool.pool.ticket_served);
        let asked = [address, position_address, first_ticket];
        let (found, tokens) = tokio::try_join!(
            actions.rpc.accounts(&asked),
            tokens_of(actions, pool, &address)
        )?;
        let mut found = found.into_iter();
        let wallet = found.next().flatten();
        if wallet
            .as_ref()
            .is_some_and(|account| account.owner != programs::SYSTEM || !account.data.is_empty())
        {
            return Err(invalid_account(
                "the account belongs to a program and cannot pay for a transaction",
            ));
        }
        let mut ours = || found.next().flatten().filter(|account| account.owner == ID);
        Ok(Self {
            address,
            lamports: wallet.map_or(0, |account| account.lamports),
            position_address,
            position: ours().and_then(|account| Position::parse(&account.data).ok()),
            tokens,
            first_ticket: ours()
                .and_then(|account| Ticket::parse(&account.data).ok())
                .map(|ticket| (first_ticket, ticket)),
        })
    }

    /// Its units that no ticket holds.
    pub(super) fn free_units(&self) -> u64 {
        self.position
            .map_or(0, |p| p.units.saturating_sub(p.ticket_units))
    }

    /// Its withdrawal tickets that still wait, the newest first.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub(super) async fn waiting_tickets(
        &self,
        actions: &Actions,
        pool: &PoolNow,
    ) -> Result<Vec<(Address, Ticket)>, ApiError> {
        let holds: [(usize, &[u8]); 3] = [
            (0, &Ticket::DISCRIMINATOR),
            (TICKET_POOL, pool.address.as_ref()),
            (TICKET_OWNER, self.address.as_ref()),
        ];
        let found = actions.rpc.program_accounts(&ID, &holds).await?;
        let mut tickets: Vec<(Address, Ticket)> = found
            .into_iter()
            .filter_map(|(address, account)| Some((address, Ticket::parse(&account.data).ok()?)))
            .filter(|(_, ticket)| ticket.units > 0)
            .collect();
        tickets.sort_by_key(|(_, ticket)| std::cmp::Reverse(ticket.number));
        Ok(tickets)
    }
}

/// The wallet's accounts of the pool's token, the fullest first.
async fn tokens_of(
    actions: &Actions,
    pool: &PoolNow,
    wallet: &Address,
) -> Result<Vec<(Address, u64)>, ApiError> {
    if pool.is_sol() {
        return Ok(Vec::new());
    }
    let found = actions.rpc.token_accounts(wallet, &pool.pool.mint).await?;
    let mut tokens: Vec<(Address, u64)> = found
        .into_iter()
        .filter_map(|(address, account)| Some((address, programs::token_units(&account.data)?)))
        .collect();
    tokens.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    Ok(tokens)
}

fn pool_of(vault: &Address, account: Account) -> Option<(Pool, u64)> {
    if account.owner != ID {
        return None;
    }
    let pool = Pool::parse(&account.data).ok()?;
    (pool.vault == *vault).then_some((pool, account.lamports))
}

fn clock_unix(data: &[u8]) -> Option<i64> {
    let bytes = data.get(CLOCK_UNIX)?.try_into().ok()?;
    Some(i64::from_le_bytes(bytes))
}
