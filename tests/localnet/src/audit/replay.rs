//! The vault's arithmetic done a second time, outside the program, from its events alone: what
//! each staker must be owed, and what an emergency withdrawal gave up.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use primis_vault_interface::accounts::{Pool, Position};
use primis_vault_interface::events::Event;
use primis_vault_math::{PRICE_SCALE, Stream, owed_lamports, units_for};
use solana_address::Address;

/// A position as the events make it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    units: u64,
    acc: u128,
    owed_lamports: u64,
}

/// The pool and its positions as the events make them.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pool: Address,
    stream: Stream,
    /// Lamports for 1,000,000,000 units of the SOL pool: less than as many after a recognised loss.
    price: u64,
    total_units: u64,
    positions: BTreeMap<Address, Held>,
    /// Lamports earned but given up by emergency withdrawals; they stay in the vault.
    pub forfeited_lamports: u64,
    /// Settlements and foldings done: each leaves less than three lamports behind as dust.
    pub roundings: u64,
}

impl Replay {
    /// Replays the events of one pool, in order.
    ///
    /// # Errors
    /// An event does not follow from those before it: the program and its arithmetic disagree.
    pub fn of<'a>(pool: Address, events: impl Iterator<Item = &'a Event>) -> Result<Self> {
        let mut replay = Self {
            pool,
            price: PRICE_SCALE,
            ..Self::default()
        };
        for event in events {
            replay
                .apply(event)
                .with_context(|| format!("after {event:?}"))?;
        }
        Ok(replay)
    }

    /// Holds the accounts on chain against the replay.
    ///
    /// # Errors
    /// They differ.
    pub fn agrees_with(&self, pool: &Pool, positions: &[Position]) -> Result<()> {
        ensure!(
            pool.stream() == self.stream,
            "the pool's stream is not what its events make it"
        );
        ensure!(
            pool.total_units == self.total_units,
            "the pool's units are not what its events make them"
        );
        ensure!(
            positions.len() == self.positions.len(),
            "there are more or fewer positions than the events tell"
        );
        for position in positions {
            let held = Held {
                units: position.units,
                acc: position.acc.get(),
                owed_lamports: position.owed_lamports,
            };
            ensure!(
                self.positions.get(&position.owner) == Some(&held),
                "the position of {} is not what the events make it",
                position.owner
            );
        }
        Ok(())
    }

    fn apply(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::PoolAdded(e) if e.pool == self.pool => self.stream.last_update = e.at,
            Event::PositionOpened(e) if e.pool == self.pool => {
                let held = Held {
                    acc: self.stream.acc,
                    ..Held::default()
                };
                ensure!(
                    self.positions.insert(e.owner, held).is_none(),
                    "a position was opened twice"
                );
            }
            Event::Deposited(e) if e.pool == self.pool => {
                self.settle(&e.owner, e.at)?;
                self.add_units(&e.owner, e.amount_units)?;
                self.expect(&e.owner, e.position_units, e.total_units)?;
            }
            Event::Withdrawn(e) if e.pool == self.pool => {
                if e.emergency == 1 {
                    let held = self.held(&e.owner)?;
                    let given_up = owed_lamports(e.amount_units, held.acc, self.stream.acc)
                        .context("overflow")?;
                    self.forfeited_lamports = self.forfeited_lamports.saturating_add(given_up);
                } else {
                    self.settle(&e.owner, e.at)?;
                }
                let held = self.held(&e.owner)?;
                held.units = held
                    .units
                    .checked_sub(e.amount_units)
                    .context("more withdrawn than held")?;
                self.total_units = self
                    .total_units
                    .checked_sub(e.amount_units)
                    .context("more withdrawn than held")?;
                self.expect(&e.owner, e.position_units, e.total_units)?;
            }
            Event::Claimed(e) if e.pool == self.pool => {
                self.pay(&e.owner, e.at, e.amount_lamports)?
            }
            Event::Compounded(e) if e.pool == self.pool => {
                self.pay(&e.owner, e.at, e.amount_lamports)?;
                let units = units_for(e.amount_lamports, self.price).context("overflow")?;
                self.add_units(&e.owner, units)?;
                self.expect(&e.owner, e.position_units, e.total_units)?;
            }
            Event::PositionClosed(e) if e.pool == self.pool => {
                self.settle(&e.owner, e.at)?;
                let held = self
                    .positions
                    .remove(&e.owner)
                    .context("a position was closed that was never opened")?;
                ensure!(
                    held.units == 0 && held.owed_lamports == 0,
                    "a position was closed with something in it"
                );
            }
            Event::PoolStreamed(e) if e.pool == self.pool => {
                self.settle_pool(e.at)?;
                let seconds = u64::try_from(e.stream_end.saturating_sub(e.at))?;
                self.stream = self
                    .stream
                    .fold(e.amount_lamports, seconds, e.at)
                    .context("overflow")?;
                ensure!(
                    self.stream.rate == e.rate.get() && self.stream.acc == e.acc.get(),
                    "the stream differs"
                );
            }
            Event::LossRecognised(e) if e.pool == self.pool => self.price = e.price,
            // A distribution settles every pool, those that get nothing of it too.
            Event::YieldDistributed(e) => self.settle_pool(e.at)?,
            _ => {}
        }
        Ok(())
    }

    fn settle_pool(&mut self, now: i64) -> Result<()> {
        self.roundings = self.roundings.saturating_add(1);
        self.stream = self
            .stream
            .settle(self.total_units, now)
            .context("overflow")?;
        Ok(())
    }

    fn settle(&mut self, owner: &Address, now: i64) -> Result<()> {
        self.settle_pool(now)?;
        let acc = self.stream.acc;
        let held = self.held(owner)?;
        let earned = owed_lamports(held.units, held.acc, acc).context("overflow")?;
        held.owed_lamports = held.owed_lamports.checked_add(earned).context("overflow")?;
        held.acc = acc;
        Ok(())
    }

    fn pay(&mut self, owner: &Address, now: i64, lamports: u64) -> Result<()> {
        self.settle(owner, now)?;
        let owed = std::mem::take(&mut self.held(owner)?.owed_lamports);
        ensure!(
            owed == lamports,
            "{owed} lamports were owed and {lamports} paid"
        );
        Ok(())
    }

    fn add_units(&mut self, owner: &Address, units: u64) -> Result<()> {
        let held = self.held(owner)?;
        held.units = held.units.checked_add(units).context("overflow")?;
        self.total_units = self.total_units.checked_add(units).context("overflow")?;
        Ok(())
    }

    fn expect(&mut self, owner: &Address, position_units: u64, total_units: u64) -> Result<()> {
        let held = self.held(owner)?.units;
        ensure!(
            held == position_units,
            "the position holds {held} units, not {position_units}"
        );
        ensure!(
            self.total_units == total_units,
            "the pool holds {} units, not {total_units}",
            self.total_units
        );
        Ok(())
    }

    fn held(&mut self, owner: &Address) -> Result<&mut Held> {
        self.positions
            .get_mut(owner)
            .context("a position moved that was never opened")
    }
}
