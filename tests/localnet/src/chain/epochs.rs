//! Epochs of the local chain. surfpool counts them by the schedule sysvar, with the length of a real
//! one; here an epoch ends when it is told to, and neither slots nor the clock jump.

use anyhow::{Context as _, Result, bail};
use solana_address::Address;

use super::{CONFIRM_SLOTS, Chain, SLOT_MILLISECONDS};

/// The epoch schedule, and what owns sysvars.
const SCHEDULE: Address = Address::from_str_const("SysvarEpochSchedu1e111111111111111111111111");
const SYSVAR_PROGRAM: Address =
    Address::from_str_const("Sysvar1111111111111111111111111111111111111");
/// What keeps the account alive, lamports.
const SCHEDULE_LAMPORTS: u64 = 1_120_560;
/// Slots of an epoch: never reached here.
const EPOCH_SLOTS: u64 = 1_000_000_000;
/// Where a delegated stake account holds its stake and the epochs of its activation and deactivation.
const STAKE_OFFSET: usize = 156;
const ACTIVATION_OFFSET: usize = 164;
const DEACTIVATION_OFFSET: usize = 172;

impl Chain {
    /// Begins the next epoch and waits until the clock says so. There is no stake history: all stake
    /// that comes or goes does so with the epoch, as where little of a cluster's stake moves.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn next_epoch(&self) -> Result<u64> {
        let clock = self.clock().await?;
        let next = clock.epoch.checked_add(1).context("overflow")?;
        // Slots an epoch, leader schedule offset, no warm-up, first normal epoch, its first slot.
        let mut data = Vec::with_capacity(33);
        data.extend_from_slice(&EPOCH_SLOTS.to_le_bytes());
        data.extend_from_slice(&EPOCH_SLOTS.to_le_bytes());
        data.push(0);
        data.extend_from_slice(&next.to_le_bytes());
        data.extend_from_slice(&clock.slot.to_le_bytes());
        self.set_account(&SCHEDULE, SCHEDULE_LAMPORTS, data, &SYSVAR_PROGRAM)
            .await?;
        for _ in 0..CONFIRM_SLOTS {
            if self.clock().await?.epoch == next {
                return Ok(next);
            }
            tokio::time::sleep(std::time::Duration::from_millis(SLOT_MILLISECONDS / 4)).await;
        }
        bail!("epoch {next} did not begin")
    }

    /// Lamports of a stake account that earn in `epoch`; `None` where none do.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn stake_earning_in(&self, stake: &Address, epoch: u64) -> Result<Option<u64>> {
        let found = self
            .rpc
            .get_account_with_commitment(stake, self.rpc.commitment())
            .await?
            .value;
        let word = |offset: usize| {
            let data = &found.as_ref()?.data;
            let bytes = data.get(offset..)?.first_chunk::<8>()?;
            Some(u64::from_le_bytes(*bytes))
        };
        let earns = word(ACTIVATION_OFFSET).is_some_and(|at| at < epoch)
            && word(DEACTIVATION_OFFSET).is_some_and(|at| at >= epoch);
        Ok(word(STAKE_OFFSET).filter(|_| earns))
    }
}
