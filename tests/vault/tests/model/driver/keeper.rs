//! What the keeper does with yield, and how prices move.

use primis_tests_vault::SOL;
use primis_vault_interface::instructions as ix;
use rand::Rng as _;
use solana_signer::Signer as _;

use super::{Driver, sources};

impl Driver {
    pub(super) fn fund(&mut self) -> bool {
        let lamports = self.amount(1_000 * SOL);
        let source = self.random.random_range(0..2usize);
        let fund = self.world.fund_ix(sources()[source], lamports);
        let done = self.send_as_keeper(fund);
        self.agree(done, lamports > 0, &format!("fund {lamports}"));
        if done {
            self.reference.funded[source] += lamports;
        }
        done
    }

    pub(super) fn distribute(&mut self) -> bool {
        let source = self.random.random_range(0..2usize);
        let funded = self.reference.funded[source];
        let lamports = match self.random.random_range(0..3) {
            0 => funded,
            _ => self.amount(funded),
        };
        for index in 0..self.tokens.len() {
            self.publish(index, self.reference.pools[index + 1].price);
        }
        let distribute = self.world.distribute_ix(sources()[source], lamports);
        if !self.send_as_keeper(distribute) {
            return false;
        }
        let now = self.world.now();
        self.reference.distribute(source, lamports, now);
        true
    }

    pub(super) fn sweep(&mut self) -> bool {
        let bucket = self.random.random_range(0..3usize);
        let lamports = self.amount(self.reference.buckets[bucket]);
        let config = &self.reference.config;
        let destination = [
            config.subsidy_address,
            config.reserve_address,
            config.treasury_address,
        ][bucket];
        // The reserve is the authority's to sweep, the rest the keeper's.
        let by_authority = bucket == 1;
        let signer = match by_authority {
            true => self.world.authority.pubkey(),
            false => self.world.keeper.pubkey(),
        };
        let sweep = ix::SweepBucket {
            signer,
            vault: self.world.vault,
            destination,
        }
        .instruction(u8::try_from(bucket + 1).unwrap(), lamports);
        let done = match by_authority {
            true => self.send_as_authority(sweep),
            false => self.send_as_keeper(sweep),
        };
        self.agree(done, lamports > 0, &format!("sweep of {lamports}"));
        if done {
            self.reference.buckets[bucket] -= lamports;
        }
        done
    }

    /// A token gains a little, as staking rewards make it.
    pub(super) fn reprice(&mut self) -> bool {
        let index = self.random.random_range(0..self.tokens.len());
        let price = self.reference.pools[index + 1].price;
        let gained = self.random.random_range(0..=price / 2_000);
        self.publish(index, price + gained)
    }

    /// The source says `price`, and the pool takes it within its bound.
    pub(super) fn publish(&mut self, index: usize, price: u64) -> bool {
        let lst = self.tokens[index];
        self.world.set_price(&lst, price);
        let taken = self.world.refresh(&lst).is_ok();
        self.reference.pools[index + 1].price = self.world.pool_at(&lst.pool).price;
        taken
    }
}
