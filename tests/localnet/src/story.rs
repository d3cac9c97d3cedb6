//! What the demo stakers do: they come, earn, take, leave and return, so that every way through
//! the vault is walked within five intervals; after that they live on quietly.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::chain::Chain;
use crate::hermes::Hermes;
use crate::lst::{Lst, TokenStaker};
use crate::money::{both, sol, tokens};
use crate::roles::SOL;
use crate::staker::Staker;
use crate::voice::Voice;

/// The demo stakers.
pub const CAST: [&str; 5] = ["Ada", "Bo", "Cleo", "Dan", "Eve"];
/// What each starts with.
pub const PURSE_LAMPORTS: u64 = 100 * SOL;
/// Those with liquid staking tokens, one for each token.
pub const TOKEN_CAST: [&str; 2] = ["Fay", "Gus"];
/// Tokens each of them starts with.
pub const TOKEN_PURSE_UNITS: u64 = 50 * SOL;
/// Tenths of an interval the story takes.
pub const STORY_TENTHS: u32 = 50;

/// Something a staker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Stake(u64),
    Withdraw(u64),
    Ticket(u64),
    Claim,
    Compound,
    Leave,
    EmergencyExit,
}

/// Once: tenths of an interval from the start, who, what.
const STORY: [(u32, usize, Act); 14] = [
    (1, 0, Act::Stake(5 * SOL)),
    (2, 1, Act::Stake(SOL * 5 / 2)),
    (4, 2, Act::Stake(SOL * 6 / 5)),
    (5, 3, Act::Stake(SOL * 4 / 5)),
    (10, 4, Act::Stake(SOL * 181 / 100)),
    (18, 2, Act::Withdraw(SOL / 2)),
    (20, 3, Act::Leave),
    (21, 1, Act::Compound),
    (22, 0, Act::Claim),
    (23, 0, Act::Ticket(SOL * 9 / 2)),
    (38, 3, Act::Stake(SOL)),
    (42, 1, Act::Compound),
    (45, 4, Act::EmergencyExit),
    (48, 0, Act::Claim),
];

/// Again and again after it, every [`HABITS_TENTHS`].
const HABITS: [(u32, usize, Act); 5] = [
    (2, 0, Act::Claim),
    (10, 2, Act::Stake(SOL / 10)),
    (18, 3, Act::Claim),
    (26, 1, Act::Compound),
    (34, 2, Act::Withdraw(SOL / 10)),
];
/// Tenths of an interval after which the habits start over.
const HABITS_TENTHS: u32 = 40;

/// Something a staker of tokens does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenAct {
    Stake(u64),
    Withdraw(u64),
    Claim,
}

/// Once: tenths of an interval from the start, who, what.
const TOKEN_STORY: [(u32, usize, TokenAct); 6] = [
    (3, 0, TokenAct::Stake(2 * SOL)),
    (6, 1, TokenAct::Stake(3 * SOL)),
    (25, 0, TokenAct::Claim),
    (30, 1, TokenAct::Withdraw(SOL)),
    (40, 1, TokenAct::Claim),
    (46, 0, TokenAct::Stake(SOL / 2)),
];
/// Tenths of an interval after which the issuers' prices rise.
const PRICE_TENTHS: u32 = 10;
/// Parts in 1,000,000 that they rise by: far more than rewards of so short a time, so that it shows.
const PRICE_RISE_PPM: u64 = 20;

/// The stakers and what they act with.
pub struct Story {
    /// The chain they act on.
    pub chain: Arc<Chain>,
    /// Where the narration gets its dollars from.
    pub hermes: Arc<Hermes>,
    /// Who narrates.
    pub voice: Arc<Voice>,
    /// The stakers, in the order of [`CAST`].
    pub stakers: Arc<Vec<Staker>>,
    /// The tokens.
    pub tokens: Arc<Vec<Lst>>,
    /// Those who stake them, in the order of [`TOKEN_CAST`].
    pub token_stakers: Arc<Vec<TokenStaker>>,
    /// How long a tenth of an interval is here.
    pub tenth: Duration,
}

