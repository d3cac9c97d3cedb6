//! What must hold of the yield, recomputed from accounts.

use primis_vault_interface::accounts::{Pool, Position, Vault};
use solana_address::Address;

use crate::World;

impl World {
    /// Balances cover what is owed, recomputed from accounts and positions, not from the
    /// program's own totals alone.
    pub(crate) fn check_invariants(&self) {
        let (Some(vault), Some(pool)) = (
            self.read::<Vault>(&self.vault),
            self.read::<Pool>(&self.pool),
        ) else {
            return;
        };
        self.check_principal(&pool);
        let yields = self.yield_of(&self.pool, &pool);
        let lsts = self.lsts.iter().filter_map(|lst| {
            let pool = self.read::<Pool>(&lst.pool)?;
            let (units, total) = (self.units(&lst.tokens), pool.total_units);
            assert!(units >= total, "{units} tokens for {total} units");
            Some(self.yield_of(&lst.pool, &pool))
        });
        let yields: u64 = lsts.sum::<u64>() + yields;
        let buckets = vault.subsidy_lamports + vault.reserve_lamports + vault.treasury_lamports;
        let funded = vault.staking.funded_lamports + vault.compute.funded_lamports;
        let held = self.lamports(&self.vault) - vault.rent_lamports;
        let liabilities = yields + buckets + vault.carried_lamports + funded;
        assert!(
            held >= liabilities,
            "the vault holds {held} and owes {liabilities}"
        );
    }

    /// What the vault owes for a pool: to its positions, whose units are the pool's, and streaming.
    fn yield_of(&self, address: &Address, pool: &Pool) -> u64 {
        let positions: Vec<Position> = self
            .owners
            .iter()
            .filter_map(|owner| self.position_in(address, owner))
            .collect();
        let units: u64 = positions.iter().map(|p| p.units).sum();
        assert_eq!(
            units, pool.total_units,
            "the positions' units are not the pool's"
        );
        assert_eq!(positions.len() as u64, pool.position_count);
        let owed: u64 = positions
            .iter()
            .map(|p| p.owed_lamports_at(pool, self.now()).expect("in range"))
            .sum();
        let settled = pool
            .stream()
            .settle(pool.total_units, self.now())
            .expect("in range");
        owed + settled.remaining_lamports().expect("in range")
    }
}
