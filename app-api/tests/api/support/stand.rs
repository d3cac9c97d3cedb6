//! A vault, a store, and a server that follows the one into the other.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use primis_app_api::{config::Settings, store::Store};
use serde_json::Value;

use super::{
    database::{self, Kind, TestStore},
    server::{ManualClock, TestServer},
    vault::{BORN, World},
};

/// Longest wait for a condition; nothing here takes a tenth of it on an idle machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at a condition.
const GLANCE: Duration = Duration::from_millis(10);
/// A refresh that does not come by itself within a test.
pub const NEVER_SECONDS: u64 = 86_400;
/// A refresh with every look.
pub const ALWAYS_SECONDS: u64 = 0;

/// Waits until `look` finds something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// Waits until a look at the chain that began after this call is complete.
pub async fn caught_up(store: &Store, world: &World) {
    // A slot that was open until now, so that no look before this call can have seen it.
    let slot = world.cluster.with(|c| {
        c.slot += 1;
        c.confirmed_slot()
    });
    let name = world.name();
    eventually("the indexer catches up", || async {
        (store.progress(&name).await.unwrap().horizon_slot >= slot).then_some(())
    })
    .await;
}

/// The usual setting of a test.
pub struct Stand {
    pub store: TestStore,
    pub world: World,
    pub server: TestServer,
}

impl Stand {
    /// Follows a new vault, and has looked at it once.
    pub async fn new(kind: Kind) -> Self {
        let stand = Self::with(kind, World::new().await, |_| {}).await;
        stand.caught_up().await;
        stand
    }

    /// Follows `world` with the settings as `change` leaves them.
    pub async fn with(kind: Kind, world: World, change: impl FnOnce(&mut Settings)) -> Self {
        let store = database::open(kind).await;
        let server = serve(&store.store, &world, change).await;
        Self {
            store,
            world,
            server,
        }
    }

    /// Waits until everything the world did so far was read.
    pub async fn caught_up(&self) {
        caught_up(&self.store.store, &self.world).await;
    }

    /// Stops the server and starts another on what it stored.
    pub async fn restart(self) -> Self {
        let Self {
            store,
            world,
            server,
        } = self;
        server.stop().await;
        let server = serve(&store.store, &world, |_| {}).await;
        Self {
            store,
            world,
            server,
        }
    }
}

/// A server on `store` that follows `world`.
pub async fn serve(store: &Store, world: &World, change: impl FnOnce(&mut Settings)) -> TestServer {
    let (rpc_url, vault) = (world.cluster.url.clone(), world.name());
    TestServer::start(store, ManualClock::at(BORN), |settings| {
        settings.chain.rpc_url = rpc_url;
        settings.chain.vault = Some(vault);
        settings.indexer.refresh_seconds = NEVER_SECONDS;
        change(settings);
    })
    .await
}

/// What the server tells about the vault and these wallets; what depends on when it looked is left
/// out.
pub async fn told(server: &TestServer, wallets: &[solana_address::Address]) -> Vec<Value> {
    let mut paths = vec![
        "/api/stats".to_owned(),
        "/api/yield/stats".to_owned(),
        "/api/yield/distributions?limit=200".to_owned(),
    ];
    for wallet in wallets {
        paths.push(format!("/api/positions/{wallet}"));
    }
    let mut answers = Vec::new();
    for path in paths {
        let mut answer = server.get_ok(&path).await;
        answer.as_object_mut().unwrap().remove("asOfSlot");
        answers.push(answer);
    }
    answers
}

/// The oracle of every disturbance: an indexer that starts from nothing and is not disturbed tells
/// the same about the world as `server` does.
pub async fn same_as_from_nothing(
    kind: Kind,
    server: &TestServer,
    world: &World,
    wallets: &[solana_address::Address],
) {
    let fresh = database::open(kind).await;
    let undisturbed = serve(&fresh.store, world, |_| {}).await;
    caught_up(&fresh.store, world).await;
    assert_eq!(
        told(server, wallets).await,
        told(&undisturbed, wallets).await
    );
    undisturbed.stop().await;
}
