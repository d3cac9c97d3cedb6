//! A Solana of one's own: the runtime, its addresses, the program deployed in it, and what a
//! client does with it.

mod accounts;
mod epochs;
mod front_door;
mod runtime;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use primis_vault_interface::ID;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_signer::Signer as _;
use solana_transaction::versioned::VersionedTransaction;
use surfpool_sdk::Pubkey;
use surfpool_sdk::cheatcodes::builders::DeployProgram;

pub use accounts::{Clock, PoolView, StakeView, VaultAddresses, VaultView};
use front_door::FrontDoor;
pub use front_door::Port;
use runtime::Runtime;
pub use runtime::SLOT_MILLISECONDS;

/// Slots a transaction is waited for: as long as its blockhash lives.
const CONFIRM_SLOTS: u32 = 150;

/// A local Solana with the staking vault deployed.
pub struct Chain {
    runtime: Runtime,
    rpc_door: Option<FrontDoor>,
    ws_door: Option<FrontDoor>,
    /// A client at commitment `confirmed`.
    pub rpc: RpcClient,
}

impl Chain {
    /// Starts the runtime and deploys the program at its declared address.
    ///
    /// # Errors
    /// The program is not built, a port is taken, or the runtime does not start.
    pub async fn start(rpc_port: Port, ws_port: Port) -> Result<Self> {
        let program = program_path()?;
        let runtime = Runtime::start().await?;
        // Without a wish for a port the runtime's own is as good as any.
        let rpc_door = match rpc_port {
            Port::Any => None,
            port => Some(FrontDoor::open(port, &runtime.rpc_url).await?),
        };
        let ws_door = match ws_port {
            Port::Any => None,
            port => Some(FrontDoor::open(port, &runtime.ws_url).await?),
        };
        let rpc =
            RpcClient::new_with_commitment(runtime.rpc_url.clone(), CommitmentConfig::confirmed());
        let chain = Self {
            runtime,
            rpc_door,
            ws_door,
            rpc,
        };
        chain
            .runtime
            .cheat(move |cheats| {
                cheats
                    .deploy(DeployProgram::new(pubkey(&ID)).so_path(program))
                    .map(|_| ())
            })
            .await?;
        Ok(chain)
    }

    /// `http://` address of the RPC.
    pub fn rpc_url(&self) -> String {
        self.rpc_door.as_ref().map_or_else(
            || self.runtime.rpc_url.clone(),
            |door| format!("http://{}", door.address),
        )
    }

    /// `ws://` address of the subscriptions.
    pub fn ws_url(&self) -> String {
        self.ws_door.as_ref().map_or_else(
            || self.runtime.ws_url.clone(),
            |door| format!("ws://{}", door.address),
        )
    }

    /// Sets a wallet's balance out of nothing.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn set_balance(&self, wallet: &Address, lamports: u64) -> Result<()> {
        let wallet = pubkey(wallet);
        self.runtime
            .cheat(move |cheats| cheats.fund_sol(&wallet, lamports))
            .await
    }

    /// Puts an account there out of nothing, as if `owner`, a program, had written it.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn set_account(
        &self,
        address: &Address,
        lamports: u64,
        data: Vec<u8>,
        owner: &Address,
    ) -> Result<()> {
        let (address, owner) = (pubkey(address), pubkey(owner));
        self.runtime
            .cheat(move |cheats| cheats.set_account(&address, lamports, &data, &owner))
            .await
    }

    /// Moves the chain's clock forward to a Unix second; slots move with it.
    ///
    /// # Errors
    /// The second has passed already, or the chain does not answer.
    pub async fn travel_to(&self, unix_second: u64) -> Result<()> {
        let milliseconds = unix_second.saturating_mul(1_000);
        self.runtime
            .cheat(move |cheats| cheats.time_travel_to_timestamp(milliseconds).map(|_| ()))
            .await
    }

    /// Holds the chain still: no block until [`Chain::produce_block`] or [`Chain::resume`].
    ///
    /// # Errors
    /// The chain has stopped.
    pub fn pause(&self) -> Result<()> {
        self.runtime.pause()
    }

    /// Lets blocks come by the clock again.
    ///
    /// # Errors
    /// The chain has stopped.
    pub fn resume(&self) -> Result<()> {
        self.runtime.resume()
    }

    /// Closes the open slot and waits until the chain says so.
    ///
    /// # Errors
    /// The chain has stopped.
    pub async fn produce_block(&self) -> Result<()> {
        let before = self
            .rpc
            .get_slot_with_commitment(CommitmentConfig::processed())
            .await?;
        self.runtime.produce_block()?;
        for _ in 0..CONFIRM_SLOTS {
            if self
                .rpc
                .get_slot_with_commitment(CommitmentConfig::processed())
                .await?
                > before
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the chain produced no block")
    }

    /// A signed v0 transaction over the newest blockhash; the first signer pays.
    ///
    /// # Errors
    /// The chain does not answer, or a signature is missing.
    pub async fn sign(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<VersionedTransaction> {
        let payer = signers
            .first()
            .context("a transaction needs a signer")?
            .pubkey();
        let blockhash = self.rpc.get_latest_blockhash().await?;
        let message = v0::Message::try_compile(&payer, instructions, &[], blockhash)?;
        Ok(VersionedTransaction::try_new(
            VersionedMessage::V0(message),
            signers,
        )?)
    }

    /// Signs, sends and waits for `confirmed`.
    ///
    /// # Errors
    /// The program refuses (the error names why), or the transaction does not land.
    pub async fn send(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Signature> {
        let transaction = self.sign(instructions, signers).await?;
        let signature = self.rpc.send_transaction(&transaction).await?;
        for _ in 0..CONFIRM_SLOTS {
            if let Some(outcome) = self.rpc.get_signature_status(&signature).await? {
                outcome?;
                return Ok(signature);
            }
            tokio::time::sleep(Duration::from_millis(SLOT_MILLISECONDS / 4)).await;
        }
        bail!("transaction {signature} was not confirmed in time")
    }

    /// Shuts the chain down and frees its ports.
    ///
    /// # Errors
    /// The runtime does not confirm that it stopped.
    pub async fn stop(self) -> Result<()> {
        self.runtime.stop().await
    }
}

/// surfpool speaks of addresses in an older type of the same bytes.
fn pubkey(address: &Address) -> Pubkey {
    Pubkey::new_from_array(address.to_bytes())
}

/// The built program: in `PRIMIS_DEPLOY_DIR`, else `$CARGO_TARGET_DIR/deploy`, else the `deploy`
/// folder of the target folder this executable lies in.
fn program_path() -> Result<PathBuf> {
    let var = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let beside = || {
        let executable = std::env::current_exe().ok()?;
        executable
            .ancestors()
            .map(|folder| folder.join("deploy"))
            .find(|folder| folder.join(PROGRAM_FILE).is_file())
    };
    let folder = var("PRIMIS_DEPLOY_DIR")
        .or_else(|| var("CARGO_TARGET_DIR").map(|target| target.join("deploy")))
        .or_else(beside)
        .unwrap_or_else(|| Path::new("target").join("deploy"));
    let path = folder.join(PROGRAM_FILE);
    if !path.is_file() {
        bail!(
            "the program is not built: {} is missing; run `cargo xtask build-program`",
            path.display()
        );
    }
    Ok(path)
}

/// File name of the built program.
const PROGRAM_FILE: &str = "staking_vault.so";
