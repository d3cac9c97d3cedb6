//! The vault beside a plain model of it, under random sequences of everything anyone can do.
//!
//! `PRIMIS_MODEL_STEPS` sets the number of steps, `PRIMIS_MODEL_SEED` where they start. The long run:
//! `PRIMIS_MODEL_STEPS=1000000 cargo test -p primis-tests-vault --test model -- --nocapture`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that overflows or panics fails"
)]

mod driver;
mod reference;

use std::collections::BTreeMap;

use driver::{Driver, STEPS, Step};

const USERS: usize = 50;
/// Steps of a run that is not asked for more.
const DEFAULT_STEPS: u64 = 20_000;
/// After so many steps a new vault begins, with the next seed.
const VAULT_STEPS: u64 = 20_000;
/// Positions are compared all at once this often; totals and invariants after every step.
const COMPARE_EVERY: u64 = 250;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn the_program_does_what_the_model_does() {
    let steps = setting("PRIMIS_MODEL_STEPS", DEFAULT_STEPS);
    let mut seed = setting("PRIMIS_MODEL_SEED", 1);
    let (mut taken, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let mut left = steps;
    while left > 0 {
        let here = left.min(VAULT_STEPS);
        let driver = run(seed, here);
        add(&mut taken, &driver.taken);
        add(&mut refused, &driver.refused);
        left -= here;
        println!("seed {seed}: {} of {steps} steps", steps - left);
        seed += 1;
    }
    println!("taken {taken:?}, refused {refused:?}");
    // Random amounts that are mostly refused would prove little.
    assert!(taken.values().sum::<u64>() > steps / 2, "{taken:?}");
    if steps >= VAULT_STEPS {
        assert_eq!(taken.len(), STEPS.len(), "each step was taken: {taken:?}");
    }
}

fn run(seed: u64, steps: u64) -> Driver {
    let mut driver = Driver::new(seed, USERS);
    for step in 1..=steps {
        driver.step();
        if step % COMPARE_EVERY == 0 {
            driver.compare_positions();
        }
    }
    driver.compare_positions();
    driver
}

fn add(sum: &mut BTreeMap<Step, u64>, more: &BTreeMap<Step, u64>) {
    for (step, count) in more {
        *sum.entry(*step).or_default() += count;
    }
}
