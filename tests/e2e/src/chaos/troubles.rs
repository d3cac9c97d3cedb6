//! What each fault does when it begins, and what when it is over.

use std::time::Duration;

use anyhow::{Context as _, Result};
use primis_localnet::Daemon;
use serde_json::{Value, json};
use solana_signer::Signer as _;
use tokio::time::timeout;

use super::world::{OTHER, RIVAL, World};
use super::{Episode, Fault, Mood};
use crate::machine;
use crate::proxy::ANY;
use crate::stand::KEEPER;
use crate::trap::{self, Calls, Trap};

/// A well-formed answer to `sendTransaction`, by an endpoint that throws the bytes away.
const ANY_SIGNATURE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
/// Slots the lagging endpoint is left behind by.
const LAG_SLOTS: u32 = 100;
/// Left in an emptied wallet, lamports: enough to exist, far too little to distribute.
const LEFT_LAMPORTS: u64 = 1_000_000;
/// How long a call that was held is waited for once it is let go.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// A fault that lasts.
#[derive(Default)]
pub struct Lasting {
    /// What happened, where that is not what it is called.
    pub note: &'static str,
    traps: Vec<Trap>,
    second_keeper: Option<Daemon>,
}

impl World {
    /// Makes it happen.
    ///
    /// # Errors
    /// The test itself is in trouble: a keeper cannot be started, the chain does not answer.
    pub async fn strike(&mut self, episode: &Episode) -> Result<Lasting> {
        let mut lasting = Lasting::default();
        let dice = episode.dice;
        let everywhere = dice.is_multiple_of(2);
        match episode.fault {
            fault if fault.is_kill() => {
                lasting.note = self.kill_at(fault).await?;
                if everywhere {
                    self.start()?;
                }
            }
            Fault::LateArrival => {
                let hold = trap::Fault::HoldRequest;
                lasting.traps = self.rules("sendTransaction", Calls::All, &hold, true);
                lasting.note = self.caught(&mut lasting.traps).await;
                self.kill().await?;
                self.heal();
                self.stand.forget()?;
                self.start()?;
            }
            Fault::Restart => {
                self.stop().await;
                self.start()?;
            }
            Fault::Stall => self.pause_keeper(true)?,
            Fault::RpcLag => lasting.traps = self.lag(dice).await?,
            Fault::BlockhashExpiry => lasting.note = self.outlive(everywhere).await?,
            Fault::DiskFull => {
                if let Some(keeper) = &self.keeper {
                    machine::set_disk_full(keeper, true)?;
                }
            }
            Fault::ClockJump => {
                self.kill().await?;
                self.keeper = Some(machine::start_with_jumping_clock(&self.stand, KEEPER).await?);
            }
            Fault::MemoryCorrupt => {
                self.kill().await?;
                damage(&self.stand.memory(), dice)?;
                self.start()?;
            }
            Fault::MemoryDeleted => {
                self.kill().await?;
                self.stand.forget()?;
                self.start()?;
            }
            Fault::WalletEmpty => lasting.note = self.empty_wallet(everywhere).await?,
            Fault::Race => lasting.second_keeper = Some(self.stand.start_as(RIVAL)?),
            Fault::Handover => {
                lasting.second_keeper = Some(self.stand.start_as(OTHER)?);
                self.stand.set_keeper(&self.other.pubkey()).await?;
            }
            hindrance => lasting.traps = self.hinder(hindrance, dice),
        }
        if let Some(beside) = episode.beside {
            lasting.traps.extend(self.hinder(beside, dice));
        }
        Ok(lasting)
    }

    /// Makes it be over.
    ///
    /// # Errors
    /// As [`World::strike`].
    pub async fn lift(&mut self, episode: &Episode, mut lasting: Lasting) -> Result<()> {
        self.heal();
        self.platform.set_revenue(Mood::Sound);
        self.platform.set_price(Mood::Sound);
        match episode.fault {
            Fault::LateArrival => {
                for trap in &mut lasting.traps {
                    // Where nothing was held nothing arrives.
                    let _ = timeout(RELEASE_PATIENCE, trap.release()).await;
                }
            }
            Fault::Stall => self.pause_keeper(false)?,
            Fault::DiskFull => {
                if let Some(keeper) = &self.keeper {
                    machine::set_disk_full(keeper, false)?;
                }
            }
            Fault::ClockJump => self.kill().await?,
            Fault::WalletEmpty => {
                let to = self.stand.roles.keeper.pubkey();
                let lamports = std::mem::take(&mut self.taken_lamports);
                if lamports > 0 {
                    self.transfer(&self.stand.roles.guardian, &to, lamports)
                        .await?;
                }
            }
            Fault::Handover => {
                self.stand
                    .set_keeper(&self.stand.roles.keeper.pubkey())
                    .await?;
            }
            _ => {}
        }
        if let Some(mut second) = lasting.second_keeper.take() {
            if second.check().is_err() {
                self.stops += 1;
            } else if episode.dice.is_multiple_of(2) {
                second.kill().await?;
            } else {
                self.stop_one(second).await;
            }
        }
        if self.keeper.is_none() {
            self.start()?;
        }
        Ok(())
    }

