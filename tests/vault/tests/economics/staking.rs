//! Random sequences of base staking by keeper, stakers, strangers and the cluster, rewards and
//! slashing included: after each step the principal by its balances covers the units, and in the
//! end everyone gets out what the units are worth, by tickets alone if need be.

use primis_tests_vault::{SOL, World};
use proptest::prelude::*;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, u64),
    Withdraw(usize, u64),
    Emergency(usize),
    Open(usize, u64),
    Cancel(usize, u64),
    Serve,
    Delegate(u64),
    Deactivate(u64, bool),
    Reclaim(u64),
    Harvest(u64),
    Reward(u64, u64),
    Slash(u64, u64),
    Epoch,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, number) = (0usize..3, 0u64..6);
    let amount = prop_oneof![1u64..1_000, SOL / 100..SOL, SOL..40 * SOL];
    prop_oneof![
        3 => (who.clone(), amount.clone()).prop_map(|(w, a)| Step::Deposit(w, a)),
        2 => (who.clone(), amount.clone()).prop_map(|(w, a)| Step::Withdraw(w, a)),
        1 => who.clone().prop_map(Step::Emergency),
        3 => (who.clone(), amount.clone()).prop_map(|(w, a)| Step::Open(w, a)),
        1 => (who, number.clone()).prop_map(|(w, n)| Step::Cancel(w, n)),
        4 => Just(Step::Serve),
        3 => amount.clone().prop_map(Step::Delegate),
        2 => (number.clone(), any::<bool>()).prop_map(|(n, k)| Step::Deactivate(n, k)),
        3 => number.clone().prop_map(Step::Reclaim),
        2 => number.clone().prop_map(Step::Harvest),
        1 => (number.clone(), amount.clone()).prop_map(|(n, a)| Step::Reward(n, a)),
        1 => (number, amount).prop_map(|(n, a)| Step::Slash(n, a)),
        2 => Just(Step::Epoch),
    ]
}

/// Refused steps are part of the game: the world checks what landed.
fn play(world: &mut World, vote: &Address, stakers: &[Keypair], step: &Step) {
    let staked = |w: &World, n: &u64| w.delegation(*n).is_some() && w.stake_lamports(*n) > 1;
    let _ = match step {
        Step::Deposit(who, lamports) => world.deposit(&stakers[*who], *lamports),
        Step::Withdraw(who, units) => world.withdraw(&stakers[*who], *units),
        Step::Emergency(who) => {
            let emergency = world.emergency_ix(&stakers[*who].pubkey());
            world.send(&[emergency], &[&stakers[*who]])
        }
        Step::Open(who, units) => world.open_ticket(&stakers[*who], *units),
        Step::Cancel(who, number) => world.cancel_ticket(&stakers[*who], *number),
        Step::Serve => world.serve_ticket(world.pool().ticket_served),
        Step::Delegate(lamports) => world.delegate(vote, *lamports),
        Step::Deactivate(number, true) => world.deactivate(*number),
        Step::Deactivate(number, false) => {
            let deactivate = world.deactivate_ix(&stakers[0].pubkey(), *number);
            world.send(&[deactivate], &[&stakers[0]])
        }
        Step::Reclaim(number) => world.reclaim(*number),
        Step::Harvest(number) => world.harvest(*number),
        Step::Reward(number, lamports) if staked(world, number) => {
            return world.reward(*number, *lamports);
        }
        // A slashed stake account keeps a lamport at least, or there would be none.
        Step::Slash(number, lamports) if staked(world, number) => {
            let most = world.stake_lamports(*number) - 1;
            return world.slash(*number, (*lamports).min(most));
        }
        Step::Reward(..) | Step::Slash(..) => return,
        Step::Epoch => return world.pass_epochs(1),
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn principal_always_gets_out(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        let vote = world.add_validator("validator", 10_000 * SOL);
        let stakers: Vec<Keypair> = (0..3).map(|n| world.staker(&format!("staker {n}"), 10_000 * SOL)).collect();
        world.deposit(&stakers[0], 50 * SOL).unwrap();
        for step in &steps {
            play(&mut world, &vote, &stakers, step);
        }
        // The keeper is gone. Everyone asks for everything, and strangers do the rest.
        for number in 0..world.pool().delegation_next {
            if world.delegation(number).is_some() {
                // Losses are recognised before anyone is paid.
                let _ = world.harvest(number);
            }
        }
        for staker in &stakers {
            let position = world.position(&staker.pubkey());
            let free = position.map_or(0, |p| p.units - p.ticket_units);
            if free > 0 {
                world.open_ticket(staker, free).unwrap();
            }
        }
        let serve = |world: &mut World| {
            while world.pool().ticket_served < world.pool().ticket_next {
                if world.serve_ticket(world.pool().ticket_served).is_err() {
                    break;
                }
            }
        };
        serve(&mut world);
        for number in 0..world.pool().delegation_next {
            let stranger = stakers[0].insecure_clone();
            let deactivate = world.deactivate_ix(&stranger.pubkey(), number);
            let _ = world.send(&[deactivate], &[&stranger]);
        }
        world.pass_epochs(1);
        let price = world.pool().price;
        for number in 0..world.pool().delegation_next {
            let _ = world.reclaim(number);
        }
        prop_assert_eq!(world.pool().price, price, "a loss was left unrecognised");
        serve(&mut world);
        let pool = world.pool();
        prop_assert_eq!((pool.ticket_served, pool.ticket_units), (pool.ticket_next, 0));
        prop_assert_eq!(pool.total_units, 0);
        for staker in &stakers {
            prop_assert_eq!(world.position(&staker.pubkey()).map_or(0, |p| p.units), 0);
        }
    }
}
