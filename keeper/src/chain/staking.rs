//! What base staking is decided on: the SOL pool, its validators, delegations and stake accounts, the
//! first ticket, and the cluster's epoch. The accounts are of some slots, not of one: whatever is
//! decided on them the program checks again.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use primis_vault_interface::{
    ID, Layout, NATIVE_MINT, Source,
    accounts::{Delegation, Pool, Ticket, Validator},
    pool_address, ticket_address,
};
use serde_json::{Value, json};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::request::RpcRequest;

use super::{
    ChainState, Rpc,
    stake_account::{EpochClock, StakeAccount, VoteStatus},
};
use crate::{
    duties::{DelegationFacts, PoolFacts, RewardFacts, StakingFacts, TicketFacts, ValidatorFacts},
    error::Error,
};

/// The account of the cluster's clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Most accounts of one `getMultipleAccounts`.
const ACCOUNTS_A_REQUEST: usize = 100;
/// A delegation that is being deactivated.
const STATUS_DEACTIVATING: u8 = 1;

/// The vault's base staking.
#[derive(Clone, Debug)]
pub struct StakingState {
    /// The vault, its pools, and the wallet.
    pub chain: ChainState,
    /// Address of the SOL pool.
    pub pool: Address,
    /// The SOL pool's principal and stake.
    pub pool_facts: PoolFacts,
    /// The cluster's epoch and time.
    pub clock: EpochClock,
    /// The first ticket of the queue.
    pub head: Option<Ticket>,
    /// Validators on the list, and what the cluster says of them.
    pub validators: Vec<(Validator, Option<VoteStatus>)>,
    /// Delegations that are not reclaimed and their stake accounts, in the order of their numbers.
    pub delegations: Vec<(Delegation, StakeAccount)>,
}

/// An account's lamports and data.
type Found = Option<(u64, Vec<u8>)>;