    /// Faults of what the keeper asks, that need nothing but to be set.
    fn hinder(&self, fault: Fault, dice: u32) -> Vec<Trap> {
        let everywhere = dice.is_multiple_of(2);
        let lag = trap::Fault::Lag(Duration::from_millis(u64::from(200 + dice % 1_000)));
        let some = Calls::Every(usize::try_from(2 + dice % 3).unwrap_or(2));
        let thrown = trap::Fault::Pretend(json!(ANY_SIGNATURE));
        let rules = |method, calls, fault: &trap::Fault, everywhere| {
            self.rules(method, calls, fault, everywhere)
        };
        let lie = |error: &Value| {
            let lie = trap::Fault::Pretend(status(error));
            let mut traps = rules("getSignatureStatuses", Calls::All, &lie, true);
            traps.extend(rules("sendTransaction", Calls::All, &thrown, true));
            traps
        };
        let revenue = |mood| self.platform.set_revenue(mood);
        let price = |mood| self.platform.set_price(mood);
        match fault {
            Fault::RpcDrop => return rules(ANY, some, &trap::Fault::Drop, everywhere),
            Fault::RpcOutage => return rules(ANY, Calls::All, &trap::Fault::Drop, true),
            Fault::RpcDelay => return rules(ANY, Calls::All, &lag, everywhere),
            Fault::RpcTwice => return rules(ANY, Calls::All, &trap::Fault::Twice, true),
            Fault::RpcRefuse => return rules(ANY, Calls::All, &trap::Fault::Refuse, everywhere),
            Fault::AnswerLost => {
                return rules(
                    "sendTransaction",
                    Calls::All,
                    &trap::Fault::LoseAnswer,
                    true,
                );
            }
            Fault::LieLanded => return lie(&Value::Null),
            Fault::LieFailed => return lie(&json!({"InstructionError": [3, {"Custom": 6_204}]})),
            Fault::RevenueError => revenue(Mood::Error),
            Fault::RevenueGarbage => revenue(Mood::Garbage),
            Fault::RevenueForged => revenue(Mood::Forged),
            Fault::RevenueTimeout => revenue(Mood::Silent),
            Fault::RevenueUnsettled => revenue(Mood::Behind),
            Fault::PriceStale => price(Mood::Stale),
            Fault::PriceWide => price(Mood::Wide),
            Fault::PriceError => price(Mood::Error),
            _ => {}
        }
        Vec::new()
    }

