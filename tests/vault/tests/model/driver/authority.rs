//! What authority and guardian do.

use primis_tests_vault::SOL;
use primis_vault_interface::{
    instructions as ix,
    types::{Config, Split},
};
use rand::Rng as _;
use solana_signer::Signer as _;

use super::Driver;
use crate::reference::Status;

impl Driver {
    /// The guardian pauses, and before long the authority lets go on.
    pub(super) fn pause(&mut self) -> bool {
        let by_guardian = self.once_in(8);
        let flags = match by_guardian || self.once_in(8) {
            true => self.random.random_range(0..=3u8),
            false => 0,
        };
        let signer = match by_guardian {
            true => self.world.guardian.insecure_clone(),
            false => self.world.authority.insecure_clone(),
        };
        let pause = ix::SetPause {
            signer: signer.pubkey(),
            vault: self.world.vault,
        };
        assert!(self.send(pause.instruction(flags), &signer), "set_pause");
        let before = if by_guardian {
            self.reference.paused
        } else {
            0
        };
        self.reference.paused = before | flags;
        true
    }

    /// Caps, minimum, status and buffer of a pool.
    pub(super) fn limits(&mut self, pool: usize) -> bool {
        let buffer_bps = self.random.random_range(100..=5_000);
        let cap_lamports = match self.once_in(4) {
            true => self.amount(4_000_000 * SOL),
            false => u64::MAX,
        };
        let limits = ix::SetPoolLimits {
            authority: self.world.authority.pubkey(),
            vault: self.world.vault,
            pool: self.pool_address(pool),
        };
        assert!(self.send_as_authority(limits.instruction(cap_lamports, buffer_bps)));
        self.reference.pools[pool].cap_lamports = cap_lamports;
        if pool == 0 {
            self.reference.principal.buffer_bps = buffer_bps;
        }

        let cap_units = self.random.random_range(10_000 * SOL..=2_000_000 * SOL);
        let min_deposit_units = self.random.random_range(1..=SOL / 10);
        let status = match self.random.random_range(0..16) {
            0 => Status::Closed,
            1 => Status::Retired,
            _ => Status::Active,
        };
        let update = ix::UpdatePool {
            authority: self.world.authority.pubkey(),
            vault: self.world.vault,
            pool: self.pool_address(pool),
        };
        let update = update.instruction(cap_units, min_deposit_units, status as u8);
        assert!(self.send_as_authority(update), "update_pool");
        let pool = &mut self.reference.pools[pool];
        pool.cap_units = cap_units;
        pool.min_deposit_units = min_deposit_units;
        pool.status = status;
        true
    }

    /// A config is proposed, taken back, or applied when its time has come.
    pub(super) fn configure(&mut self) -> bool {
        let (authority, vault) = (self.world.authority.pubkey(), self.world.vault);
        let now = self.world.now();
        match self.random.random_range(0..8) {
            0..=2 => {
                let config = self.any_config();
                let propose = ix::ProposeConfig { authority, vault }.instruction(config);
                assert!(self.send_as_authority(propose), "propose_config");
                let lock = i64::try_from(self.world.vault().timelock_seconds).unwrap();
                self.reference.proposed = Some((config, now + lock));
                true
            }
            3 => {
                let cancel = ix::CancelConfig { authority, vault }.instruction();
                let done = self.send_as_authority(cancel);
                let proposed = self.reference.proposed.take().is_some();
                self.agree(done, proposed, "cancel_config");
                done
            }
            _ => {
                let apply = ix::ApplyConfig { vault }.instruction();
                let done = self.send_unsigned(apply);
                let due = self.reference.proposed.filter(|(_, at)| now >= *at);
                self.agree(done, due.is_some(), "apply_config");
                if let Some((config, _)) = due {
                    self.reference.config = config;
                    self.reference.proposed = None;
                }
                done
            }
        }
    }

    fn any_config(&mut self) -> Config {
        Config {
            stream_seconds: self.amount(31_557_599) + 1,
            min_spacing_seconds: self.amount(3_600),
            max_distribution_lamports: self.amount(10_000 * SOL) + SOL,
            staking_split: self.any_split(),
            compute_split: self.any_split(),
            ..self.reference.config
        }
    }

    /// Four parts of ten thousand.
    fn any_split(&mut self) -> Split {
        let mut cuts: [u16; 3] = [0; 3].map(|_: u16| self.random.random_range(0..=10_000));
        cuts.sort_unstable();
        Split {
            stakers_bps: cuts[0],
            subsidy_bps: cuts[1] - cuts[0],
            reserve_bps: cuts[2] - cuts[1],
            treasury_bps: 10_000 - cuts[2],
        }
    }

    /// A role changes hands; the old key can do nothing any more.
    pub(super) fn roles(&mut self) -> bool {
        let (authority, vault) = (self.world.authority.pubkey(), self.world.vault);
        let role = self.random.random_range(0..3usize);
        let next = self.spare[role].pubkey();
        let change = match role {
            0 => ix::ProposeAuthority { authority, vault }.instruction(next),
            1 => ix::SetKeeper { authority, vault }.instruction(next),
            _ => ix::SetGuardian { authority, vault }.instruction(next),
        };
        assert!(self.send_as_authority(change.clone()), "a role changes");
        if role == 0 {
            let accept = ix::AcceptAuthority {
                new_authority: next,
                vault,
            };
            let signer = self.spare[0].insecure_clone();
            assert!(self.send(accept.instruction(), &signer), "accept_authority");
            assert!(!self.send_as_authority(change), "the old authority");
        }
        let held = [
            &mut self.world.authority,
            &mut self.world.keeper,
            &mut self.world.guardian,
        ];
        for (index, key) in held.into_iter().enumerate() {
            if index == role {
                std::mem::swap(key, &mut self.spare[role]);
            }
        }
        true
    }

    /// A price source is proposed, and applied after its time; the next look gives the price anew.
    pub(super) fn price_source(&mut self) -> bool {
        let index = self.random.random_range(0..self.tokens.len());
        let lst = self.tokens[index];
        let pool = self.world.pool_at(&lst.pool);
        let now = self.world.now();
        if pool.pending_price_source_at == 0 {
            let propose = ix::ProposePriceSource {
                authority: self.world.authority.pubkey(),
                vault: self.world.vault,
                pool: lst.pool,
            };
            assert!(self.send_as_authority(propose.instruction(lst.rules())));
            return true;
        }
        let price = pool.price;
        let apply = ix::ApplyPriceSource { pool: lst.pool }.instruction();
        let done = self.send_unsigned(apply);
        self.agree(
            done,
            now >= pool.pending_price_source_at,
            "apply_price_source",
        );
        if done {
            assert!(self.publish(index, price), "the first price");
        }
        done
    }
}