impl StakingState {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Rpc`], [`Error::NoVault`] or [`Error::WrongAccount`].
    pub async fn read(rpc: &Rpc, vault: Address, wallet: Address) -> Result<Self, Error> {
        let chain = ChainState::read(rpc, vault, wallet).await?;
        let pool = pool_address(&vault, &NATIVE_MINT);
        let mut delegations: Vec<Delegation> = owned_by(rpc, &pool, DELEGATION_POOL).await?;
        delegations.sort_by_key(|delegation| delegation.number);
        let validators: Vec<Validator> = owned_by(rpc, &pool, VALIDATOR_POOL).await?;
        let votes: Vec<_> = validators.iter().map(|validator| validator.vote).collect();
        let first = chain
            .pools
            .iter()
            .find(|(address, _)| *address == pool)
            .map_or(0, |(_, pool)| pool.ticket_served);
        let mut keys = vec![CLOCK, pool, ticket_address(&pool, first)];
        keys.extend(delegations.iter().map(|delegation| delegation.stake));
        let (found, statuses) = tokio::join!(accounts(rpc, &keys), rpc.vote_statuses(&votes));
        let mut found = found?.into_iter();
        let mut next = || found.next().flatten();
        let clock = next()
            .and_then(|(_, data)| EpochClock::parse(&data))
            .ok_or_else(|| nonsense("getMultipleAccounts", "the cluster's clock is missing"))?;
        let pool_facts = match next() {
            None => PoolFacts::default(),
            Some((lamports, data)) => pool_facts(lamports, &parse(&pool, &data)?),
        };
        // A number ahead of what was read of the pool: the next look shows them together.
        let head = next()
            .map(|(_, data)| parse::<Ticket>(&ticket_address(&pool, first), &data))
            .transpose()?
            .filter(|ticket| ticket.number == first);
        let stakes = delegations.iter().map(|_| {
            next().map_or_else(StakeAccount::default, |(lamports, data)| {
                StakeAccount::parse(lamports, &data)
            })
        });
        let stakes: Vec<_> = stakes.collect();
        // Reclaimed since it was listed: a delegation has no empty stake account.
        let delegations = delegations
            .into_iter()
            .zip(stakes)
            .filter(|(_, stake)| stake.lamports > 0)
            .collect();
        Ok(Self {
            chain,
            pool,
            pool_facts,
            clock,
            head,
            validators: validators.into_iter().zip(statuses).collect(),
            delegations,
        })
    }

    /// What the plan needs to know; `old_prices` are added by whoever knows where prices are read.
    pub fn facts(&self, keeper: &Address) -> StakingFacts {
        let plain = self.chain.facts(Source::Staking, keeper);
        StakingFacts {
            now: self.clock.now,
            epoch: self.clock.epoch,
            epoch_started_at: self.clock.started_at,
            is_keeper: plain.is_keeper,
            is_paused: plain.is_paused,
            wallet_lamports: plain.wallet_lamports,
            pool: self.pool_facts,
            head: self.head.as_ref().map(|ticket| TicketFacts {
                number: ticket.number,
                units: ticket.units,
            }),
            validators: self.validators.iter().map(validator_facts).collect(),
            delegations: self.delegations.iter().map(delegation_facts).collect(),
            old_prices: Vec::new(),
            rewards: RewardFacts {
                funded_lamports: plain.funded_lamports,
                last_interval_id: plain.last_interval_id,
                last_distributed_at: plain.last_distributed_at,
                min_spacing_seconds: plain.min_spacing_seconds,
                cap_lamports: plain.cap_lamports,
            },
        }
    }

    /// A delegation by its number.
    pub fn delegation(&self, number: u64) -> Option<&Delegation> {
        self.delegations
            .iter()
            .map(|(delegation, _)| delegation)
            .find(|delegation| delegation.number == number)
    }
}

fn pool_facts(lamports: u64, pool: &Pool) -> PoolFacts {
    PoolFacts {
        free_lamports: lamports.saturating_sub(pool.rent_lamports),
        staked_lamports: pool.staked_lamports,
        deactivating_lamports: pool.deactivating_lamports,
        buffer_bps: pool.buffer_bps,
        ticket_units: pool.ticket_units,
        price: pool.price,
        delegation_next: pool.delegation_next,
    }
}

fn validator_facts((validator, status): &(Validator, Option<VoteStatus>)) -> ValidatorFacts {
    ValidatorFacts {
        vote: validator.vote,
        cap_lamports: validator.cap_lamports,
        staked_lamports: validator.staked_lamports,
        opens_at: validator.opens_at,
        is_delinquent: status.is_some_and(|status| status.is_delinquent),
        commission_percent: status.and_then(|status| status.commission_percent),
    }
}

fn delegation_facts((delegation, stake): &(Delegation, StakeAccount)) -> DelegationFacts {
    DelegationFacts {
        number: delegation.number,
        vote: delegation.vote,
        is_deactivating: delegation.status == STATUS_DEACTIVATING,
        principal_lamports: delegation.principal_lamports,
        rent_lamports: delegation.rent_lamports,
        held_lamports: stake.lamports,
        activation_epoch: stake.activation_epoch,
        deactivation_epoch: stake.deactivation_epoch,
    }
}

/// Where these accounts hold the pool they belong to.
const DELEGATION_POOL: usize = std::mem::offset_of!(Delegation, pool);
const VALIDATOR_POOL: usize = std::mem::offset_of!(Validator, pool);

/// All accounts of a kind that hold this pool's address at `offset` after their discriminator.
async fn owned_by<T: Layout>(rpc: &Rpc, pool: &Address, offset: usize) -> Result<Vec<T>, Error> {
    let offset = size_of_val(&T::DISCRIMINATOR).saturating_add(offset);
    let filters = json!([
        {"memcmp": {"offset": 0, "encoding": "base64", "bytes": BASE64_STANDARD.encode(T::DISCRIMINATOR)}},
        {"memcmp": {"offset": offset, "encoding": "base64", "bytes": BASE64_STANDARD.encode(pool.as_ref())}},
    ]);
    let params = json!([ID.to_string(), {"encoding": "base64", "commitment": rpc.commitment().commitment, "filters": filters}]);
    let ask = |client: Arc<RpcClient>| {
        let params = params.clone();
        async move {
            client
                .send::<Vec<Value>>(RpcRequest::GetProgramAccounts, params)
                .await
        }
    };
    let found = rpc.read("getProgramAccounts", ask).await?;
    found
        .iter()
        .map(|keyed| {
            let data = keyed
                .pointer("/account/data/0")
                .and_then(Value::as_str)
                .and_then(|text| BASE64_STANDARD.decode(text).ok())
                .ok_or_else(|| nonsense("getProgramAccounts", "the answer cannot be read"))?;
            parse(pool, &data)
        })
        .collect()
}

/// Accounts in the order of `keys`, in as many requests as that takes.
async fn accounts(rpc: &Rpc, keys: &[Address]) -> Result<Vec<Found>, Error> {
    let mut all = Vec::with_capacity(keys.len());
    let commitment = rpc.commitment();
    for keys in keys.chunks(ACCOUNTS_A_REQUEST) {
        let ask = |client: Arc<RpcClient>| async move {
            client
                .get_multiple_accounts_with_commitment(keys, commitment)
                .await
        };
        let answer = rpc.read("getMultipleAccounts", ask).await?.value;
        if answer.len() != keys.len() {
            return Err(nonsense(
                "getMultipleAccounts",
                "another number of accounts than asked for",
            ));
        }
        all.extend(
            answer
                .into_iter()
                .map(|account| account.map(|account| (account.lamports, account.data))),
        );
    }
    Ok(all)
}

fn parse<T: Layout>(address: &Address, data: &[u8]) -> Result<T, Error> {
    T::parse(data).map_err(|error| Error::WrongAccount {
        address: address.to_string(),
        cause: error.to_string(),
    })
}

fn nonsense(method: &'static str, cause: &str) -> Error {
    Error::Rpc {
        method,
        cause: cause.into(),
    }
}
