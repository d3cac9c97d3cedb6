//! The cluster's side of base staking: vote accounts, epochs with their stake history, rewards and
//! slashing. The stake program itself is the real one.
#![allow(
    clippy::indexing_slicing,
    reason = "an account of another length is a failed test"
)]

use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_signer::Signer;

use crate::{SOL, World, key};

/// The stake program.
pub const STAKE_PROGRAM: Address =
    Address::from_str_const("Stake11111111111111111111111111111111111111");
/// The vote program.
pub const VOTE_PROGRAM: Address =
    Address::from_str_const("Vote111111111111111111111111111111111111111");
const SYSVAR_PROGRAM: Address =
    Address::from_str_const("Sysvar1111111111111111111111111111111111111");
const STAKE_HISTORY: Address =
    Address::from_str_const("SysvarStakeHistory1111111111111111111111111");

/// Bytes of a vote account.
const VOTE_LENGTH: usize = 3_762;
/// Seconds of an epoch here: two days.
const EPOCH_SECONDS: i64 = 172_800;
/// Slots of an epoch.
const EPOCH_SLOTS: u64 = 432_000;
/// Stake of the whole cluster, lamports: about what mainnet has.
const CLUSTER_STAKE: u64 = 400_000_000 * SOL;
/// What comes and goes in a usual epoch, lamports: far below the 9 % that can.
const CLUSTER_CHANGE: u64 = 1_000_000 * SOL;
/// Entries the stake history keeps.
const HISTORY_ENTRIES: usize = 512;

/// Where a stake account holds its state, its staker, its withdrawer, the lamports delegated and
/// the epoch of deactivation.
const STAKER: usize = 12;
const WITHDRAWER: usize = 44;
const LOCKUP: usize = 76;
const DELEGATED: usize = 156;
const DEACTIVATION_EPOCH: usize = 172;

fn u64_at(data: &[u8], offset: usize) -> u64 {
    let bytes = data[offset..offset + 8].try_into().expect("eight bytes");
    u64::from_le_bytes(bytes)
}

impl World {
    /// A vote account that has voted in no epoch yet.
    pub fn vote_account(&mut self, name: &str) -> Address {
        self.vote_account_with_credits(name, &[])
    }

    /// A vote account with credits earned in these epochs.
    pub fn vote_account_with_credits(&mut self, name: &str, epochs: &[u64]) -> Address {
        let (vote, node) = (key(name).pubkey(), key("node").pubkey());
        // Version 3 of the vote state, field by field.
        let mut data = 2u32.to_le_bytes().to_vec();
        data.extend_from_slice(node.as_ref());
        data.extend_from_slice(node.as_ref());
        data.push(5); // commission, percent
        data.extend_from_slice(&0u64.to_le_bytes()); // votes
        data.push(0); // no root slot
        data.extend_from_slice(&1u64.to_le_bytes()); // one authorized voter, from epoch 0
        data.extend_from_slice(&0u64.to_le_bytes());
        data.extend_from_slice(node.as_ref());
        data.extend_from_slice(&[0; 32 * 48]); // no prior voters
        data.extend_from_slice(&31u64.to_le_bytes());
        data.push(1);
        data.extend_from_slice(&(epochs.len() as u64).to_le_bytes());
        for (before, epoch) in epochs.iter().enumerate() {
            for number in [*epoch, before as u64 + 1, before as u64] {
                data.extend_from_slice(&number.to_le_bytes());
            }
        }
        data.resize(VOTE_LENGTH, 0);
        let account = Account {
            lamports: SOL,
            data,
            owner: VOTE_PROGRAM,
            ..Account::default()
        };
        self.svm.set_account(vote, account).expect("a vote account");
        vote
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.svm.get_sysvar::<Clock>().epoch
    }

    /// Lets epochs pass in a cluster where as much stake comes and goes as usually does: what was
    /// delegated or deactivated before is so after one.
    pub fn pass_epochs(&mut self, epochs: u64) {
        for _ in 0..epochs {
            self.pass_epoch(CLUSTER_CHANGE);
        }
    }

