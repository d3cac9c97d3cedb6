//! What stakers and the keeper do, one transaction each.

use bytemuck::Zeroable as _;
use primis_vault_interface::{
    Layout as _, Source, accounts::Position, events, math, position_address,
};
use solana_address::Address;

use super::{STREAM_SECONDS, World, owner};

impl World {
    fn settled_position(&mut self, owner: &Address) -> Position {
        self.settle();
        let mut position = self.position(owner).unwrap_or_else(|| {
            self.pool.position_count += 1;
            Position {
                pool: self.pool_address,
                owner: *owner,
                acc: self.pool.acc,
                opened_at: self.now(),
                ..Position::zeroed()
            }
        });
        position.owed_lamports +=
            math::owed_lamports(position.units, position.acc.get(), self.pool.acc.get()).unwrap();
        position.acc = self.pool.acc;
        position
    }

    fn put_position(&self, owner: &Address, position: &Position) {
        self.put(
            &position_address(&self.pool_address, owner),
            position.to_bytes(),
        );
    }

    /// Units of a position that wait in tickets.
    pub fn set_ticket_units(&mut self, owner: &Address, units: u64) {
        let mut position = self.settled_position(owner);
        position.ticket_units = units;
        self.put_position(owner, &position);
    }

    pub fn deposit(&mut self, owner: &Address, lamports: u64) -> String {
        let new = self.position(owner).is_none();
        let mut position = self.settled_position(owner);
        position.units += lamports;
        self.pool.total_units += lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let opened = events::PositionOpened {
            at,
            position_count: self.pool.position_count,
            pool,
            position: position_address(&pool, &owner),
            owner,
        };
        let deposited = events::Deposited {
            amount_units: lamports,
            position_units: position.units,
            total_units: self.pool.total_units,
            owed_lamports: position.owed_lamports,
            at,
            pool,
            owner,
        };
        let mut logged = vec![deposited.to_bytes()];
        if new {
            logged.insert(0, opened.to_bytes());
        }
        self.submit(&[owner, self.address, pool], &logged)
    }

    /// Names the pool and not the vault, as the program's instruction does.
    pub fn withdraw(&mut self, owner: &Address, lamports: u64) -> String {
        let mut position = self.settled_position(owner);
        position.units -= lamports;
        self.pool.total_units -= lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let withdrawn = events::Withdrawn {
            amount_units: lamports,
            position_units: position.units,
            total_units: self.pool.total_units,
            owed_lamports: position.owed_lamports,
            at,
            emergency: 0,
            pool,
            owner,
        };
        self.submit(&[owner, pool], &[withdrawn.to_bytes()])
    }

    pub fn claim(&mut self, owner: &Address) -> u64 {
        let mut position = self.settled_position(owner);
        let lamports = std::mem::take(&mut position.owed_lamports);
        position.claimed_total_lamports += lamports;
        self.pool.claimed_total_lamports += lamports;
        self.vault.claimed_total_lamports += lamports;
        self.vault.stakers_lamports -= lamports;
        self.put_position(owner, &position);
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let claimed = events::Claimed {
            amount_lamports: lamports,
            position_claimed_lamports: position.claimed_total_lamports,
            at,
            pool,
            owner,
        };
        self.submit(&[owner, self.address, pool], &[claimed.to_bytes()]);
        lamports
    }

    pub fn close(&mut self, owner: &Address) -> String {
        self.settle();
        self.pool.position_count -= 1;
        let position = position_address(&self.pool_address, owner);
        self.cluster
            .with(|c| c.accounts.remove(&position.to_string()));
        let (at, pool, owner) = (self.now(), self.pool_address, *owner);
        let closed = events::PositionClosed {
            at,
            position_count: self.pool.position_count,
            pool,
            position,
            owner,
        };
        self.submit(&[owner, self.address, pool], &[closed.to_bytes()])
    }

