//! Positions by owner. A clone shares what it has in common with the original, so each snapshot has its
//! own for little more than what changed.

use std::ops::RangeInclusive;

use imbl::OrdMap;
use primis_vault_interface::accounts::Position;
use solana_address::Address;

use crate::store::PositionNow;

const FIRST: Address = Address::new_from_array([0; 32]);
const LAST: Address = Address::new_from_array([u8::MAX; 32]);

/// All open positions.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    /// By owner and address.
    open: OrdMap<(Address, Address), Position>,
    stakers: u64,
}

impl Positions {
    /// Takes in what a position is now.
    pub(super) fn set(&mut self, now: PositionNow) {
        let staked = self.stakes(&now.owner);
        let key = (now.owner, now.address);
        match now.position {
            Some(position) => self.open.insert(key, position),
            None => self.open.remove(&key),
        };
        self.stakers = match (staked, self.stakes(&now.owner)) {
            (false, true) => self.stakers.saturating_add(1),
            (true, false) => self.stakers.saturating_sub(1),
            _ => self.stakers,
        };
    }

    /// An owner's, with their addresses.
    pub(super) fn of(&self, owner: &Address) -> impl Iterator<Item = (&Address, &Position)> {
        let range: RangeInclusive<_> = (*owner, FIRST)..=(*owner, LAST);
        self.open
            .range(range)
            .map(|((_, address), position)| (address, position))
    }

    /// All, with their addresses.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Address, &Position)> {
        self.open
            .iter()
            .map(|((_, address), position)| (address, position))
    }

    /// Owners with units.
    pub(super) fn staker_count(&self) -> u64 {
        self.stakers
    }

    fn stakes(&self, owner: &Address) -> bool {
        self.of(owner).any(|(_, position)| position.units > 0)
    }
}
