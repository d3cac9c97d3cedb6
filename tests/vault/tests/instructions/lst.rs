//! What the tests of token pools share.

use primis_tests_vault::{
    SOL, World, key,
    prices::Oracle,
    tokens::{Lst, Mint, TOKEN, TOKEN_2022},
};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Codes of the token programs' errors.
pub const INSUFFICIENT_FUNDS: u32 = 1;
pub const MINT_MISMATCH: u32 = 3;
pub const OWNER_MISMATCH: u32 = 4;

/// A world with a jitoSOL-like pool, priced by its stake pool at 1.25 SOL, and a staker who holds
/// 100 of it.
pub fn world() -> (World, Lst, Keypair) {
    let mut world = World::new();
    let lst = world.add_lst("jitosol", &Mint::of(TOKEN), Oracle::StakePool);
    let alice = holder(&mut world, &lst, "alice");
    (world, lst, alice)
}

/// [`world`], with 10 tokens deposited.
pub fn staked() -> (World, Lst, Keypair) {
    let (mut world, lst, alice) = world();
    world.deposit_lst(&lst, &alice, 10 * SOL).unwrap();
    (world, lst, alice)
}

/// [`staked`], half an hour into the stream of a SOL.
pub fn earning() -> (World, Lst, Keypair) {
    let (mut world, lst, alice) = staked();
    world.pass(600);
    world.distribute(2 * SOL).unwrap();
    world.pass(1_800);
    (world, lst, alice)
}

/// A staker with a wallet of 100 SOL and 100 tokens.
pub fn holder(world: &mut World, lst: &Lst, name: &str) -> Keypair {
    let staker = match world.svm.get_balance(&key(name).pubkey()) {
        Some(lamports) if lamports > 0 => key(name),
        _ => world.staker(name, 100 * SOL),
    };
    world.give(&staker.pubkey(), &lst.mint, 100 * SOL);
    staker
}

/// A second pool beside: of Token-2022, priced by Marinade.
pub fn other_pool(world: &mut World) -> Lst {
    world.add_lst("msol", &Mint::of(TOKEN_2022), Oracle::Marinade)
}

/// The same of another vault, whose authority is mallory: its pool's address and token account.
pub fn foreign_pool(world: &mut World, lst: &Lst) -> Lst {
    use primis_vault_interface::tokens_address;
    use primis_vault_interface::{instructions as ix, pool_address};
    let (vault, _) = super::other_vault(world);
    let pool = pool_address(&vault, &lst.mint);
    let foreign = Lst {
        pool,
        tokens: tokens_address(&pool),
        ..*lst
    };
    let mallory = key("mallory");
    let add = ix::AddLstPool {
        authority: mallory.pubkey(),
        vault,
        mint: lst.mint,
        pool,
        token_account: foreign.tokens,
        token_program: lst.program,
    }
    .instruction(1_000 * SOL, u64::MAX, 1, lst.rules());
    world.send(&[add], &[&mallory]).unwrap();
    foreign
}
