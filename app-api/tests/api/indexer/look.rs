//! Accounts that are told together belong together, whenever they are asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Zeroable as _;
use primis_app_api::store::{AccountKind, AccountRow, Batch, PositionRow, Progress, Store};
use primis_vault_interface::{
    Layout as _,
    accounts::{Pool, Position, Vault},
    position_address,
};

use crate::support::{
    database::{self, Kind, on_both_databases},
    vault::{World, owner},
};

on_both_databases!(a_look_is_of_one_step);

/// The state after step `n`: every account says so in one of its numbers.
fn step(world: &World, n: u64) -> Batch {
    let mut batch = Batch {
        progress: Progress {
            version: n,
            slot: n,
            horizon_slot: n,
            accounts_slot: n,
            polled_at: 1,
            ..Progress::default()
        },
        ..Batch::default()
    };
    let vault = Vault {
        claimed_total_lamports: n,
        ..Vault::zeroed()
    };
    batch.accounts.push(AccountRow {
        address: world.name(),
        kind: AccountKind::Vault,
        data: vault.to_bytes(),
    });
    let pool = Pool {
        vault: world.address,
        claimed_total_lamports: n,
        ..Pool::zeroed()
    };
    batch.accounts.push(AccountRow {
        address: world.pool_address.to_string(),
        kind: AccountKind::Pool,
        data: pool.to_bytes(),
    });
    for staker in [owner(1), owner(2)] {
        let position = Position {
            pool: world.pool_address,
            owner: staker,
            claimed_total_lamports: n,
            units: 1,
            ..Position::zeroed()
        };
        batch.positions.push(PositionRow {
            address: position_address(&world.pool_address, &staker).to_string(),
            owner: staker.to_string(),
            units: 1,
            data: position.to_bytes(),
        });
    }
    batch
}

/// One task commits step after step, others look all the while.
async fn a_look_is_of_one_step(kind: Kind) {
    let world = World::new().await;
    let name = world.name();
    let opened = database::open(kind).await;
    let store: &Store = &opened.store;
    assert!(store.look(&name, None).await.unwrap().is_none());
    store.commit(&name, &step(&world, 0)).await.unwrap();

    let done = AtomicBool::new(false);
    let writer = async {
        for n in 1..=150 {
            store.commit(&name, &step(&world, n)).await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
    };
    let readers = (1..=4u8).map(|n| {
        let (name, done) = (&name, &done);
        async move {
            let mut seen = 0;
            // Two read all there is, two what changed since they looked last.
            let mut since = None;
            while !done.load(Ordering::Relaxed) {
                let look = store.look(name, since).await.unwrap().unwrap();
                // The version counts the first step too.
                let step = look.progress.version - 1;
                assert_eq!(look.progress.accounts_slot, step);
                assert_eq!(look.vault.claimed_total_lamports, step);
                assert_eq!(look.pools[0].1.claimed_total_lamports, step);
                let none_changed = since == Some(look.progress.version);
                assert_eq!(look.positions.len(), if none_changed { 0 } else { 2 });
                assert_eq!(look.whole, since.is_none());
                assert!(
                    look.positions.iter().all(|now| {
                        now.position
                            .is_some_and(|p| p.claimed_total_lamports == step)
                    }),
                    "{look:?}"
                );
                since = (n <= 2).then_some(look.progress.version);
                assert!(step >= seen, "a look goes back");
                seen = step;
            }
            seen
        }
    });
    let (seen, ()) = tokio::join!(futures_util::future::join_all(readers), writer);
    assert!(
        seen.iter().any(|step| *step > 0),
        "no reader saw a step: {seen:?}"
    );
}
