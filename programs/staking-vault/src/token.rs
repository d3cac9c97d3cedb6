//! Tokens of SPL Token and Token-2022: reading accounts and mints, moving units.

use anchor_lang::{Id as _, address_eq, prelude::*};
use pinocchio::instruction::InstructionAccount;
pub use primis_foreign_accounts::token::ACCOUNT_LENGTH;
use primis_foreign_accounts::token::{self, Refusal};

use crate::{
    bytes,
    cpi::call,
    errors::{AccountError, ConfigError},
    state::Pool,
};

/// `TransferChecked` and `InitializeAccount3` among the token programs' instructions.
const TRANSFER_CHECKED: u8 = 12;
const INITIALIZE_ACCOUNT_3: u8 = 18;

/// What is read of a token account.
pub struct TokenAccount {
    /// Its mint.
    pub mint: Address,
    /// Its owner.
    pub owner: Address,
    /// Its balance, units.
    pub units: u64,
}

/// Whether `program` is one of the two token programs.
pub fn is_token_program(program: &Address) -> bool {
    address_eq(program, &Token::id()) || address_eq(program, &Token2022::id())
}

/// Reads a token account of `program`; `None` if it is none, or not usable.
pub fn read_account(view: &AccountView, program: &Address) -> Option<TokenAccount> {
    if !view.owned_by(program) {
        return None;
    }
    let account = token::read_account(bytes::of(view))?;
    Some(TokenAccount {
        mint: Address::new_from_array(account.mint),
        owner: Address::new_from_array(account.owner),
        units: account.units,
    })
}

/// Reads the decimals of a mint that can neither freeze, tax nor take what the vault holds.
pub fn read_mint(view: &AccountView, program: &Address) -> Result<u8> {
    require!(view.owned_by(program), AccountError::WrongTokenProgram);
    match token::read_mint(bytes::of(view)) {
        Ok(decimals) => Ok(decimals),
        Err(Refusal::NotAMint) => Err(AccountError::WrongMint.into()),
        Err(Refusal::NotHarmless) => Err(ConfigError::MintRefused.into()),
    }
}

/// Makes `account`, created and empty, the pool's token account.
pub fn initialize(account: &AccountView, mint: &AccountView, program: &Address, owner: &Address) {
    let mut data = [0; 33];
    data[0] = INITIALIZE_ACCOUNT_3;
    data[1..].copy_from_slice(owner.as_ref());
    let accounts = [
        InstructionAccount::writable(account.address()),
        InstructionAccount::readonly(mint.address()),
    ];
    call(program, &accounts, [account, mint], &data, None);
}

/// The accounts of a transfer.
pub struct Transfer<'a> {
    /// From this token account.
    pub from: &'a AccountView,
    /// Of this mint.
    pub mint: &'a AccountView,
    /// To this token account.
    pub to: &'a AccountView,
    /// Owns `from`.
    pub authority: &'a AccountView,
}

impl Transfer<'_> {
    /// Moves units; with `signer` the pool is the authority.
    pub fn run(&self, program: &Address, units: u64, decimals: u8, signer: Option<&Pool>) {
        let mut data = [0; 10];
        data[0] = TRANSFER_CHECKED;
        data[1..9].copy_from_slice(&units.to_le_bytes());
        data[9] = decimals;
        let accounts = [
            InstructionAccount::writable(self.from.address()),
            InstructionAccount::readonly(self.mint.address()),
            InstructionAccount::writable(self.to.address()),
            InstructionAccount::readonly_signer(self.authority.address()),
        ];
        let views = [self.from, self.mint, self.to, self.authority];
        call(program, &accounts, views, &data, signer);
    }
}
