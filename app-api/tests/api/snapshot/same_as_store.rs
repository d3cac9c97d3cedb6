//! Whatever is committed, the snapshot is what the store holds: for the process that commits at once,
//! for another one soon.

use std::{collections::BTreeMap, sync::Arc};

use bytemuck::Zeroable as _;
use primis_app_api::{
    snapshot::{Snapshot, Snapshots},
    store::{AccountKind, AccountRow, Batch, PositionRow, Progress, Store},
};
use primis_vault_interface::{
    Layout as _, NATIVE_MINT,
    accounts::{Pool, Position, Vault},
    pool_address, position_address, vault_address,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use solana_address::Address;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::support::{
    database::{self, Kind, on_both_databases},
    stand::eventually,
    vault::owner,
};

on_both_databases!(the_snapshot_is_the_store);

/// An owner, one of two pools, and units.
type Stake = (u8, bool, u64);

/// What the indexer may commit.
#[derive(Clone, Debug)]
enum Step {
    /// Nothing of the positions.
    Look,
    /// Positions that were touched: units, or closed.
    Touched(Vec<(Stake, bool)>),
    /// All that there are, as after a reorganisation or a missed log.
    Everything(Vec<Stake>),
    /// `--rebuild`.
    Forget,
}

fn stake() -> impl Strategy<Value = Stake> {
    (1..8u8, any::<bool>(), 0..3u64)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Look),
        6 => vec((stake(), any::<bool>()), 1..4).prop_map(Step::Touched),
        2 => vec(stake(), 0..10).prop_map(Step::Everything),
        1 => Just(Step::Forget),
    ]
}

/// What the store must hold, kept apart from it.
#[derive(Default)]
struct Model {
    positions: BTreeMap<Address, Position>,
    version: u64,
    complete: bool,
}

fn pools() -> [Address; 2] {
    let vault = vault_address(1);
    [
        pool_address(&vault, &NATIVE_MINT),
        pool_address(&vault, &owner(200)),
    ]
}

impl Model {
    fn row(&self, (of, second, units): Stake) -> (Address, PositionRow, Position) {
        let pool = pools()[usize::from(second)];
        let address = position_address(&pool, &owner(of));
        let position = Position {
            pool,
            owner: owner(of),
            units,
            claimed_total_lamports: self.version,
            ..Position::zeroed()
        };
        let row = PositionRow {
            address: address.to_string(),
            owner: owner(of).to_string(),
            units,
            data: position.to_bytes(),
        };
        (address, row, position)
    }

    async fn take(&mut self, store: &Store, step: &Step) {
        let vault = vault_address(1);
        let mut batch = Batch {
            progress: Progress {
                version: self.version,
                accounts_slot: self.version,
                polled_at: 1,
                ..Progress::default()
            },
            accounts: vec![AccountRow {
                address: vault.to_string(),
                kind: AccountKind::Vault,
                data: Vault {
                    claimed_total_lamports: self.version,
                    ..Vault::zeroed()
                }
                .to_bytes(),
            }],
            ..Batch::default()
        };
        for (index, pool) in (0u8..).zip(pools()) {
            batch.accounts.push(AccountRow {
                address: pool.to_string(),
                kind: AccountKind::Pool,
                data: Pool {
                    vault,
                    index,
                    ..Pool::zeroed()
                }
                .to_bytes(),
            });
        }
        match step {
            Step::Forget => {
                store.forget(&vault.to_string()).await.unwrap();
                self.positions.clear();
                // There is nothing to rise before the first step.
                self.version += u64::from(self.version > 0);
                self.complete = false;
                return;
            }
            Step::Look => {}
            Step::Touched(stakes) => {
                let stakes: BTreeMap<_, _> = stakes
                    .iter()
                    .map(|(stake, closes)| ((stake.0, stake.1), (*stake, *closes)))
                    .collect();
                for (stake, closes) in stakes.into_values() {
                    let (address, row, position) = self.row(stake);
                    if closes {
                        batch.closed_positions.push(row.address);
                        self.positions.remove(&address);
                    } else {
                        batch.positions.push(row);
                        self.positions.insert(address, position);
                    }
                }
            }
            Step::Everything(stakes) => {
                batch.replaces_positions = true;
                let stakes: BTreeMap<_, _> = stakes.iter().map(|s| ((s.0, s.1), *s)).collect();
                let before = std::mem::take(&mut self.positions);
                for stake in stakes.into_values() {
                    let (address, mut row, mut position) = self.row(stake);
                    // Most of what is read again is as it was.
                    if let Some(known) = before.get(&address).filter(|_| stake.2 > 0) {
                        position = *known;
                        row.data = position.to_bytes();
                        row.units = position.units;
                    }
                    batch.positions.push(row);
                    self.positions.insert(address, position);
                }
            }
        }
        store.commit(&vault.to_string(), &batch).await.unwrap();
        self.version += 1;
        self.complete = true;
    }

