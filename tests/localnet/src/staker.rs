//! Someone with a wallet and a position.

use anyhow::{Context as _, Result};
use primis_vault_interface::accounts::Position;
use primis_vault_interface::{instructions as vault, ticket_address};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer as _;

use crate::chain::{Chain, VaultAddresses};

/// A wallet and the vault it stakes in.
pub struct Staker {
    /// What the narration calls them.
    pub name: String,
    /// Their wallet.
    pub wallet: Keypair,
    /// Where they stake.
    pub addresses: VaultAddresses,
}

impl Staker {
    /// A new wallet with some SOL in it.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn funded(
        name: &str,
        chain: &Chain,
        addresses: VaultAddresses,
        lamports: u64,
    ) -> Result<Self> {
        let wallet = Keypair::new();
        chain.set_balance(&wallet.pubkey(), lamports).await?;
        Ok(Self {
            name: name.to_owned(),
            wallet,
            addresses,
        })
    }

    /// The wallet's address.
    pub fn owner(&self) -> Address {
        self.wallet.pubkey()
    }

    /// Deposits lamports; opens the position when it is missing.
    ///
    /// # Errors
    /// The program refuses or the transaction does not land; so for every method here.
    pub async fn deposit(&self, chain: &Chain, lamports: u64) -> Result<Signature> {
        self.send(chain, self.deposit_instruction(lamports)).await
    }

    /// Withdraws lamports of principal.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn withdraw(&self, chain: &Chain, lamports: u64) -> Result<Signature> {
        self.send(chain, self.withdraw_instruction(lamports)).await
    }

    /// Withdraws all principal.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn withdraw_all(&self, chain: &Chain) -> Result<Signature> {
        let position = self
            .position(chain)
            .await?
            .context("there is no position to withdraw from")?;
        self.withdraw(chain, position.units).await
    }

    /// Takes the yield owed.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn claim(&self, chain: &Chain) -> Result<Signature> {
        self.send(chain, self.claim_instruction()).await
    }

    /// Turns the yield owed into principal.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn compound(&self, chain: &Chain) -> Result<Signature> {
        let VaultAddresses { vault, pool } = self.addresses;
        self.send(
            chain,
            vault::Compound {
                owner: self.owner(),
                vault,
                pool,
                position: self.address(),
            }
            .instruction(),
        )
        .await
    }

    /// Takes what is owed, closes the empty position and gets its rent back.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn close(&self, chain: &Chain) -> Result<Signature> {
        let VaultAddresses { vault, pool } = self.addresses;
        self.send(
            chain,
            vault::ClosePosition {
                owner: self.owner(),
                vault,
                pool,
                position: self.address(),
            }
            .instruction(),
        )
        .await
    }

    /// Takes what is owed, then all principal by the emergency exit, in one transaction: nothing
    /// is given up between the two.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn claim_and_emergency_withdraw(&self, chain: &Chain) -> Result<Signature> {
        chain
            .send(
                &[self.claim_instruction(), self.emergency_instruction()],
                &[&self.wallet],
            )
            .await
    }

    /// Takes principal out without touching rewards; gives up what was earned since the last
    /// settlement.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn emergency_withdraw(&self, chain: &Chain) -> Result<Signature> {
        self.send(chain, self.emergency_instruction()).await
    }

    /// Asks for units that free SOL does not cover: a ticket that is paid when staked SOL is back.
    ///
    /// # Errors
    /// See [`Staker::deposit`].
    pub async fn open_ticket(&self, chain: &Chain, units: u64) -> Result<Signature> {
        let pool = self.addresses.pool;
        let number = chain.vault(&self.addresses).await?.pool.ticket_next;
        let open = vault::OpenTicket {
            owner: self.owner(),
            pool,
            position: self.address(),
            ticket: ticket_address(&pool, number),
        };
        self.send(chain, open.instruction(units)).await
    }

    /// Their position; `None` if there is none.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn position(&self, chain: &Chain) -> Result<Option<Position>> {
        chain.position(&self.addresses, &self.owner()).await
    }

    /// The instruction behind [`Staker::deposit`].
    pub fn deposit_instruction(&self, lamports: u64) -> Instruction {
        let VaultAddresses { vault, pool } = self.addresses;
        vault::DepositSol {
            owner: self.owner(),
            vault,
            pool,
            position: self.address(),
        }
        .instruction(lamports)
    }

    /// The instruction behind [`Staker::withdraw`].
    pub fn withdraw_instruction(&self, lamports: u64) -> Instruction {
        let pool = self.addresses.pool;
        vault::WithdrawSol {
            owner: self.owner(),
            pool,
            position: self.address(),
        }
        .instruction(lamports)
    }

    fn claim_instruction(&self) -> Instruction {
        let VaultAddresses { vault, pool } = self.addresses;
        vault::Claim {
            owner: self.owner(),
            vault,
            pool,
            position: self.address(),
        }
        .instruction()
    }

    fn emergency_instruction(&self) -> Instruction {
        let pool = self.addresses.pool;
        vault::EmergencyWithdraw {
            owner: self.owner(),
            pool,
            position: self.address(),
        }
        .instruction()
    }

    /// Address of their position.
    fn address(&self) -> Address {
        self.addresses.position(&self.owner())
    }

    async fn send(&self, chain: &Chain, instruction: Instruction) -> Result<Signature> {
        chain.send(&[instruction], &[&self.wallet]).await
    }
}
