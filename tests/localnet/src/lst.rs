//! Liquid staking tokens of the local network: a mint, the issuer's account its price is read from
//! in the layout and under the owner of the real one, and the vault's pool for it.

use anyhow::{Context as _, Result};
use primis_vault_interface::accounts::Position;
use primis_vault_interface::instructions::{AddLstPool, Claim, DepositLst, WithdrawLst};
use primis_vault_interface::types::PriceSource;
use primis_vault_interface::{pool_address, position_address, tokens_address};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer as _;

use crate::chain::{Chain, VaultAddresses};

/// SPL Token.
const TOKEN_PROGRAM: Address =
    Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Marinade's program, which owns its state.
const MARINADE_PROGRAM: Address =
    Address::from_str_const("MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD");
/// The SPL stake pool program.
const STAKE_POOL_PROGRAM: Address =
    Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
/// Pyth's receiver program, which owns its prices.
const PYTH_PROGRAM: Address =
    Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The feed of a token's redemption rate here.
const PYTH_FEED: [u8; 32] = [0x15; 32];
/// Lamports that keep any of the accounts here alive.
const RENT_LAMPORTS: u64 = 10_000_000;
const DECIMALS: u8 = 9;
const MINT_LENGTH: usize = 82;
const TOKEN_ACCOUNT_LENGTH: usize = 165;
/// Seconds a price may be old. Little more than the two minutes that the keeper wants it to stay
/// fresh, so that it refreshes often here.
const MAX_PRICE_AGE_SECONDS: u64 = 150;
/// Basis points a price may move in a day.
const MAX_PRICE_MOVE_BPS: u64 = 500;

/// Widest confidence of a price by Pyth, basis points.
const MAX_CONFIDENCE_BPS: u64 = 100;

/// Who issues a token, and so how its price is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// As mSOL's: Marinade's state holds the price.
    Marinade,
    /// As jitoSOL's: an SPL stake pool holds lamports and supply.
    StakePool,
    /// Nobody whose state the vault reads: Pyth posts the redemption rate.
    Pyth,
}

impl Issuer {
    /// The kind of price source, as the program numbers them.
    fn price_kind(self) -> u8 {
        match self {
            Self::Pyth => 1,
            Self::StakePool => 3,
            Self::Marinade => 4,
        }
    }
}

/// A token, and the vault's pool for it.
#[derive(Clone, Debug)]
pub struct Lst {
    /// What the narration calls it.
    pub name: &'static str,
    /// Its mint.
    pub mint: Address,
    /// The vault's pool.
    pub pool: Address,
    /// The pool's token account.
    pub token_account: Address,
    /// Its price when it was issued, lamports for 1,000,000,000 units.
    pub first_price: u64,
    vault: Address,
    issuer: Issuer,
    /// The account its price is read from.
    pub state: Address,
}