impl Story {
    /// Plays until `stop` says so.
    ///
    /// # Errors
    /// The chain does not answer, or the program refuses what it should not.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<()> {
        let start = Instant::now();
        tokio::try_join!(
            self.stakers_act(start, stop.clone()),
            self.token_stakers_act(start, stop.clone()),
            self.prices_rise(start, stop),
        )?;
        Ok(())
    }

    /// The issuers' prices rise, and their accounts stay of the current epoch.
    async fn prices_rise(&self, start: Instant, mut stop: watch::Receiver<bool>) -> Result<()> {
        let mut prices: Vec<u64> = self.tokens.iter().map(|token| token.first_price).collect();
        for round in 1u32.. {
            let at = self
                .tenth
                .saturating_mul(round.saturating_mul(PRICE_TENTHS));
            tokio::select! {
                () = sleep_until(start + at) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            for (token, price) in self.tokens.iter().zip(&mut prices) {
                *price += *price / 1_000_000 * PRICE_RISE_PPM;
                token.crank(&self.chain, *price).await?;
            }
        }
        Ok(())
    }

    async fn token_stakers_act(
        &self,
        start: Instant,
        mut stop: watch::Receiver<bool>,
    ) -> Result<()> {
        for (at, who, act) in TOKEN_STORY {
            tokio::select! {
                () = sleep_until(start + self.tenth.saturating_mul(at)) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            let staker = self
                .token_stakers
                .get(who)
                .context("the story names a staker who is not there")?;
            self.token_act(staker, act)
                .await
                .with_context(|| format!("{}: {act:?}", staker.name))?;
        }
        Ok(())
    }

    async fn token_act(&self, staker: &TokenStaker, act: TokenAct) -> Result<()> {
        let (chain, name, token) = (&*self.chain, &staker.name, staker.lst.name);
        match act {
            TokenAct::Stake(units) => {
                staker.deposit(chain, units).await?;
                self.say(format!("{name} stakes {} of {token}", tokens(units)));
            }
            TokenAct::Withdraw(units) => {
                staker.withdraw(chain, units).await?;
                self.say(format!("{name} takes {} of {token} back", tokens(units)));
            }
            TokenAct::Claim if self.owed_on_tokens(staker).await? == 0 => {
                self.say(format!("{name} has earned nothing on {token} yet"));
            }
            TokenAct::Claim => {
                let before = chain.rpc.get_balance(&staker.owner()).await?;
                staker.claim(chain).await?;
                let after = chain.rpc.get_balance(&staker.owner()).await?;
                let paid = after.saturating_sub(before);
                self.say(format!(
                    "{name} claims {} of yield on {token}",
                    self.amount(paid)
                ));
            }
        }
        Ok(())
    }

    async fn stakers_act(&self, start: Instant, mut stop: watch::Receiver<bool>) -> Result<()> {
        let habits = (0u32..).flat_map(|round| {
            let from = STORY_TENTHS.saturating_add(round.saturating_mul(HABITS_TENTHS));
            HABITS
                .into_iter()
                .map(move |(at, who, act)| (at.saturating_add(from), who, act))
        });
        for (at, who, act) in STORY.into_iter().chain(habits) {
            tokio::select! {
                () = sleep_until(start + self.tenth.saturating_mul(at)) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            let staker = self
                .stakers
                .get(who)
                .context("the story names a staker who is not there")?;
            self.act(staker, act)
                .await
                .with_context(|| format!("{}: {act:?}", staker.name))?;
        }
        Ok(())
    }

    async fn act(&self, staker: &Staker, act: Act) -> Result<()> {
        let (chain, name) = (&*self.chain, &staker.name);
        match act {
            Act::Stake(lamports) => {
                staker.deposit(chain, lamports).await?;
                self.say(format!("{name} stakes {}", self.amount(lamports)));
            }
            Act::Withdraw(lamports) => {
                staker.withdraw(chain, lamports).await?;
                self.say(format!(
                    "{name} takes {} of the stake back",
                    self.amount(lamports)
                ));
            }
            Act::Ticket(units) => {
                let view = chain.vault(&staker.addresses).await?;
                let free = view.pool_lamports.saturating_sub(view.pool.rent_lamports);
                staker.open_ticket(chain, units).await?;
                self.say(format!(
                    "{name} wants {} of the stake back, of the pool {} is not with validators: a ticket waits for it",
                    self.amount(units),
                    sol(free)
                ));
            }
            Act::Claim | Act::Compound if self.owed(staker).await? == 0 => {
                self.say(format!("{name} has earned nothing new yet"));
            }
            Act::Claim => {
                let before = self.claimed(staker).await?;
                staker.claim(chain).await?;
                let paid = self.claimed(staker).await?.saturating_sub(before);
                self.say(format!("{name} claims {} of yield", self.amount(paid)));
            }
            Act::Compound => {
                let before = self.claimed(staker).await?;
                staker.compound(chain).await?;
                let paid = self.claimed(staker).await?.saturating_sub(before);
                self.say(format!(
                    "{name} adds {} of yield to the stake",
                    self.amount(paid)
                ));
            }
            Act::Leave => {
                let before = chain.rpc.get_balance(&staker.owner()).await?;
                staker.withdraw_all(chain).await?;
                staker.close(chain).await?;
                let got = chain
                    .rpc
                    .get_balance(&staker.owner())
                    .await?
                    .saturating_sub(before);
                self.say(format!(
                    "{name} leaves with stake, yield and rent: {}",
                    self.amount(got)
                ));
            }
            Act::EmergencyExit => {
                let units = staker.position(chain).await?.context("no position")?.units;
                staker.claim_and_emergency_withdraw(chain).await?;
                self.say(format!(
                    "{name} uses the emergency exit, which nobody can close: {}",
                    self.amount(units)
                ));
            }
        }
        Ok(())
    }

    /// Lamports a claim would pay a staker of tokens now.
    async fn owed_on_tokens(&self, staker: &TokenStaker) -> Result<u64> {
        let any = self.stakers.first().context("there are no stakers")?;
        let pools = self.chain.pools(&any.addresses).await?;
        let view = pools.iter().find(|view| view.address == staker.lst.pool);
        let pool = &view.context("the token's pool is missing")?.pool;
        let now = self.chain.clock().await?.unix_timestamp;
        let position = staker.position(&self.chain).await?;
        let owed = position.map(|position| position.owed_lamports_at(pool, now));
        owed.unwrap_or(Some(0))
            .context("a position and its pool do not fit together")
    }

    /// Lamports a claim would pay now.
    async fn owed(&self, staker: &Staker) -> Result<u64> {
        let view = self.chain.vault(&staker.addresses).await?;
        let position = staker.position(&self.chain).await?;
        let owed = position
            .map(|position| position.owed_lamports_at(&view.pool, view.clock.unix_timestamp));
        owed.unwrap_or(Some(0))
            .context("a position and its pool do not fit together")
    }

    /// Lamports the position was ever paid.
    async fn claimed(&self, staker: &Staker) -> Result<u64> {
        Ok(staker
            .position(&self.chain)
            .await?
            .map_or(0, |position| position.claimed_total_lamports))
    }

    fn amount(&self, lamports: u64) -> String {
        both(lamports, self.hermes.nano_usd_per_sol())
    }

    fn say(&self, line: String) {
        self.voice.say(&line);
    }
}
