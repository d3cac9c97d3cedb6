//! Tokens of SPL Token and Token-2022, written as the programs lay them out, and the pools of
//! liquid staking tokens.

use primis_vault_interface::{
    instructions as ix, pool_address, position_address, tokens_address, types::PriceSource,
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{Outcome, Refusal, SOL, World, key, prices::Oracle};

/// SPL Token.
pub const TOKEN: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022: Address =
    Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Derives the addresses wallets keep their tokens at.
const ASSOCIATED: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Bytes of an account; behind them Token-2022 says what an extended account or mint is.
const ACCOUNT_LENGTH: usize = 165;
/// Where an account's balance lies.
const AMOUNT_OFFSET: usize = 64;
/// Token-2022's extension that wallets' accounts have.
const IMMUTABLE_OWNER: u16 = 7;

/// A mint, to be written as its program would.
#[derive(Clone, Debug)]
pub struct Mint {
    /// The token program.
    pub program: Address,
    /// Decimals.
    pub decimals: u8,
    /// Who may freeze accounts.
    pub freeze_authority: Option<Address>,
    /// Extensions of Token-2022: type and value.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl Mint {
    /// A plain mint of nine decimals.
    pub fn of(program: Address) -> Self {
        Self {
            program,
            decimals: 9,
            freeze_authority: None,
            extensions: Vec::new(),
        }
    }

    /// A Token-2022 mint with these extensions.
    pub fn extended(extensions: &[(u16, usize)]) -> Self {
        Self {
            extensions: extensions
                .iter()
                .map(|(kind, length)| (*kind, vec![0; *length]))
                .collect(),
            ..Self::of(TOKEN_2022)
        }
    }

    /// The account's data.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut data = optional(&Some(key("mint authority").pubkey()));
        data.extend_from_slice(&(u64::MAX / 2).to_le_bytes());
        data.extend_from_slice(&[self.decimals, 1]);
        data.extend(optional(&self.freeze_authority));
        extend(data, 1, &self.extensions)
    }
}

/// A `COption` of an address.
fn optional(address: &Option<Address>) -> Vec<u8> {
    let mut bytes = u32::from(address.is_some()).to_le_bytes().to_vec();
    bytes.extend_from_slice(address.unwrap_or_default().as_ref());
    bytes
}

/// Appends extensions: the base is padded to an account's length, then what it is, then each
/// extension's type, length and value.
fn extend(mut data: Vec<u8>, kind: u8, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    if extensions.is_empty() {
        return data;
    }
    data.resize(ACCOUNT_LENGTH, 0);
    data.push(kind);
    for (kind, value) in extensions {
        let length = u16::try_from(value.len()).expect("an extension is short");
        data.extend_from_slice(&kind.to_le_bytes());
        data.extend_from_slice(&length.to_le_bytes());
        data.extend_from_slice(value);
    }
    data
}

/// A pool of a liquid staking token, and where its price is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lst {
    /// The mint.
    pub mint: Address,
    /// Its token program.
    pub program: Address,
    /// The pool.
    pub pool: Address,
    /// The pool's token account.
    pub tokens: Address,
    /// The kind of price source.
    pub oracle: Oracle,
    /// The price account.
    pub source: Address,
    /// The price account of SOL in USD; else the price account again.
    pub quote: Address,
}

impl World {
    /// Writes an account that lives.
    pub fn put_account(&mut self, address: Address, owner: Address, data: Vec<u8>) {
        let account = Account {
            lamports: self.svm.minimum_balance_for_rent_exemption(data.len()),
            data,
            owner,
            ..Account::default()
        };
        self.svm.set_account(address, account).expect("fits");
    }

    /// Writes a mint.
    pub fn put_mint(&mut self, name: &str, mint: &Mint) -> Address {
        let address = key(name).pubkey();
        self.put_account(address, mint.program, mint.to_bytes());
        address
    }

    /// Gives an owner `units` in the associated account of a mint; returns its address.
    pub fn give(&mut self, owner: &Address, mint: &Address, units: u64) -> Address {
        let program = self.svm.get_account(mint).expect("the mint exists").owner;
        let seeds: [&[u8]; 3] = [owner.as_ref(), program.as_ref(), mint.as_ref()];
        let address = Address::find_program_address(&seeds, &ASSOCIATED).0;
        let mut data = [mint.as_ref(), owner.as_ref()].concat();
        data.extend_from_slice(&units.to_le_bytes());
        data.resize(108, 0);
        data.push(1);
        data.resize(ACCOUNT_LENGTH, 0);
        if program == TOKEN_2022 {
            data = extend(data, 2, &[(IMMUTABLE_OWNER, Vec::new())]);
        }
        self.put_account(address, program, data);
        address
    }

    /// Units in a token account; zero if there is none.
    pub fn units(&self, address: &Address) -> u64 {
        self.svm.get_account(address).map_or(0, |account| {
            let amount = account.data.get(AMOUNT_OFFSET..).expect("a token account");
            u64::from_le_bytes(*amount.first_chunk().expect("a token account"))
        })
    }