    /// Pays all of the subsidy bucket to where it goes.
    pub fn sweep_subsidy(&mut self) -> u64 {
        let amount_lamports = std::mem::take(&mut self.vault.subsidy_lamports);
        self.vault.swept_total_lamports[0] += amount_lamports;
        let swept = events::BucketSwept {
            amount_lamports,
            left_lamports: 0,
            bucket: 1,
            at: self.now(),
            vault: self.address,
            destination: owner(97),
        };
        self.submit(&[self.address], &[swept.to_bytes()]);
        amount_lamports
    }

    /// Funds and distributes compute revenue for the time since the last distribution.
    pub fn distribute(&mut self, lamports: u64) -> String {
        self.distribute_from(Source::Compute, lamports)
    }

    /// The same where every other pool is retired.
    pub fn distribute_to_sol(&mut self, lamports: u64) -> String {
        let tokens = std::mem::take(&mut self.tokens);
        let signature = self.distribute(lamports);
        self.tokens = tokens;
        signature
    }

    /// Funds and distributes yield of a source for the time since its last distribution.
    pub fn distribute_from(&mut self, source: Source, lamports: u64) -> String {
        self.settle();
        let (at, vault) = (self.now(), self.address);
        let split = match source {
            Source::Staking => self.vault.config.staking_split,
            Source::Compute => self.vault.config.compute_split,
        };
        let source_id = u64::from(source as u8);
        let bps = [
            split.stakers_bps,
            split.subsidy_bps,
            split.reserve_bps,
            split.treasury_bps,
        ];
        let [stakers, subsidy, reserve, treasury] = math::split(lamports, bps).unwrap();
        let carried_in = self.vault.carried_lamports;
        let sol_value = self.pool.total_units;
        // Rewards of base staking go to the SOL pool alone.
        let total_value = match source {
            Source::Staking => sol_value,
            Source::Compute => sol_value + self.token_value(),
        };
        let funded = events::Funded {
            amount_lamports: lamports,
            funded_lamports: lamports,
            source: source_id,
            at,
            vault,
            funder: owner(98),
        };
        let mut logged = vec![funded.to_bytes()];
        let streamed = if total_value > 0 {
            stakers + carried_in
        } else {
            0
        };
        let to_sol = math::apportion(streamed, sol_value, total_value).unwrap();
        if to_sol > 0 {
            let stream = self.pool.stream().fold(to_sol, STREAM_SECONDS, at).unwrap();
            self.set_stream(stream);
            self.pool.streamed_total_lamports += to_sol;
            let folded = events::PoolStreamed {
                amount_lamports: to_sol,
                value_lamports: sol_value,
                total_units: sol_value,
                stream_end: self.pool.stream_end,
                at,
                rate: self.pool.rate,
                acc: self.pool.acc,
                pool: self.pool_address,
            };
            logged.push(folded.to_bytes());
        }
        if streamed > to_sol {
            logged.extend(self.stream_to_tokens(streamed - to_sol, total_value - sol_value));
        }
        let v = &mut self.vault;
        v.stakers_lamports += streamed;
        v.carried_lamports = stakers + carried_in - streamed;
        v.subsidy_lamports += subsidy;
        v.reserve_lamports += reserve;
        v.treasury_lamports += treasury;
        let carried_out_lamports = v.carried_lamports;
        let of_source = match source {
            Source::Staking => &mut v.staking,
            Source::Compute => &mut v.compute,
        };
        let previous_interval_id = of_source.last_interval_id;
        of_source.last_interval_id = at;
        of_source.last_distributed_at = at;
        of_source.funded_total_lamports += lamports;
        of_source.distributed_total_lamports += lamports;
        of_source.stakers_total_lamports += stakers;
        of_source.distribution_count += 1;
        let distributed = events::YieldDistributed {
            previous_interval_id,
            interval_id: at,
            amount_lamports: lamports,
            stakers_lamports: stakers,
            subsidy_lamports: subsidy,
            reserve_lamports: reserve,
            treasury_lamports: treasury,
            carried_in_lamports: carried_in,
            carried_out_lamports,
            total_value_lamports: total_value,
            source: source_id,
            at,
            vault,
        };
        logged.push(distributed.to_bytes());
        self.submit(&[vault, self.pool_address], &logged)
    }
}
