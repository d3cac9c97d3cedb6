//! `primis_foreign_accounts` on any bytes, against the owners' own readings: [`official`].
//!
//! The first byte says which kind of account the others are read as.

mod official;

use primis_foreign_accounts::{marinade, pyth, stake, stake_pool, token};

/// A kind of account, by its first byte of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A price update of Pyth's.
    Pyth,
    /// An SPL stake pool.
    StakePool,
    /// Marinade's state.
    Marinade,
    /// A token account of SPL Token or Token-2022.
    TokenAccount,
    /// A mint of either.
    Mint,
    /// A stake account.
    Stake,
}

/// Every kind, in the order of their bytes.
pub const KINDS: [Kind; 6] = [
    Kind::Pyth,
    Kind::StakePool,
    Kind::Marinade,
    Kind::TokenAccount,
    Kind::Mint,
    Kind::Stake,
];

/// One case made of the bytes.
pub fn run(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    is_read(KINDS[usize::from(*kind) % KINDS.len()], data);
}

/// Holds our reading against the official one; whether ours takes the account.
pub fn is_read(kind: Kind, data: &[u8]) -> bool {
    match kind {
        Kind::Pyth => check_pyth(data),
        Kind::StakePool => check_stake_pool(data),
        Kind::Marinade => check_marinade(data),
        Kind::TokenAccount => check_token_account(data),
        Kind::Mint => check_mint(data),
        Kind::Stake => check_stake(data),
    }
}

fn check_pyth(data: &[u8]) -> bool {
    use official::pyth::Verification;
    let official = official::pyth::read(data);
    match pyth::read(data) {
        Ok(update) => {
            let official = official.expect("refused by Pyth's layout");
            assert_eq!(official.verification, Verification::Full);
            let message = official.message;
            assert_eq!(update.feed, message.feed_id);
            assert_eq!(update.price, message.price);
            assert_eq!(update.confidence, message.conf);
            assert_eq!(update.exponent, message.exponent);
            assert_eq!(update.publish_time, message.publish_time);
            return true;
        }
        // A partial one is refused by its kind, before its length is known to be right.
        Err(pyth::Refusal::NotFullyVerified) => {
            let full = official.is_some_and(|o| o.verification == Verification::Full);
            assert!(!full);
        }
        Err(pyth::Refusal::NotAPriceUpdate) => assert!(official.is_none()),
    }
    false
}

fn check_stake_pool(data: &[u8]) -> bool {
    let (ours, official) = (stake_pool::read(data), official::stake_pool::read(data));
    assert_eq!(ours.is_some(), official.is_some());
    let Some((ours, official)) = ours.zip(official) else {
        return false;
    };
    assert_eq!(ours.mint, official.pool_mint);
    assert_eq!(ours.total_lamports, official.total_lamports);
    assert_eq!(ours.token_supply, official.pool_token_supply);
    assert_eq!(ours.last_update_epoch, official.last_update_epoch);
    true
}

fn check_marinade(data: &[u8]) -> bool {
    let (ours, official) = (marinade::read(data), official::marinade::read(data));
    // Flags between the fields that are read make the official reader refuse more.
    assert!(ours.is_some() || official.is_none());
    let Some(ours) = ours else { return false };
    if let Some(official) = official {
        assert_eq!(ours.mint, official.msol_mint);
        assert_eq!(ours.msol_price, official.msol_price);
    }
    true
}

fn check_token_account(data: &[u8]) -> bool {
    let (ours, official) = (token::read_account(data), official::token::account(data));
    // Options that are not read make the official reader refuse more.
    assert!(ours.is_some() || official.is_none());
    let Some(ours) = ours else { return false };
    assert!(official::token::is_account(data) || official::token::may_be_multisig(data));
    if let Some(official) = official {
        assert_eq!(ours.mint, official.mint.to_bytes());
        assert_eq!(ours.owner, official.owner.to_bytes());
        assert_eq!(ours.units, official.amount);
    }
    true
}

fn check_mint(data: &[u8]) -> bool {
    match (token::read_mint(data), official::token::mint(data)) {
        (Ok(decimals), official) => {
            let official = official.expect("refused by the token program's crate");
            assert!(official.is_harmless, "harmful mint taken");
            assert_eq!(decimals, official.decimals);
            true
        }
        (Err(token::Refusal::NotAMint), official) => {
            assert!(official.is_none());
            false
        }
        (Err(token::Refusal::NotHarmless), official) => {
            assert!(official.is_none_or(|official| !official.is_harmless));
            false
        }
    }
}

fn check_stake(data: &[u8]) -> bool {
    let ours = stake::is_delegated(data);
    if let Some(official) = official::stake::is_delegated(data) {
        assert_eq!(ours, official);
    }
    ours
}
