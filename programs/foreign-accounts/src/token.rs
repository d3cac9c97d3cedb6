//! Token accounts and mints of SPL Token and Token-2022.
//!
//! Offsets are those of `spl_token_interface::state::{Account, Mint}`, which both programs share,
//! and of Token-2022's type-length-value extensions behind them.

use crate::bytes;

/// Bytes of a token account without extensions.
pub const ACCOUNT_LENGTH: usize = 165;
/// Bytes of a mint without extensions.
const MINT_LENGTH: usize = 82;
/// Zeros between a mint and its extensions, which begin where those of an account do.
const MINT_PADDING: usize = 83;
/// Bytes of a multisig, which no other account has. Its signers are anyone's choice and could look
/// like anything else.
const MULTISIG_LENGTH: usize = 355;
/// What Token-2022 writes before the extensions of a mint, and of an account.
const TYPE_OFFSET: usize = 165;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;
const STATE_OFFSET: usize = 108;
const STATE_INITIALIZED: u8 = 1;
const AUTHORITY_OFFSET: usize = 0;
const DECIMALS_OFFSET: usize = 44;
const INITIALIZED_OFFSET: usize = 45;
const FREEZE_AUTHORITY_OFFSET: usize = 46;
/// Extensions of a mint that neither move, tax, freeze nor hide tokens: interest bearing and scaled
/// amounts change what wallets show, the others describe. Everything else is refused, also what
/// does not exist yet.
const HARMLESS_EXTENSIONS: [u16; 8] = [10, 18, 19, 20, 21, 22, 23, 25];

/// What is read of a token account.
pub struct TokenAccount {
    /// Its mint.
    pub mint: [u8; 32],
    /// Its owner.
    pub owner: [u8; 32],
    /// Its balance, units.
    pub units: u64,
}

/// Why a mint is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no mint.
    NotAMint,
    /// It can freeze, tax or take what others hold, or has an extension of which that is not known.
    NotHarmless,
}

/// Reads a token account; `None` if it is none, or not usable.
///
/// The signers of a Token-2022 multisig are its maker's choice and can make it look like an account
/// with extensions. It is of use to nobody: the token program moves nothing to or from it.
#[inline]
pub fn read_account(data: &[u8]) -> Option<TokenAccount> {
    let is_account = data.len() == ACCOUNT_LENGTH || data.get(TYPE_OFFSET) == Some(&TYPE_ACCOUNT);
    let account = data.first_chunk::<ACCOUNT_LENGTH>()?;
    if !is_account || account[STATE_OFFSET] != STATE_INITIALIZED {
        return None;
    }
    Some(TokenAccount {
        mint: bytes::array(account, 0)?,
        owner: bytes::array(account, 32)?,
        units: bytes::u64_at(account, 64)?,
    })
}

/// Reads the decimals of a mint that can neither freeze, tax nor take what others hold.
#[inline]
pub fn read_mint(data: &[u8]) -> Result<u8, Refusal> {
    match <&[u8; MINT_LENGTH]>::try_from(data) {
        Ok(mint) => read_base(mint),
        Err(_) => read_extended_mint(data),
    }
}

/// [`read_mint`] of a mint with extensions.
fn read_extended_mint(data: &[u8]) -> Result<u8, Refusal> {
    let (mint, extensions) = extended_mint(data).ok_or(Refusal::NotAMint)?;
    let decimals = read_base(mint)?;
    if are_harmless(extensions) {
        Ok(decimals)
    } else {
        Err(Refusal::NotHarmless)
    }
}

/// [`read_mint`] of a mint but for its extensions.
#[inline]
fn read_base(mint: &[u8; MINT_LENGTH]) -> Result<u8, Refusal> {
    let freezes = bytes::u32_at(mint, FREEZE_AUTHORITY_OFFSET) != Some(0);
    if is_mint(mint) && !freezes {
        return Ok(mint[DECIMALS_OFFSET]);
    }
    Err(if is_mint(mint) {
        Refusal::NotHarmless
    } else {
        Refusal::NotAMint
    })
}

/// Whether it is initialized, with an authority that is there (1) or not (0). That mark has four
/// bytes; they are read with four more, because on chain a word costs less than its half.
#[inline]
fn is_mint(mint: &[u8; MINT_LENGTH]) -> bool {
    bytes::u64_at(mint, AUTHORITY_OFFSET).is_some_and(|head| head << 32 <= 1 << 32)
        && mint[INITIALIZED_OFFSET] == 1
}

/// A mint and its extensions.
fn extended_mint(data: &[u8]) -> Option<(&[u8; MINT_LENGTH], &[u8])> {
    let (mint, rest) = data.split_first_chunk::<MINT_LENGTH>()?;
    let (padding, typed) = rest.split_first_chunk::<MINT_PADDING>()?;
    let (kind, extensions) = typed.split_first()?;
    let is_mint =
        *kind == TYPE_MINT && *padding == [0; MINT_PADDING] && data.len() != MULTISIG_LENGTH;
    is_mint.then_some((mint, extensions))
}

/// Whether every extension is one of the harmless ones. Each is a type, a length and so many bytes;
/// type 0 ends them.
fn are_harmless(mut extensions: &[u8]) -> bool {
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
