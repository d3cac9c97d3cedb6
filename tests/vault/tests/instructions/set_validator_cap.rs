//! `set_validator_cap`.

use primis_tests_vault::SOL;
use primis_vault_interface::{
    VaultError,
    events::{Event, ValidatorSet},
};
use solana_signer::Signer;

use super::delegate::staked;

#[test]
fn changes_the_cap_at_once() {
    let (mut world, _, vote) = staked();
    let (authority, opened) = (world.authority.insecure_clone(), world.now());
    world.pass(50);
    let set = world.set_validator_cap_ix(&vote, 7 * SOL);
    let outcome = world.send(&[set], &[&authority]).unwrap();
    let expected = ValidatorSet {
        cap_lamports: 7 * SOL,
        opens_at: opened,
        at: opened + 50,
        pool: world.pool,
        vote,
    };
    assert_eq!(outcome.events, [Event::ValidatorSet(expected)]);
    assert_eq!(world.validator(&vote).unwrap().cap_lamports, 7 * SOL);
    world.delegate(&vote, 7 * SOL).unwrap();
}

#[test]
fn a_cap_of_zero_stops_delegation_and_takes_nothing_back() {
    let (mut world, _, vote) = staked();
    let (authority, keeper) = (
        world.authority.insecure_clone(),
        world.keeper.insecure_clone(),
    );
    world.delegate(&vote, 20 * SOL).unwrap();
    let set = world.set_validator_cap_ix(&vote, 0);
    world.send(&[set], &[&authority]).unwrap();
    assert_eq!(world.validator(&vote).unwrap().staked_lamports, 20 * SOL);
    assert_eq!(world.pool().staked_lamports, 20 * SOL);
    let delegate = world.delegate_ix(&vote, 1);
    world.refuse(&[delegate], &[&keeper], VaultError::OverValidatorCap);
    // What is there earns on, and comes back as ever.
    world.pass_epochs(1);
    world.reward(0, SOL / 100);
    world.harvest(0).unwrap();
    world.deactivate(0).unwrap();
    world.pass_epochs(1);
    world.reclaim(0).unwrap();
    assert_eq!(world.validator(&vote).unwrap().staked_lamports, 0);
}

#[test]
fn refuses_anyone_but_the_authority() {
    let (mut world, _, vote) = staked();
    let others = [
        world.keeper.insecure_clone(),
        world.guardian.insecure_clone(),
        super::stranger(&mut world),
    ];
    for other in others {
        let mut set = world.set_validator_cap_ix(&vote, SOL);
        set.accounts[0].pubkey = other.pubkey();
        world.refuse(&[set], &[&other], VaultError::NotAuthority);
    }
    let mut set = world.set_validator_cap_ix(&vote, SOL);
    set.accounts[0].is_signer = false;
    world.refuse(&[set], &[], super::missing_signature());
}

#[test]
fn refuses_another_vaults_pool_and_another_pools_validator() {
    let (mut world, _, vote) = staked();
    let authority = world.authority.insecure_clone();
    let (_, other) = super::other_vault(&mut world);
    let mut set = world.set_validator_cap_ix(&vote, SOL);
    set.accounts[2].pubkey = other;
    world.refuse(&[set], &[&authority], VaultError::PoolOfAnotherVault);
    let foreign = super::delegate::foreign_validator(&mut world);
    let mut set = world.set_validator_cap_ix(&vote, SOL);
    set.accounts[3].pubkey = foreign;
    world.refuse(&[set], &[&authority], VaultError::WrongValidator);
    let real = world.validator_address(&vote);
    let forged = super::forge(&mut world, real);
    let mut set = world.set_validator_cap_ix(&vote, SOL);
    set.accounts[3].pubkey = forged;
    world.refuse(&[set], &[&authority], super::illegal_owner());
}