    /// Where an owner keeps the tokens of a pool.
    pub fn wallet(&self, lst: &Lst, owner: &Address) -> Address {
        let seeds: [&[u8]; 3] = [owner.as_ref(), lst.program.as_ref(), lst.mint.as_ref()];
        Address::find_program_address(&seeds, &ASSOCIATED).0
    }

    /// Every pool's address, in the order of their index.
    pub fn pools(&self) -> Vec<Address> {
        let lsts = self.lsts.iter().map(|lst| lst.pool);
        [self.pool].into_iter().chain(lsts).collect()
    }

    /// `add_lst_pool` with every pool there is; no cap in SOL, a thousandth of a token at least.
    pub fn add_lst_ix(&self, mint: Address, program: Address, rules: PriceSource) -> Instruction {
        let pool = pool_address(&self.vault, &mint);
        let mut add = ix::AddLstPool {
            authority: self.authority.pubkey(),
            vault: self.vault,
            mint,
            pool,
            token_account: tokens_address(&pool),
            token_program: program,
        }
        .instruction(1_000_000 * SOL, u64::MAX, SOL / 1_000, rules);
        let pools = self.pools().into_iter();
        add.accounts
            .extend(pools.map(|pool| AccountMeta::new_readonly(pool, false)));
        add
    }

    /// Adds a pool of a new mint whose price, of 1.25 SOL, is read.
    pub fn add_lst(&mut self, name: &str, mint: &Mint, oracle: Oracle) -> Lst {
        let address = self.put_mint(name, mint);
        let pool = pool_address(&self.vault, &address);
        let source = key(&format!("{name} price")).pubkey();
        let quote = match oracle {
            Oracle::PythUsd => key(&format!("{name} quote")).pubkey(),
            _ => source,
        };
        let lst = Lst {
            mint: address,
            program: mint.program,
            pool,
            tokens: tokens_address(&pool),
            oracle,
            source,
            quote,
        };
        let add = self.add_lst_ix(address, mint.program, lst.rules());
        let authority = self.authority.insecure_clone();
        self.send(&[add], &[&authority]).expect("add_lst_pool");
        self.lsts.push(lst);
        self.set_price(&lst, 1_250_000_000);
        self.refresh(&lst).expect("refresh_price");
        lst
    }

    /// What an owner could claim from a token pool now.
    pub fn lst_owed(&self, lst: &Lst, owner: &Address) -> u64 {
        let pool = self.pool_at(&lst.pool);
        self.position_in(&lst.pool, owner).map_or(0, |position| {
            let owed = position.owed_lamports_at(&pool, self.now());
            owed.expect("in range")
        })
    }

    /// `deposit_lst`.
    pub fn deposit_lst_ix(&self, lst: &Lst, owner: &Address, units: u64) -> Instruction {
        ix::DepositLst {
            owner: *owner,
            vault: self.vault,
            pool: lst.pool,
            position: position_address(&lst.pool, owner),
            mint: lst.mint,
            source: self.wallet(lst, owner),
            token_account: lst.tokens,
            token_program: lst.program,
        }
        .instruction(units)
    }

    /// Deposits tokens, opening the position when missing.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn deposit_lst(
        &mut self,
        lst: &Lst,
        who: &Keypair,
        units: u64,
    ) -> Result<Outcome, Refusal> {
        let deposit = self.deposit_lst_ix(lst, &who.pubkey(), units);
        self.send(&[deposit], &[who])
    }

    /// `withdraw_lst`.
    pub fn withdraw_lst_ix(&self, lst: &Lst, owner: &Address, units: u64) -> Instruction {
        ix::WithdrawLst {
            owner: *owner,
            pool: lst.pool,
            position: position_address(&lst.pool, owner),
            mint: lst.mint,
            token_account: lst.tokens,
            destination: self.wallet(lst, owner),
            token_program: lst.program,
        }
        .instruction(units)
    }

    /// `emergency_withdraw_lst`.
    pub fn emergency_lst_ix(&self, lst: &Lst, owner: &Address) -> Instruction {
        Instruction {
            data: ix::EmergencyWithdrawLst::DISCRIMINATOR.to_vec(),
            ..self.withdraw_lst_ix(lst, owner, 0)
        }
    }

    /// `claim` from a token pool.
    pub fn claim_lst_ix(&self, lst: &Lst, owner: &Address) -> Instruction {
        ix::Claim {
            owner: *owner,
            vault: self.vault,
            pool: lst.pool,
            position: position_address(&lst.pool, owner),
        }
        .instruction()
    }

    /// `refresh_price`.
    pub fn refresh_ix(&self, lst: &Lst) -> Instruction {
        ix::RefreshPrice {
            pool: lst.pool,
            source: lst.source,
            quote: lst.quote,
        }
        .instruction()
    }

    /// Brings a pool's price up to date.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn refresh(&mut self, lst: &Lst) -> Result<Outcome, Refusal> {
        let refresh = self.refresh_ix(lst);
        self.send(&[refresh], &[])
    }
}