    /// Kills the keeper at a step of its ledger; says where it did not come to it.
    async fn kill_at(&mut self, fault: Fault) -> Result<&'static str> {
        use trap::Fault::{HoldAnswer, HoldRequest, Lag};
        let (method, at) = match fault {
            Fault::KillPlanned => ("getLatestBlockhash", HoldRequest),
            Fault::KillSimulated => ("simulateTransaction", HoldAnswer),
            Fault::KillSigned => ("sendTransaction", HoldRequest),
            Fault::KillSent => ("sendTransaction", HoldAnswer),
            Fault::KillAsking => ("getSignatureStatuses", HoldRequest),
            _ => ("getMultipleAccounts", HoldRequest),
        };
        let mut note = "";
        if fault == Fault::KillWatching {
            let mut sends = self.rules("sendTransaction", Calls::All, &Lag(Duration::ZERO), true);
            note = self.caught(&mut sends).await;
        }
        let mut traps = self.rules(method, Calls::All, &at, true);
        let late = self.caught(&mut traps).await;
        self.kill().await?;
        self.heal();
        Ok(if note.is_empty() { late } else { note })
    }

    /// Everything signed is thrown away, until it has expired; the keeper lives on or not.
    async fn outlive(&mut self, lives: bool) -> Result<&'static str> {
        let thrown = trap::Fault::Pretend(json!(ANY_SIGNATURE));
        let mut traps = self.rules("sendTransaction", Calls::All, &thrown, true);
        let note = self.caught(&mut traps).await;
        if !lives {
            self.kill().await?;
        }
        self.stand.outlive_blockhashes().await?;
        Ok(note)
    }

    /// Takes what is in the wallet, perhaps while a transaction is on its way that needs it.
    async fn empty_wallet(&mut self, is_under_way: bool) -> Result<&'static str> {
        let mut note = "";
        let mut traps = Vec::new();
        if is_under_way {
            let hold = trap::Fault::HoldRequest;
            traps = self.rules("sendTransaction", Calls::All, &hold, true);
            note = self.caught(&mut traps).await;
        }
        let roles = &self.stand.roles;
        let lamports = self.stand.wallet_lamports().await?;
        let lamports = lamports.saturating_sub(LEFT_LAMPORTS);
        let to = roles.guardian.pubkey();
        match self.transfer(&roles.keeper, &to, lamports).await {
            Ok(()) => self.taken_lamports += lamports,
            // It distributed meanwhile: there is less than there was.
            Err(_) => note = "the wallet moved meanwhile and is left full",
        }
        for trap in &mut traps {
            let _ = timeout(RELEASE_PATIENCE, trap.release()).await;
        }
        self.heal();
        Ok(note)
    }

    /// The first endpoint stands still, and the chain goes on.
    async fn lag(&self, dice: u32) -> Result<Vec<Trap>> {
        let freeze = trap::Fault::Freeze {
            is_honest: dice.is_multiple_of(2),
        };
        let proxy = &self.stand.proxy;
        let frozen = [
            "getMultipleAccounts",
            "getLatestBlockhash",
            "getEpochInfo",
            "getSlot",
            "getSignatureStatuses",
        ];
        let mut traps =
            Vec::from(frozen.map(|method| proxy.rule(method, Calls::All, freeze.clone())));
        let thrown = trap::Fault::Pretend(json!(ANY_SIGNATURE));
        traps.push(proxy.rule("sendTransaction", Calls::All, thrown));
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.stand.chain.pause()?;
        for _ in 0..LAG_SLOTS {
            self.stand.chain.produce_block().await?;
        }
        self.stand.chain.resume()?;
        Ok(traps)
    }

    /// The same rule on the first endpoint, or on both.
    fn rules(
        &self,
        method: &'static str,
        calls: Calls,
        fault: &trap::Fault,
        everywhere: bool,
    ) -> Vec<Trap> {
        let proxies = self
            .proxies()
            .into_iter()
            .take(if everywhere { 2 } else { 1 });
        proxies
            .map(|proxy| proxy.rule(method, calls, fault.clone()))
            .collect()
    }

    /// Waits until a call has run into one of the two traps.
    async fn caught(&self, traps: &mut [Trap]) -> &'static str {
        let patience = Duration::from_secs(self.interval_seconds.unsigned_abs() * 3 + 5);
        let [first, second] = traps else {
            return "no traps";
        };
        let either = async {
            tokio::select! {
                caught = first.sprung() => caught,
                caught = second.sprung() => caught,
            }
        };
        match timeout(patience, either).await {
            Ok(Ok(())) => "",
            _ => "it did not come to that in time",
        }
    }

    fn pause_keeper(&self, is_paused: bool) -> Result<()> {
        match &self.keeper {
            Some(keeper) => machine::set_paused(keeper, is_paused),
            None => Ok(()),
        }
    }
}

/// An answer to `getSignatureStatuses` at a slot that is long past for no endpoint.
fn status(error: &Value) -> Value {
    let status = match error {
        Value::Null => json!({"Ok": null}),
        error => json!({"Err": error}),
    };
    json!({"context": {"slot": 1_000_000_000}, "value": [{
        "slot": 1, "confirmations": null, "err": error, "status": status, "confirmationStatus": "finalized",
    }]})
}

/// Damages a file that nobody has open: its head, its middle, its end, or bytes here and there.
fn damage(path: &std::path::Path, dice: u32) -> Result<()> {
    const HEAD: usize = 100;
    const NOISE: [u8; 64] = [0xA5; 64];
    let mut bytes = std::fs::read(path).context("there is no memory to damage")?;
    let length = bytes.len();
    let part = usize::try_from(dice / 4)? % length.max(1);
    match dice % 4 {
        0 => bytes.iter_mut().take(HEAD).for_each(|byte| *byte ^= 0xFF),
        1 => bytes.truncate(length / 2),
        2 => bytes
            .iter_mut()
            .skip(length / 2)
            .take(4_096)
            .for_each(|byte| *byte = 0),
        _ => bytes
            .iter_mut()
            .skip(part)
            .zip(NOISE)
            .for_each(|(byte, noise)| *byte ^= noise),
    }
    Ok(std::fs::write(path, bytes)?)
}