impl Lst {
    /// Issues a token at `price` lamports for 1,000,000,000 units.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn issue(
        chain: &Chain,
        addresses: &VaultAddresses,
        name: &'static str,
        issuer: Issuer,
        price: u64,
    ) -> Result<Self> {
        let (mint, state) = (Keypair::new().pubkey(), Keypair::new().pubkey());
        let pool = pool_address(&addresses.vault, &mint);
        let lst = Self {
            name,
            mint,
            pool,
            token_account: tokens_address(&pool),
            first_price: price,
            vault: addresses.vault,
            issuer,
            state,
        };
        // No authority mints or freezes: the cheat code alone makes tokens.
        let mut data = vec![0; MINT_LENGTH];
        put(&mut data, 44, &[DECIMALS, 1])?;
        chain
            .set_account(&mint, RENT_LAMPORTS, data, &TOKEN_PROGRAM)
            .await?;
        lst.crank(chain, price).await?;
        Ok(lst)
    }

    /// Brings the issuer's account up to date: the price, and the epoch it is of.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn crank(&self, chain: &Chain, price: u64) -> Result<()> {
        let (owner, data) = match self.issuer {
            Issuer::Marinade => {
                let mut data = vec![0; 1_024];
                put(&mut data, 0, &[216, 146, 107, 94, 104, 75, 182, 177])?;
                put(&mut data, 8, self.mint.as_ref())?;
                // SOL for a token, with 32 bits of fraction, rounded up so that it reads as `price`.
                let fraction = (u128::from(price) << 32).div_ceil(1_000_000_000);
                put(&mut data, 512, &u64::try_from(fraction)?.to_le_bytes())?;
                (MARINADE_PROGRAM, data)
            }
            Issuer::StakePool => {
                let epoch = chain.clock().await?.epoch;
                let mut data = vec![0; 611];
                put(&mut data, 0, &[1])?;
                put(&mut data, 162, self.mint.as_ref())?;
                put(&mut data, 258, &price.to_le_bytes())?;
                put(&mut data, 266, &1_000_000_000u64.to_le_bytes())?;
                put(&mut data, 274, &epoch.to_le_bytes())?;
                (STAKE_POOL_PROGRAM, data)
            }
            Issuer::Pyth => {
                let now = chain.clock().await?.unix_timestamp;
                // `PriceUpdateV2`: writer, fully verified, feed, price, confidence, power of ten, times.
                let mut data = vec![0; 134];
                put(&mut data, 0, &[34, 241, 35, 99, 157, 126, 244, 205])?;
                put(&mut data, 40, &[1])?;
                put(&mut data, 41, &PYTH_FEED)?;
                put(&mut data, 73, &price.to_le_bytes())?;
                put(&mut data, 89, &(-9_i32).to_le_bytes())?;
                put(&mut data, 93, &now.to_le_bytes())?;
                put(&mut data, 101, &now.to_le_bytes())?;
                (PYTH_PROGRAM, data)
            }
        };
        chain
            .set_account(&self.state, RENT_LAMPORTS, data, &owner)
            .await
    }

    /// Takes the price it has into the present epoch, as the issuer's crank does when one begins.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn keep_current(&self, chain: &Chain) -> Result<()> {
        if self.issuer != Issuer::StakePool {
            return Ok(());
        }
        let mut data = chain.rpc.get_account_data(&self.state).await?;
        let epoch = chain.clock().await?.epoch;
        put(&mut data, 274, &epoch.to_le_bytes())?;
        chain
            .set_account(&self.state, RENT_LAMPORTS, data, &STAKE_POOL_PROGRAM)
            .await
    }

    /// Adds the vault's pool; `pools` are those it has, in order of index. Deposits open at once
    /// while none of them has a position.
    ///
    /// # Errors
    /// The program refuses, or the transaction does not land.
    pub async fn add_pool(
        &self,
        chain: &Chain,
        authority: &Keypair,
        pools: &[Address],
    ) -> Result<Signature> {
        let by_pyth = self.issuer == Issuer::Pyth;
        let price_source = PriceSource {
            feed: if by_pyth { PYTH_FEED } else { [0; 32] },
            quote_feed: [0; 32],
            account: if by_pyth {
                Address::default()
            } else {
                self.state
            },
            max_age_seconds: MAX_PRICE_AGE_SECONDS,
            max_move_bps: MAX_PRICE_MOVE_BPS,
            max_confidence_bps: if by_pyth { MAX_CONFIDENCE_BPS } else { 0 },
            kind: self.issuer.price_kind(),
            padding: [0; 7],
        };
        let mut add = AddLstPool {
            authority: authority.pubkey(),
            vault: self.vault,
            mint: self.mint,
            pool: self.pool,
            token_account: self.token_account,
            token_program: TOKEN_PROGRAM,
        }
        .instruction(u64::MAX, u64::MAX, 1, price_source);
        add.accounts.extend(
            pools
                .iter()
                .map(|pool| AccountMeta::new_readonly(*pool, false)),
        );
        chain.send(&[add], &[authority]).await
    }
}