    fn assert_is(&self, snapshot: &Snapshot) {
        assert_eq!(snapshot.progress.version, self.version);
        assert_eq!(snapshot.vault.claimed_total_lamports, self.version - 1);
        let held: BTreeMap<Address, Position> = snapshot
            .positions()
            .map(|(address, position)| (*address, *position))
            .collect();
        assert_eq!(held, self.positions);
        for n in 0..8 {
            let of: Vec<Address> = snapshot
                .positions_of(&owner(n))
                .map(|(address, _)| *address)
                .collect();
            let theirs = |p: &&Position| p.owner == owner(n);
            assert_eq!(of.len(), self.positions.values().filter(theirs).count());
        }
        let stakers: std::collections::BTreeSet<Address> = self
            .positions
            .values()
            .filter(|p| p.units > 0)
            .map(|p| p.owner)
            .collect();
        assert_eq!(snapshot.staker_count(), stakers.len() as u64);
    }
}

fn follow(store: &Store, stop: &CancellationToken) -> Arc<Snapshots> {
    let snapshots = Arc::new(Snapshots::default());
    let (following, store, stop) = (Arc::clone(&snapshots), store.clone(), stop.clone());
    tokio::spawn(async move {
        following
            .follow(&store, &vault_address(1).to_string(), stop)
            .await;
    });
    snapshots
}

async fn play(kind: Kind, steps: &[Step]) {
    let here = database::open(kind).await;
    let there = Store::open(&here.url, 2).await.unwrap();
    let stop = CancellationToken::new();
    let mine = follow(&here.store, &stop);
    let other = follow(&there, &stop);
    let mut model = Model::default();
    for (n, step) in steps.iter().enumerate() {
        model.take(&here.store, step).await;
        match mine.newest(&here.store).await {
            Ok(snapshot) => model.assert_is(&snapshot),
            Err(_) => assert!(!model.complete, "{step:?} is not told"),
        }
        // Whoever reads all of it, or what changed, sees the same.
        if n % 4 == 3 || n + 1 == steps.len() {
            let snapshot = eventually("the other process has seen it", || async {
                match other.newest(&there).await {
                    Ok(snapshot) => {
                        (snapshot.progress.version == model.version).then_some(Some(snapshot))
                    }
                    Err(_) => (!model.complete).then_some(None),
                }
            })
            .await;
            if let Some(snapshot) = snapshot {
                model.assert_is(&snapshot);
            }
        }
    }
    stop.cancel();
    there.close().await;
}

async fn the_snapshot_is_the_store(kind: Kind) {
    let mut runner = TestRunner::new(Config {
        cases: 10,
        // A store is not gone back in cheaply.
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Config::default()
    });
    tokio::task::block_in_place(|| {
        runner
            .run(&vec(step(), 1..24), |steps| {
                Handle::current().block_on(play(kind, &steps));
                Ok(())
            })
            .unwrap();
    });
}
