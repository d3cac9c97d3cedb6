//! Tokens of SPL Token and Token-2022: reading accounts and mints, moving units.
//!
//! Offsets are those of `spl_token_interface::state::{Account, Mint}`, which both programs share,
//! and of Token-2022's type-length-value extensions behind them.

use anchor_lang::{Id as _, address_eq, prelude::*};
use pinocchio::instruction::InstructionAccount;

use crate::{
    bytes,
    cpi::call,
    errors::{AccountError, ConfigError},
    state::Pool,
};

/// Bytes of a token account without extensions.
pub const ACCOUNT_LENGTH: usize = 165;
/// Bytes of a mint without extensions.
const MINT_LENGTH: usize = 82;
/// Where Token-2022 says what an account with extensions is, and where the extensions begin.
const TYPE_OFFSET: usize = 165;
const EXTENSIONS_OFFSET: usize = 166;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;
const STATE_OFFSET: usize = 108;
const STATE_INITIALIZED: u8 = 1;
/// `TransferChecked` and `InitializeAccount3` among the token programs' instructions.
const TRANSFER_CHECKED: u8 = 12;
const INITIALIZE_ACCOUNT_3: u8 = 18;
/// Extensions of a mint that neither move, tax, freeze nor hide tokens: interest bearing and scaled
/// amounts change what wallets show, the others describe. Everything else is refused, also what
/// does not exist yet.
const HARMLESS_EXTENSIONS: [u16; 8] = [10, 18, 19, 20, 21, 22, 23, 25];

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
    let data = bytes::of(view);
    let is_account = data.len() == ACCOUNT_LENGTH || data.get(TYPE_OFFSET) == Some(&TYPE_ACCOUNT);
    if !is_account || data.get(STATE_OFFSET) != Some(&STATE_INITIALIZED) {
        return None;
    }
    Some(TokenAccount {
        mint: bytes::address_at(data, 0)?,
        owner: bytes::address_at(data, 32)?,
        units: bytes::u64_at(data, 64)?,
    })
}

/// Reads the decimals of a mint that can neither freeze, tax nor take what the vault holds.
pub fn read_mint(view: &AccountView, program: &Address) -> Result<u8> {
    require!(view.owned_by(program), AccountError::WrongTokenProgram);
    let data = bytes::of(view);
    let extended = data.len() > MINT_LENGTH;
    require!(
        data.len() == MINT_LENGTH || data.get(TYPE_OFFSET) == Some(&TYPE_MINT),
        AccountError::WrongMint
    );
    let (Some(decimals), Some(1), Some(freezes)) = (
        data.get(44).copied(),
        data.get(45).copied(),
        bytes::array::<4>(data, 46),
    ) else {
        return Err(AccountError::WrongMint.into());
    };
    require!(freezes == [0; 4], ConfigError::MintRefused);
    require!(
        !extended || harmless(data.get(EXTENSIONS_OFFSET..).unwrap_or_default()),
        ConfigError::MintRefused
    );
    Ok(decimals)
}

/// Whether every extension is one of the harmless ones. Each is a type, a length and so many bytes;
/// type 0 ends them.
fn harmless(mut extensions: &[u8]) -> bool {
    while let Some(kind) = bytes::u16_at(extensions, 0) {
        if kind == 0 {
            return true;
        }
        let rest = bytes::u16_at(extensions, 2)
            .and_then(|length| extensions.get(4..)?.get(usize::from(length)..));
        let (true, Some(rest)) = (HARMLESS_EXTENSIONS.contains(&kind), rest) else {
            return false;
        };
        extensions = rest;
    }
    true
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
