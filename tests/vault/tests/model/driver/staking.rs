//! Base staking: what the keeper, strangers and the cluster do.

use primis_tests_vault::SOL;
use rand::Rng as _;
use solana_signer::Signer as _;

use super::Driver;

/// Stake accounts of a vault that are more than it needs.
const MANY: usize = 8;

impl Driver {
    /// A stake account there is, or a number nobody has.
    fn any_delegation(&mut self) -> u64 {
        let numbers: Vec<u64> = self
            .reference
            .principal
            .delegations
            .keys()
            .copied()
            .collect();
        match self.random.random_range(0..=numbers.len()) {
            n if n < numbers.len() => numbers[n],
            _ => self.reference.principal.next_delegation,
        }
    }

    pub(super) fn delegate(&mut self) -> bool {
        if self.reference.principal.delegations.len() >= MANY {
            return false;
        }
        let to = self.random.random_range(0..self.votes.len());
        let instant = self.reference.principal.instant(&self.reference.pools[0]);
        let lamports = self.random.random_range(0..=instant / 4 * 3);
        let number = self.reference.principal.next_delegation;
        let delegate = self.world.delegate_ix(&self.votes[to], lamports);
        let done = self.send_as_keeper(delegate);
        let rent = self.world.delegation(number).map_or(0, |d| d.rent_lamports);
        let now = self.world.now();
        let (sol, principal) = self.reference.principal_mut();
        let allowed = principal.delegate(sol, to, lamports, rent, now);
        self.agree(done, allowed, &format!("delegation of {lamports}"));
        done
    }

    /// By the keeper or by a stranger.
    pub(super) fn deactivate(&mut self) -> bool {
        let number = self.any_delegation();
        let by_keeper = self.once_in(2);
        let signer = match by_keeper {
            true => self.world.keeper.insecure_clone(),
            false => self.users[0].insecure_clone(),
        };
        let deactivate = self.world.deactivate_ix(&signer.pubkey(), number);
        let done = self.send(deactivate, &signer);
        let (sol, principal) = self.reference.principal_mut();
        let allowed = principal.deactivate(sol, number, by_keeper);
        self.agree(done, allowed, &format!("deactivation of {number}"));
        done
    }

    pub(super) fn reclaim(&mut self) -> bool {
        let number = self.any_delegation();
        let done = self.send_unsigned(self.world.reclaim_ix(number));
        let returned = self.reference.principal.reclaim(number);
        self.agree(done, returned.is_some(), &format!("reclaim of {number}"));
        if let Some(returned) = returned {
            self.reference.book_returned(returned);
        }
        done
    }

    pub(super) fn harvest(&mut self) -> bool {
        let number = self.any_delegation();
        let done = self.send_unsigned(self.world.harvest_ix(number));
        let (sol, principal) = self.reference.principal_mut();
        let returned = principal.harvest(sol, number);
        self.agree(done, returned.is_some(), &format!("harvest of {number}"));
        if let Some(returned) = returned {
            self.reference.book_returned(returned);
        }
        done
    }

    /// The cluster pays a reward of up to a thousandth.
    pub(super) fn reward(&mut self) -> bool {
        let number = self.any_delegation();
        let Some(delegation) = self.reference.principal.delegations.get(&number) else {
            return false;
        };
        let lamports = self.amount(delegation.held / 1_000 + 1);
        self.world.reward(number, lamports);
        self.held(number, |held| held + lamports);
        true
    }

    /// The cluster takes from a stake account: mostly little, at times nearly everything.
    pub(super) fn slash(&mut self) -> bool {
        let number = self.any_delegation();
        let Some(delegation) = self.reference.principal.delegations.get(&number) else {
            return false;
        };
        // An account without a lamport would not be there any more.
        let most = delegation.held - 1;
        let lamports = self.amount(most);
        self.world.slash(number, lamports);
        self.held(number, |held| held - lamports);
        true
    }

    fn held(&mut self, number: u64, change: impl Fn(u64) -> u64) {
        let delegations = &mut self.reference.principal.delegations;
        let delegation = delegations.get_mut(&number).unwrap();
        delegation.held = change(delegation.held);
    }

    pub(super) fn epoch(&mut self) -> bool {
        self.world.pass_epochs(1);
        self.reference.principal.epoch += 1;
        true
    }

    /// The authority lists another validator, or changes a cap.
    pub(super) fn validators(&mut self) -> bool {
        let cap = self.random.random_range(0..=100_000 * SOL);
        let names = ["second", "third"];
        let listed = self.votes.len();
        if let Some(name) = names.get(listed - 1).filter(|_| self.random.random()) {
            let vote = self.world.add_validator(name, cap);
            self.votes.push(vote);
            let lock = i64::try_from(self.world.vault().timelock_seconds).unwrap();
            let wait = match self.reference.pools[0].total_units() {
                0 => 0,
                _ => lock,
            };
            let opens_at = self.world.now() + wait;
            self.reference.principal.list(cap, opens_at);
            return true;
        }
        let index = self.random.random_range(0..listed);
        let set = self.world.set_validator_cap_ix(&self.votes[index], cap);
        assert!(self.send_as_authority(set), "set_validator_cap");
        self.reference.principal.validators[index].cap = cap;
        true
    }
}
