//! Random sequences of everything by several people, with the invariants recomputed from
//! balances after each step, and every lamport accounted for at the end.

use primis_tests_vault::{SOL, World};
use primis_vault_interface::Source;
use proptest::prelude::*;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Lamports each staker starts with.
const WALLET: u64 = 10_000 * SOL;

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, u64),
    Withdraw(usize, u64),
    Claim(usize),
    Compound(usize),
    Emergency(usize),
    Close(usize),
    Distribute(u8, u64),
    Sweep(u64),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0usize..4;
    let amount = prop_oneof![1u64..1_000, 1u64..SOL, SOL..100 * SOL];
    prop_oneof![
        4 => (who.clone(), amount.clone()).prop_map(|(w, a)| Step::Deposit(w, a)),
        2 => (who.clone(), amount.clone()).prop_map(|(w, a)| Step::Withdraw(w, a)),
        2 => who.clone().prop_map(Step::Claim),
        2 => who.clone().prop_map(Step::Compound),
        1 => who.clone().prop_map(Step::Emergency),
        1 => who.prop_map(Step::Close),
        3 => (0u8..2, amount.clone()).prop_map(|(s, a)| Step::Distribute(s, a)),
        1 => amount.prop_map(Step::Sweep),
        4 => prop_oneof![1i64..5, 1i64..4_000, 1i64..1_000_000].prop_map(Step::Pass),
    ]
}

/// Refused steps are part of the game: the world checks what landed.
fn play(world: &mut World, stakers: &[Keypair], step: &Step) {
    let keeper = world.keeper.insecure_clone();
    let owner = |who: &usize| stakers[*who].pubkey();
    let _ = match step {
        Step::Deposit(who, lamports) => world.deposit(&stakers[*who], *lamports),
        Step::Withdraw(who, lamports) => world.withdraw(&stakers[*who], *lamports),
        Step::Claim(who) => world.claim(&stakers[*who]),
        Step::Compound(who) => {
            let ix = world.compound_ix(&owner(who));
            world.send(&[ix], &[&stakers[*who]])
        }
        Step::Emergency(who) => {
            let ix = world.emergency_ix(&owner(who));
            world.send(&[ix], &[&stakers[*who]])
        }
        Step::Close(who) => {
            let ix = world.close_ix(&owner(who));
            world.send(&[ix], &[&stakers[*who]])
        }
        Step::Distribute(source, lamports) => {
            let source = if *source == 0 {
                Source::Staking
            } else {
                Source::Compute
            };
            let both = [
                world.fund_ix(source, *lamports),
                world.distribute_ix(source, *lamports),
            ];
            world.send(&both, &[&keeper])
        }
        Step::Sweep(lamports) => {
            let destination = primis_tests_vault::config().treasury_address;
            let sweep = primis_vault_interface::instructions::SweepBucket {
                signer: keeper.pubkey(),
                vault: world.vault,
                destination,
            };
            world.send(&[sweep.instruction(3, *lamports)], &[&keeper])
        }
        Step::Pass(seconds) => {
            world.pass(*seconds);
            return;
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_made(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        let stakers: Vec<Keypair> = (0..4).map(|n| world.staker(&format!("staker {n}"), WALLET)).collect();
        let treasury = primis_tests_vault::config().treasury_address;
        world.svm.airdrop(&treasury, SOL).unwrap();
        let (keeper, all) = (world.keeper.pubkey(), |w: &World| {
            let addresses = stakers.iter().map(Keypair::pubkey);
            let positions = addresses.clone().map(|o| w.position_address(&o));
            addresses.chain(positions).chain([w.vault, w.pool, w.keeper.pubkey(), treasury]).map(|a| u128::from(w.lamports(&a))).sum::<u128>()
        });
        let (before, funds) = (all(&world), world.lamports(&keeper));
        for step in &steps {
            play(&mut world, &stakers, step);
            // The fee payer is outside: what the people and the program hold never changes.
            prop_assert_eq!(all(&world), before);
        }
        // Everyone leaves: each gets the principal back to the lamport, and yield at most what was funded.
        let mut earned = 0u128;
        for staker in &stakers {
            if let Some(position) = world.position(&staker.pubkey()) {
                if position.units > 0 {
                    world.withdraw(staker, position.units).unwrap();
                }
                let close = world.close_ix(&staker.pubkey());
                world.send(&[close], &[staker]).unwrap();
            }
            let wallet = world.lamports(&staker.pubkey());
            prop_assert!(wallet >= WALLET, "a staker lost {} lamports", WALLET - wallet);
            earned += u128::from(wallet - WALLET);
        }
        prop_assert_eq!(world.lamports(&world.pool), world.pool().rent_lamports);
        let funded = u128::from(funds - world.lamports(&keeper));
        prop_assert!(earned <= funded);
        let vault = world.vault();
        let left = u128::from(world.lamports(&world.vault) - vault.rent_lamports);
        let swept: u64 = vault.swept_total_lamports.iter().sum();
        prop_assert_eq!(left + earned + u128::from(swept), funded);
    }
}
