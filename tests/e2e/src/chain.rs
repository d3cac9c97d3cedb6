//! What happens to the chain of a stand apart from the keeper under test.

use anyhow::Result;
use primis_vault_interface::instructions::SetKeeper;
use solana_address::Address;
use solana_signer::Signer as _;

use crate::books::revenue_lamports;
use crate::stand::Stand;

impl Stand {
    /// Blocks as fast as they can be had, until the block height is past the limit of every
    /// transaction signed so far.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn outlive_blockhashes(&self) -> Result<()> {
        let rpc = &self.chain.rpc;
        let (_, limit) = rpc
            .get_latest_blockhash_with_commitment(rpc.commitment())
            .await?;
        self.chain.pause()?;
        while rpc.get_block_height().await? <= limit {
            self.chain.produce_block().await?;
        }
        self.chain.resume()
    }

    /// Distributes the window as another keeper does.
    ///
    /// # Errors
    /// The program refuses.
    pub async fn another_keeper_distributes(&self) -> Result<()> {
        let (from, to) = self.window;
        let lamports = revenue_lamports(from, to)?;
        let instructions = self
            .roles
            .distribution(&self.chain, &self.addresses, to, lamports)
            .await?;
        let keeper = &self.roles.keeper;
        self.chain.send(&instructions, &[keeper]).await?;
        Ok(())
    }

    /// The authority names another keeper.
    ///
    /// # Errors
    /// The program refuses.
    pub async fn set_keeper(&self, keeper: &Address) -> Result<()> {
        let authority = &self.roles.authority;
        let accounts = SetKeeper {
            authority: authority.pubkey(),
            vault: self.addresses.vault,
        };
        self.chain
            .send(&[accounts.instruction(*keeper)], &[authority])
            .await?;
        Ok(())
    }
}