    /// Lets an epoch pass in which this much of the cluster's stake wants to come and to go; above
    /// 9 % of it, only a part of it does.
    pub fn pass_epoch(&mut self, change_lamports: u64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        self.add_history(
            clock.epoch,
            [CLUSTER_STAKE, change_lamports, change_lamports],
        );
        clock.epoch += 1;
        clock.leader_schedule_epoch = clock.epoch + 1;
        clock.slot += EPOCH_SLOTS;
        clock.unix_timestamp += EPOCH_SECONDS;
        clock.epoch_start_timestamp = clock.unix_timestamp;
        self.svm.set_sysvar(&clock);
    }

    /// Adds an epoch to the stake history: a count, then epochs, the latest first.
    fn add_history(&mut self, epoch: u64, stake: [u64; 3]) {
        let before = self
            .svm
            .get_account(&STAKE_HISTORY)
            .map_or(vec![0; 8], |account| account.data);
        let entries = usize::try_from(u64_at(&before, 0)).expect("a count");
        let kept = entries.min(HISTORY_ENTRIES - 1);
        let mut data = (kept as u64 + 1).to_le_bytes().to_vec();
        for number in [epoch].into_iter().chain(stake) {
            data.extend_from_slice(&number.to_le_bytes());
        }
        data.extend_from_slice(&before[8..8 + kept * 32]);
        data.resize(8 + HISTORY_ENTRIES * 32, 0);
        let account = Account {
            lamports: SOL,
            data,
            owner: SYSVAR_PROGRAM,
            ..Account::default()
        };
        self.svm
            .set_account(STAKE_HISTORY, account)
            .expect("the stake history");
    }

    /// Changes lamports and delegated stake of a delegation's stake account.
    fn change_stake(&mut self, number: u64, change: impl Fn(u64) -> u64) {
        let address = self.stake_address(number);
        let mut account = self.svm.get_account(&address).expect("a stake account");
        account.lamports = change(account.lamports);
        let delegated = change(u64_at(&account.data, DELEGATED)).to_le_bytes();
        account.data[DELEGATED..DELEGATED + 8].copy_from_slice(&delegated);
        self.svm
            .set_account(address, account)
            .expect("a stake account");
    }

    /// Pays a reward of the stake program's kind: lamports that are delegated at once.
    pub fn reward(&mut self, number: u64, lamports: u64) {
        self.change_stake(number, |before| before + lamports);
    }

    /// Slashes a delegation. Until the loss is recognised, the pool is short of it.
    pub fn slash(&mut self, number: u64, lamports: u64) {
        self.change_stake(number, |before| before.saturating_sub(lamports));
        self.staking.slashed.insert(number);
    }

    /// Lamports of a delegation's stake account.
    pub fn stake_lamports(&self, number: u64) -> u64 {
        self.lamports(&self.stake_address(number))
    }

    /// Epoch in which a delegation's stake was deactivated, by the stake program's own account.
    pub fn deactivation_epoch(&self, number: u64) -> Option<u64> {
        let account = self.svm.get_account(&self.stake_address(number))?;
        let epoch = u64_at(&account.data, DEACTIVATION_EPOCH);
        (epoch != u64::MAX).then_some(epoch)
    }

    /// Whether the pool, and it alone, can move a stake account, at any time.
    pub(super) fn stake_is_the_pools(&self, stake: &Address) -> bool {
        let account = self.svm.get_account(stake);
        account.is_some_and(|account| {
            account.owner == STAKE_PROGRAM
                && account.data[STAKER..WITHDRAWER] == *self.pool.as_ref()
                && account.data[WITHDRAWER..LOCKUP] == *self.pool.as_ref()
                && account.data[LOCKUP..LOCKUP + 48] == [0; 48]
        })
    }
}
