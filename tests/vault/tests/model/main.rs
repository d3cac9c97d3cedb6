//! The vault beside a plain model of it, under random sequences of everything anyone can do.
//!
//! `PRIMIS_MODEL_STEPS` sets the number of steps, `PRIMIS_MODEL_SEED` where they start. The long run:
//! `PRIMIS_MODEL_STEPS=1000000 cargo test --release -p primis-tests-vault --test model`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that overflows or panics fails"
)]

mod driver;
mod reference;

use driver::Driver;

const USERS: usize = 50;
/// Steps of a run that is not asked for more.
const STEPS: u64 = 1_000;
/// Positions are compared all at once this often; totals and invariants after every step.
const COMPARE_EVERY: u64 = 250;
/// A long run says how far it is this often.
const PROGRESS_EVERY: u64 = 50_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn the_program_does_what_the_model_does() {
    let steps = setting("PRIMIS_MODEL_STEPS", STEPS);
    let seed = setting("PRIMIS_MODEL_SEED", 1);
    let mut driver = Driver::new(seed, USERS);
    for step in 1..=steps {
        driver.step();
        if step % COMPARE_EVERY == 0 {
            driver.compare_positions();
        }
        if step % PROGRESS_EVERY == 0 {
            eprintln!("{step} of {steps} steps");
        }
    }
    driver.compare_positions();
    let (taken, refused) = (&driver.taken, driver.refused);
    println!("seed {seed}: taken {taken:?}, refused {refused}");
    // Random amounts that are mostly refused would prove little.
    assert!(taken.values().sum::<u64>() > steps / 3, "{taken:?}");
    assert_eq!(
        taken.len(),
        driver::STEPS.len(),
        "each step was taken: {taken:?}"
    );
}