/// Someone with tokens.
pub struct TokenStaker {
    /// What the narration calls them.
    pub name: String,
    /// What they stake.
    pub lst: Lst,
    /// Their wallet.
    pub wallet: Keypair,
    /// Their token account.
    tokens: Address,
}

impl TokenStaker {
    /// A new wallet with SOL for fees and `units` of the token.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn funded(
        name: &str,
        chain: &Chain,
        lst: &Lst,
        lamports: u64,
        units: u64,
    ) -> Result<Self> {
        let (wallet, tokens) = (Keypair::new(), Keypair::new().pubkey());
        chain.set_balance(&wallet.pubkey(), lamports).await?;
        let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
        put(&mut data, 0, lst.mint.as_ref())?;
        put(&mut data, 32, wallet.pubkey().as_ref())?;
        put(&mut data, 64, &units.to_le_bytes())?;
        // Initialised.
        put(&mut data, 108, &[1])?;
        chain
            .set_account(&tokens, RENT_LAMPORTS, data, &TOKEN_PROGRAM)
            .await?;
        Ok(Self {
            name: name.to_owned(),
            lst: lst.clone(),
            wallet,
            tokens,
        })
    }

    /// The wallet's address.
    pub fn owner(&self) -> Address {
        self.wallet.pubkey()
    }

    /// Deposits units; opens the position when it is missing.
    ///
    /// # Errors
    /// The program refuses or the transaction does not land; so for every method here.
    pub async fn deposit(&self, chain: &Chain, units: u64) -> Result<Signature> {
        let deposit = DepositLst {
            owner: self.owner(),
            vault: self.lst.vault,
            pool: self.lst.pool,
            position: self.address(),
            mint: self.lst.mint,
            source: self.tokens,
            token_account: self.lst.token_account,
            token_program: TOKEN_PROGRAM,
        };
        self.send(chain, deposit.instruction(units)).await
    }

    /// Withdraws units.
    ///
    /// # Errors
    /// See [`TokenStaker::deposit`].
    pub async fn withdraw(&self, chain: &Chain, units: u64) -> Result<Signature> {
        let withdraw = WithdrawLst {
            owner: self.owner(),
            pool: self.lst.pool,
            position: self.address(),
            mint: self.lst.mint,
            token_account: self.lst.token_account,
            destination: self.tokens,
            token_program: TOKEN_PROGRAM,
        };
        self.send(chain, withdraw.instruction(units)).await
    }

    /// Takes the yield owed, in SOL.
    ///
    /// # Errors
    /// See [`TokenStaker::deposit`].
    pub async fn claim(&self, chain: &Chain) -> Result<Signature> {
        let claim = Claim {
            owner: self.owner(),
            vault: self.lst.vault,
            pool: self.lst.pool,
            position: self.address(),
        };
        self.send(chain, claim.instruction()).await
    }

    /// Their position; `None` if there is none.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn position(&self, chain: &Chain) -> Result<Option<Position>> {
        chain.position_at(&self.address()).await
    }

    /// Units in their token account.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn units(&self, chain: &Chain) -> Result<u64> {
        chain.token_units(&self.tokens).await
    }

    fn address(&self) -> Address {
        position_address(&self.lst.pool, &self.owner())
    }

    async fn send(&self, chain: &Chain, instruction: Instruction) -> Result<Signature> {
        chain.send(&[instruction], &[&self.wallet]).await
    }
}

/// Writes `bytes` at `offset`.
pub(crate) fn put(data: &mut [u8], offset: usize, bytes: &[u8]) -> Result<()> {
    data.get_mut(offset..)
        .and_then(|rest| rest.get_mut(..bytes.len()))
        .context("the account is too short for its layout")?
        .copy_from_slice(bytes);
    Ok(())
}
