//! Ten thousand requests of two hundred clients, at two processes of the server on one PostgreSQL, of which
//! one is killed and another started: clients hang up, upstreams stall, break off and fail, payments arrive
//! twice, late and in any order. In the end nobody has less than nothing, every answer of an upstream is
//! billed exactly once or marked estimated, the books balance, and the keeper is told what they hold.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says by panicking that something is not as it must be"
)]
#![expect(unused_macros, reason = "one of `support` is for the other tests")]

mod clients;
mod facts;
mod plan;
mod servers;
#[path = "../api/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "most of it is for the other tests"
)]
mod support;
mod tampered;
mod verdict;
mod watch;
mod webhooks;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use primis_app_api::{
    clock::SystemClock,
    platform::ledger::{Book, Ledger, Posting, Reported, Short},
    store::Store,
};
use rand::{SeedableRng as _, rngs::StdRng};
use sqlx::PgPool;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use clients::{Customer, World, client};
use facts::Facts;
use plan::{ACCOUNTS, Purse, REQUESTS, purse};
use servers::{FORGOTTEN_SECONDS, GRACE_SECONDS, LONGEST_SECONDS, Servers};
use support::{postgres, stripe::Stripe, upstream::Upstream};

/// A dollar.
const USD: i64 = 1_000_000_000;
/// What the pool that makes prices lower has: it lasts for a part of the run.
const SUBSIDY: i64 = 40_000_000;
/// Longest wait for the last holds to be ended, beyond the time in which they are forgotten.
const RECONCILED: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_are_billed_once() {
    let seed = plan::seed();
    eprintln!("PRIMIS_STORM_SEED={seed} makes the same requests again");
    let began = Instant::now();
    let dir = tempfile::tempdir().unwrap();
    let database = postgres::new_database(false).await;
    let store = Store::open(&database, 2).await.unwrap();
    let (first, second) = (Upstream::start().await, Upstream::start().await);
    let stripe = Stripe::start(webhooks::now()).await;
    let servers = Servers::start(&database, [&first, &second], &stripe.url, dir.path());
    let customers = customers(&servers).await;
    let funded = fund(&store, &customers).await;
    let (events, sent) = mpsc::unbounded_channel();
    let world = Arc::new(World {
        servers,
        stripe,
        customers,
        tally: Mutex::default(),
        asked: 0.into(),
        events,
    });
    eprintln!("prepared in {:?}", began.elapsed());

    let pool = PgPool::connect(&database).await.unwrap();
    let stop = CancellationToken::new();
    let books = tokio::spawn(watch::books(pool.clone(), stop.clone()));
    let from = webhooks::now();
    let reports = tokio::spawn(watch::revenue(Arc::clone(&world), from, stop.clone()));
    let paid = CancellationToken::new();
    let webhooks = webhooks::deliver(Arc::clone(&world), seed, sent, paid.clone());
    let webhooks = tokio::spawn(webhooks);
    let killed = tokio::spawn(kill_and_start(Arc::clone(&world)));

    let plan = plan::requests(seed);
    let mut clients = JoinSet::new();
    let storm = Instant::now();
    for (number, requests) in plan.iter().cloned().enumerate() {
        let world = Arc::clone(&world);
        let random = StdRng::seed_from_u64(seed ^ (number as u64) << 32);
        clients.spawn(async move { world.client(random, &requests).await });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    eprintln!("{REQUESTS} requests in {:?}", storm.elapsed());
    let killed = killed.await.unwrap();
    paid.cancel();
    webhooks.await.unwrap();
    reconciled(&pool).await;
    stop.cancel();
    let looks = books.await.unwrap();
    let (end, parts) = reports.await.unwrap();
    eprintln!(
        "reconciled after {:?}, {looks} looks at the books",
        storm.elapsed()
    );

    let reports = told(&world, from, end, parts).await;
    let requests: BTreeMap<usize, plan::Request> = plan
        .into_iter()
        .flatten()
        .filter(|request| request.sku().is_some())
        .map(|request| (request.number, request))
        .collect();
    let mut facts = Facts {
        skus: requests
            .values()
            .map(|r| (r.sku().unwrap(), r.number))
            .collect(),
        requests,
        accounts: world.customers.iter().map(|c| c.account.clone()).collect(),
        funded,
        tally: std::mem::take(&mut *world.tally.lock().unwrap()),
        asks: BTreeMap::new(),
        given: BTreeMap::new(),
        billed: BTreeMap::new(),
        lines: Vec::new(),
        holds: BTreeMap::new(),
        entries: Vec::new(),
        balances: BTreeMap::new(),
        metered: BTreeMap::new(),
        killed,
        reports,
    };
    facts.upstream("first", &first);
    facts.upstream("second", &second);
    facts.database(&pool).await;
    print(&facts, &world.servers);
    let wrong = verdict::verdict(&facts);
    assert!(
        wrong.is_empty(),
        "seed {seed}: {} things are wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    happened(&facts);
    tampered::is_noticed(&facts);
}

/// Signs them up, some at each process.
async fn customers(servers: &Servers) -> Vec<Customer> {
    let (http, places) = (client(), servers.all());
    let joining = (0..ACCOUNTS).map(|n| Customer::new(&http, &places[n % 2].base, n));
    futures_util::future::join_all(joining).await
}

/// Gives half of them money, and the pool some; what each has then.
async fn fund(store: &Store, customers: &[Customer]) -> Vec<i64> {
    let longest = Duration::from_secs(10);
    let ledger = Ledger::new(store.clone(), Arc::new(SystemClock), longest);
    let post = async |id: String, from: Book, to: Book, amount: i64| {
        let posting = Posting {
            id,
            kind: "top_up",
            entries: vec![(from, amount), (to, -amount)],
            short: Short::Refuse,
            reported: Reported::default(),
            reference: "{}".into(),
        };
        ledger.post(posting).await.unwrap();
    };
    post("test:subsidy".into(), Book::Vault, Book::Subsidy, SUBSIDY).await;
    let mut funded = Vec::new();
    for (number, customer) in customers.iter().enumerate() {
        let amount = match purse(number) {
            Purse::Full => 50 * USD,
            // Some answers, and a few holds at the same time.
            Purse::Small => USD * (4 + i64::try_from(number).unwrap()) / 1_000,
            Purse::Later | Purse::Empty => 0,
        };
        if amount > 0 {
            let to = Book::Customer(customer.account.clone());
            post(format!("test:{number}"), Book::Stripe, to, amount).await;
        }
        funded.push(amount);
    }
    funded
}

/// Kills a process in the middle, and starts another later; which was killed.
async fn kill_and_start(world: Arc<World>) -> usize {
    let asked = async |share: usize| {
        while world.asked.load(Ordering::SeqCst) < REQUESTS * share / 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    asked(40).await;
    let killed = world.servers.kill();
    asked(60).await;
    let servers = Arc::clone(&world);
    let adding = tokio::task::spawn_blocking(move || servers.servers.add());
    adding.await.unwrap();
    killed
}

/// Waits until every hold has ended.
async fn reconciled(pool: &PgPool) {
    let began = Instant::now();
    let longest = RECONCILED + Duration::from_secs(LONGEST_SECONDS * 2 + FORGOTTEN_SECONDS);
    loop {
        let (held,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM holds WHERE state = 'held'")
            .fetch_one(pool)
            .await
            .unwrap();
        if held == 0 {
            return;
        }
        assert!(began.elapsed() < longest, "{held} holds did not end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The report of all the time, by each of the processes, and of the windows up to `end` and the rest.
async fn told(world: &World, from: i64, end: i64, parts: [i64; 5]) -> Vec<[i64; 5]> {
    let to = webhooks::now() + 1;
    while webhooks::now() <= to + GRACE_SECONDS {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut reports = Vec::new();
    for place in world.servers.all() {
        let rest = watch::report(&place.base, end, to).await.unwrap();
        reports.push(std::array::from_fn(|n| parts[n] + rest[n]));
        reports.push(watch::report(&place.base, from, to).await.unwrap());
    }
    reports
}

/// What happened, for whoever reads along.
fn print(facts: &Facts, servers: &Servers) {
    for (what, count) in &facts.tally.counts {
        eprintln!("{count:>6} {what}");
    }
    let lines = |of: fn(&facts::Line) -> bool| facts.lines.iter().filter(|l| of(l)).count();
    let asks: usize = facts.asks.values().map(Vec::len).sum();
    let killed = facts.lines.iter().filter(|l| facts.is_of_killed(&l.id));
    let of_long = killed.clone().filter(|l| l.sku.ends_with("/long"));
    eprintln!(
        "{asks} requests of upstreams, {} answers billed by them; {} lines, {} of them estimated, {} with a loss, \
         {} subsidised, {} of the killed process, of these {} of long answers and {} of them exact; {} holds; {} entries; report {:?}; {} lines of errors logged",
        facts.billed.len(),
        facts.lines.len(),
        lines(|l| l.estimated),
        lines(|l| l.loss > 0),
        lines(|l| l.discount > 0),
        killed.count(),
        of_long.clone().count(),
        of_long.filter(|l| !l.estimated).count(),
        facts.holds.len(),
        facts.entries.len(),
        facts.reports[0],
        servers.logged("ERROR"),
    );
}

/// The run was as rough as it was meant to be: else it shows nothing.
fn happened(facts: &Facts) {
    let count = |what: &str| facts.tally.counts.get(what).copied().unwrap_or(0);
    for (what, least) in [
        ("complete", REQUESTS / 10),
        ("402 insufficient_balance", REQUESTS / 20),
        ("left", REQUESTS / 50),
        ("broken", REQUESTS / 100),
        ("502 upstream_lost", 1),
        ("metered", REQUESTS / 50),
        ("paid", REQUESTS / 500),
        ("webhooks", REQUESTS / 200),
        ("forged webhooks", 1),
        ("/api/billing 200", REQUESTS / 50),
    ] {
        assert!(count(what) >= least, "{what}: {}", count(what));
    }
    assert!(
        count("lost") > 0,
        "nobody noticed that a process was killed"
    );
    let estimated = facts.lines.iter().filter(|line| line.estimated);
    let of_killed = estimated.clone().filter(|l| facts.is_of_killed(&l.id));
    assert!(estimated.count() > 0 && of_killed.count() > 0);
    assert!(facts.lines.iter().any(|line| line.discount > 0));
    assert!(facts.lines.iter().any(|line| line.discount == 0));
    assert!(facts.lines.iter().any(|line| line.loss > 0));
}
