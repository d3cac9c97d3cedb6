//! Tokens by the Token-2022 program's own crate, which reads those of SPL Token too.

use solana_program_pack::Pack as _;
use spl_token_2022_interface::{
    extension::{BaseStateWithExtensions as _, ExtensionType, StateWithExtensions},
    generic_token_account::GenericTokenAccount as _,
    state::{Account, AccountState, Mint, Multisig},
};

/// Extensions that neither move, tax, freeze nor hide tokens.
const HARMLESS: [ExtensionType; 8] = [
    ExtensionType::InterestBearingConfig,
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
    ExtensionType::GroupPointer,
    ExtensionType::TokenGroup,
    ExtensionType::GroupMemberPointer,
    ExtensionType::TokenGroupMember,
    ExtensionType::ScaledUiAmount,
];

/// A mint as far as the vault asks.
pub struct OfficialMint {
    pub decimals: u8,
    /// Without a freeze authority, and every extension is known to be harmless.
    pub is_harmless: bool,
}

/// A mint, if the crate takes it for one.
pub fn mint(data: &[u8]) -> Option<OfficialMint> {
    let mint = StateWithExtensions::<Mint>::unpack(data).ok()?;
    let extensions = mint.get_extension_types();
    let harmless = extensions.is_ok_and(|all| all.iter().all(|one| HARMLESS.contains(one)));
    Some(OfficialMint {
        decimals: mint.base.decimals,
        is_harmless: harmless && mint.base.freeze_authority.is_none(),
    })
}

/// A token account that can be used, if the crate takes it for one.
pub fn account(data: &[u8]) -> Option<Account> {
    let account = StateWithExtensions::<Account>::unpack(data).ok()?.base;
    (account.state == AccountState::Initialized).then_some(account)
}

/// Whether it is an account by what no owner can choose: its length, and the kind behind it.
pub fn is_account(data: &[u8]) -> bool {
    Account::valid_account_data(data)
}

/// Whether it is as long as a multisig, whose signers could be anything.
pub fn may_be_multisig(data: &[u8]) -> bool {
    data.len() == Multisig::LEN
}
