//! The committed seeds of `accounts`: written by the owners' own types where there are crates, held
//! against what is committed, and each read or refused as it should be.
//!
//! To write them anew: `PRIMIS_WRITE_FIXTURES=1 cargo test --release --lib`.

use std::{env, fs, path::PathBuf};

use borsh::to_vec;
use solana_program_pack::Pack as _;
use solana_stake_interface::{
    stake_flags::StakeFlags,
    state::{Delegation, Meta, Stake, StakeStateV2},
};
use spl_token_2022_interface::{
    extension::{
        BaseStateWithExtensionsMut as _, ExtensionType, StateWithExtensionsMut,
        immutable_owner::ImmutableOwner, interest_bearing_mint::InterestBearingConfig,
        metadata_pointer::MetadataPointer, permanent_delegate::PermanentDelegate,
        transfer_fee::TransferFeeConfig,
    },
    state::{Account, AccountState, Mint},
};

use crate::accounts::{KINDS, Kind, is_read};

/// A file's name, the kind of account, whether the vault reads it, and its bytes.
type Seed = (&'static str, Kind, bool, Vec<u8>);

fn seeds() -> Vec<Seed> {
    let mut seeds = prices();
    seeds.extend(tokens());
    seeds.extend(mints());
    seeds.extend(stakes());
    seeds
}

/// An account's beginning, filled up with zeros as its program leaves it.
fn sized(mut data: Vec<u8>, length: usize) -> Vec<u8> {
    data.resize(length, 0);
    data
}

/// An account that Pyth's own crate wrote.
fn pyths(name: &str) -> Vec<u8> {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../../pyth/price-updates.json")).unwrap();
    let case = |case: &&serde_json::Value| case["name"] == name;
    let case = cases["cases"].as_array().unwrap().iter().find(case);
    hex::decode(case.unwrap()["data_hex"].as_str().unwrap()).unwrap()
}

fn prices() -> Vec<Seed> {
    let stake_pool = |kind: u8| {
        let tail = to_vec(&(1_250_000_000u64, 1_000_000_000u64, 777u64)).unwrap();
        let data = [&[kind][..], &[2; 257], &tail].concat();
        sized(data, 611)
    };
    let marinade = [216, 146, 107, 94, 104, 75, 182, 177];
    let marinade = [&marinade[..], &[3; 504], &(11u64 << 29).to_le_bytes()].concat();
    vec![
        ("pyth", Kind::Pyth, true, pyths("sound")),
        (
            "pyth-partial",
            Kind::Pyth,
            false,
            pyths("of some signatures"),
        ),
        (
            "pyth-cut-short",
            Kind::Pyth,
            false,
            pyths("sound")[..101].to_vec(),
        ),
        ("stake-pool", Kind::StakePool, true, stake_pool(1)),
        (
            "stake-pool-validator-list",
            Kind::StakePool,
            false,
            stake_pool(2),
        ),
        ("marinade", Kind::Marinade, true, sized(marinade, 2_000)),
    ]
}

fn tokens() -> Vec<Seed> {
    let account = |state| Account {
        mint: [4; 32].into(),
        owner: [5; 32].into(),
        amount: 6_000_000_007,
        state,
        ..Account::default()
    };
    let plain = |state| {
        let mut data = vec![0; Account::LEN];
        Account::pack(account(state), &mut data).unwrap();
        data
    };
    let length =
        ExtensionType::try_calculate_account_len::<Account>(&[ExtensionType::ImmutableOwner]);
    let mut extended = vec![0; length.unwrap()];
    let mut state = StateWithExtensionsMut::<Account>::unpack_uninitialized(&mut extended).unwrap();
    state.init_extension::<ImmutableOwner>(true).unwrap();
    state.base = account(AccountState::Initialized);
    state.pack_base();
    state.init_account_type().unwrap();
    let (kind, initialized) = (Kind::TokenAccount, plain(AccountState::Initialized));
    let multisig = sized(extended.clone(), 355);
    vec![
        ("token-account", kind, true, initialized),
        (
            "token-account-frozen",
            kind,
            false,
            plain(AccountState::Frozen),
        ),
        ("token-account-extended", kind, true, extended),
        ("token-account-as-long-as-a-multisig", kind, true, multisig),
    ]
}

fn mint(freezable: bool) -> Mint {
    let freezer = freezable.then_some([8; 32].into());
    Mint {
        mint_authority: Some([7; 32].into()).into(),
        supply: 1 << 50,
        decimals: 9,
        is_initialized: true,
        freeze_authority: freezer.into(),
    }
}

/// A mint with extensions.
fn extended(
    types: &[ExtensionType],
    init: impl FnOnce(&mut StateWithExtensionsMut<'_, Mint>),
) -> Vec<u8> {
    let length = ExtensionType::try_calculate_account_len::<Mint>(types).unwrap();
    let mut data = vec![0; length];
    let mut state = StateWithExtensionsMut::<Mint>::unpack_uninitialized(&mut data).unwrap();
    init(&mut state);
    state.base = mint(false);
    state.pack_base();
    state.init_account_type().unwrap();
    data
}

fn mints() -> Vec<Seed> {
    let plain = |freezable| {
        let mut data = vec![0; Mint::LEN];
        Mint::pack(mint(freezable), &mut data).unwrap();
        data
    };
    let harmless = [
        ExtensionType::InterestBearingConfig,
        ExtensionType::MetadataPointer,
    ];
    let harmless = extended(&harmless, |state| {
        state.init_extension::<InterestBearingConfig>(true).unwrap();
        state.init_extension::<MetadataPointer>(true).unwrap();
    });
    let fees = extended(&[ExtensionType::TransferFeeConfig], |state| {
        state.init_extension::<TransferFeeConfig>(true).unwrap();
    });
    let hidden = [
        ExtensionType::MetadataPointer,
        ExtensionType::PermanentDelegate,
    ];
    let hidden = extended(&hidden, |state| {
        state.init_extension::<MetadataPointer>(true).unwrap();
        state.init_extension::<PermanentDelegate>(true).unwrap();
    });
    let multisig = sized(harmless.clone(), 355);
    vec![
        ("mint", Kind::Mint, true, plain(false)),
        ("mint-freezable", Kind::Mint, false, plain(true)),
        ("mint-harmless", Kind::Mint, true, harmless),
        ("mint-transfer-fee", Kind::Mint, false, fees),
        ("mint-permanent-delegate-second", Kind::Mint, false, hidden),
        ("mint-as-long-as-a-multisig", Kind::Mint, false, multisig),
    ]
}

fn stakes() -> Vec<Seed> {
    let stake = |deactivation_epoch| {
        let delegation = Delegation {
            voter_pubkey: [9; 32].into(),
            stake: 1 << 40,
            activation_epoch: 700,
            deactivation_epoch,
            ..Delegation::default()
        };
        let stake = Stake {
            delegation,
            credits_observed: 12,
        };
        let state = StakeStateV2::Stake(Meta::default(), stake, StakeFlags::empty());
        sized(to_vec(&state).unwrap(), StakeStateV2::size_of())
    };
    let initialized = to_vec(&StakeStateV2::Initialized(Meta::default())).unwrap();
    let initialized = sized(initialized, StakeStateV2::size_of());
    vec![
        ("stake-delegated", Kind::Stake, true, stake(u64::MAX)),
        ("stake-deactivating", Kind::Stake, false, stake(701)),
        ("stake-initialized", Kind::Stake, false, initialized),
    ]
}

#[test]
fn the_committed_seeds_are_what_the_owners_types_write_and_are_read_as_they_should() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("seeds/accounts");
    let write = env::var_os("PRIMIS_WRITE_FIXTURES").is_some();
    for (name, kind, read, data) in seeds() {
        assert_eq!(is_read(kind, &data), read, "{name}");
        let (file, content) = (folder.join(name), [&[kind as u8][..], &data].concat());
        if write {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &content).unwrap();
        }
        assert_eq!(fs::read(&file).unwrap(), content, "{name}");
    }
    let files = fs::read_dir(folder).unwrap().count();
    assert_eq!(files, seeds().len(), "a file that no seed has");
}

#[test]
fn every_kind_has_a_seed_that_is_read() {
    for (byte, kind) in KINDS.into_iter().enumerate() {
        assert_eq!(kind as usize, byte);
        assert!(seeds().iter().any(|(_, of, read, _)| *of == kind && *read));
    }
}
