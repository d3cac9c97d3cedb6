//! The program is killed at random points, again and again, while the chain goes on. What it tells in
//! the end is, byte for byte, what one tells that was never disturbed.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use solana_address::Address;

use super::{backfill::live, rebuild::as_from_nothing};
use crate::support::{
    database::{self, Kind, on_both_databases},
    process::Process,
    stand::{Stand, caught_up, eventually, serve},
    vault::{SOL, World, owner},
};

on_both_databases!(killing_it_at_random_points_changes_nothing);

/// Lives of the program in a test.
const LIVES: usize = 14;
/// Longest time between a call and the death: longer than a step takes to be stored.
const MAX_DELAY_MICROS: u64 = 30_000;

/// What happens to the chain while the program is dead or alive.
fn go_on(world: &mut World, token: usize, random: &mut StdRng) {
    live(world, random.random_range(1..90));
    if random.random_bool(0.5) {
        // In a slot of its own: within one, the order of what touches nothing in common is free.
        world.pass(1);
        world.refresh_price(token, random.random_range(1_000_000_000..1_500_000_000));
        world.pass(random.random_range(1..400));
    }
}

/// A call is a page of a list, a transaction's log, or accounts; the deaths lie between any two of
/// them, and anywhere in what is done with their answers, the commit of a step included.
async fn killing_it_at_random_points_changes_nothing(kind: Kind) {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut world = World::new().await;
    let token = world.add_token_pool(Address::new_from_array([201; 32]));
    live(&mut world, 450);
    world.pass(1);
    world.refresh_price(token, 1_250_000_000);
    world.deposit_tokens(token, &owner(1), 80 * SOL);
    // More pages, so that deaths between pages are likely.
    world.cluster.with(|c| c.page = Some(100));
    let store = database::open(kind).await;
    let rpc = world.cluster.url.clone();
    for n in 0..LIVES {
        // It must happen that work is dropped half done, but not each time, or none is ever done.
        let flags: &[&str] = if n % 5 == 4 { &["--rebuild"] } else { &[] };
        let before = world.cluster.with(|c| c.calls.values().sum::<u64>());
        let process = Process::start(&store.url, &rpc, &world, flags);
        go_on(&mut world, token, &mut random);
        let calls = random.random_range(1..400);
        let until = tokio::time::Instant::now() + Duration::from_secs(2);
        eventually("the program calls", || async {
            let now = world.cluster.with(|c| c.calls.values().sum::<u64>());
            // One that is up to date calls seldom.
            (now >= before + calls || tokio::time::Instant::now() > until).then_some(())
        })
        .await;
        let delay = random.random_range(0..MAX_DELAY_MICROS);
        tokio::time::sleep(Duration::from_micros(delay)).await;
        drop(process);
        go_on(&mut world, token, &mut random);
    }
    let server = serve(&store.store, &world, |_| {}).await;
    caught_up(&store.store, &world).await;
    let stand = Stand {
        store,
        world,
        server,
    };
    eprintln!("seed {seed}");
    as_from_nothing(kind, &stand).await;
}
