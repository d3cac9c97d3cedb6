//! `GET /api/yield/history`: stake and yield by day and by interval.

use primis_vault_interface::Source;
use serde_json::{Value, json};
use solana_address::Address;

use crate::support::{
    database::{self, Kind, on_both_databases},
    hermes,
    server::{ManualClock, TestServer},
    stand::{NEVER_SECONDS, Stand, caught_up, eventually},
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(
    no_stake_has_no_points,
    days_have_what_lay_in_them,
    intervals_have_both_sources,
    pages_go_on_where_the_last_ended,
    a_pool_alone,
    a_retired_pool_is_left_out_from_then_on,
    dollars_at_the_price_that_was_kept,
    what_cannot_be_asked,
);

const DAY: u64 = 86_400;
/// The vault was born at 22:13:20 of a day.
const FIRST_DAY: i64 = BORN - BORN % 86_400;

async fn series(stand: &Stand, query: &str) -> Value {
    stand.caught_up().await;
    stand
        .server
        .get_ok(&format!("/api/yield/history{query}"))
        .await
}

fn points(answer: &Value) -> &Vec<Value> {
    answer["points"].as_array().unwrap()
}

fn mint(n: u8) -> Address {
    Address::new_from_array([200 + n; 32])
}

async fn no_stake_has_no_points(kind: Kind) {
    let stand = Stand::new(kind).await;
    for by in ["", "?by=day", "?by=interval"] {
        let answer = series(&stand, by).await;
        assert_eq!(
            (&answer["points"], &answer["nextCursor"]),
            (&json!([]), &Value::Null)
        );
    }
    assert_eq!(series(&stand, "").await["by"], "day");
}

/// 100 SOL from 22:13:20 on; the next day at noon 100 more; yield in intervals of a quarter of a day.
async fn days_have_what_lay_in_them(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    let to_midnight = u64::try_from(FIRST_DAY + 86_400 - BORN).unwrap();
    stand.world.pass(to_midnight);
    stand.world.distribute(2 * SOL / 100);
    for quarter in 0..5 {
        stand.world.pass(DAY / 4);
        if quarter == 1 {
            stand.world.deposit(&owner(2), 100 * SOL);
        }
        stand.world.distribute(4 * SOL / 100);
    }
    let answer = series(&stand, "").await;
    let points = points(&answer);
    assert_eq!(points.len(), 3);
    // The day that runs, six hours old.
    let (today, day, first) = (&points[0], &points[1], &points[2]);
    assert_eq!(
        (&today["fromUnix"], &today["toUnix"]),
        (
            &json!(FIRST_DAY + 2 * 86_400),
            &json!(FIRST_DAY + 2 * 86_400 + 21_600)
        )
    );
    assert_eq!(today["stakersLamports"], "20000000");
    // 0.02 SOL in a quarter of a day on 200: 0.04 % a day.
    assert_eq!(today["computeAprPercent"], 14.61);
    assert_eq!(today["distributionCount"], 1);
    assert_eq!(today["cumulativeStakersLamports"], "110000000");

    assert_eq!(
        (&day["fromUnix"], &day["toUnix"]),
        (&json!(FIRST_DAY + 86_400), &json!(FIRST_DAY + 2 * 86_400))
    );
    assert_eq!(day["tvlLamports"], (200 * SOL).to_string());
    assert_eq!(day["stakersLamports"], "80000000");
    assert_eq!(day["computeStakersLamports"], "80000000");
    assert_eq!(day["baseStakersLamports"], Value::Null);
    assert_eq!(day["cumulativeStakersLamports"], "90000000");
    assert_eq!(day["fundedLamports"], "160000000");
    assert_eq!(day["distributionCount"], 4);
    // On 150 SOL on average.
    assert_eq!(day["aprPercent"], 19.48);
    assert_eq!(day["usd"], Value::Null);

    assert_eq!(first["fromUnix"], FIRST_DAY);
    assert_eq!(first["stakersLamports"], "10000000");
    assert_eq!(first["tvlLamports"], (100 * SOL).to_string());
    assert_eq!(first["distributionCount"], 1);
}

/// Base staking gives once a day; its part of an interval is what its own interval gives evenly.
async fn intervals_have_both_sources(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    for hour in 0..24 {
        stand.world.pass(3_600);
        if hour == 23 {
            stand.world.distribute_from(Source::Staking, 24 * SOL / 70);
        }
        stand.world.distribute(2 * SOL / 100);
    }
    let answer = series(&stand, "?by=interval&limit=200").await;
    assert_eq!(answer["by"], "interval");
    let points = points(&answer);
    assert_eq!(points.len(), 24);
    for (n, point) in points.iter().rev().enumerate() {
        let from = BORN + 3_600 * i64::try_from(n).unwrap();
        assert_eq!(point["fromUnix"], from);
        assert_eq!(point["toUnix"], from + 3_600);
        assert_eq!(point["computeStakersLamports"], "10000000");
        let base: u64 = point["baseStakersLamports"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((9_999_998..=10_000_000).contains(&base), "{base}");
        // 0.01 SOL an hour on 100 is 0.01 % an hour.
        assert_eq!(point["computeAprPercent"], 87.66);
        assert_eq!(
            point["distributionCount"],
            if n == 23 { 2 } else { 1 },
            "{n}"
        );
    }
    // Only base staking: its intervals are those there are.
    let mut base = Stand::new(kind).await;
    base.world.deposit(&owner(1), 100 * SOL);
    base.world.pass(DAY);
    base.world.distribute_from(Source::Staking, SOL);
    let answer = series(&base, "?by=interval").await;
    let point = &answer["points"][0];
    assert_eq!(
        (
            &point["baseStakersLamports"],
            &point["computeStakersLamports"]
        ),
        (&json!("700000000"), &Value::Null)
    );
}

async fn pages_go_on_where_the_last_ended(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    stand.world.deposit(&owner(1), 100 * SOL);
    for _ in 0..23 {
        stand.world.pass(DAY / 2);
        stand.world.distribute(SOL);
    }
    for by in ["day", "interval"] {
        let all = series(&stand, &format!("?by={by}&limit=200")).await;
        assert_eq!(all["nextCursor"], Value::Null, "{by}");
        let mut paged = Vec::new();
        let mut query = format!("?by={by}&limit=5");
        loop {
            let page = series(&stand, &query).await;
            paged.extend(points(&page).clone());
            let Some(cursor) = page["nextCursor"].as_str() else {
                break;
            };
            query = format!("?by={by}&limit=5&cursor={cursor}");
        }
        assert_eq!(&paged, points(&all), "{by}");
        assert_eq!(paged.len(), if by == "day" { 13 } else { 23 });
    }
}

/// 100 SOL and tokens worth 300: each is told its own part, and earns at the same rate from compute.
async fn a_pool_alone(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let token = stand.world.add_token_pool(mint(1));
    let world = &mut stand.world;
    world.refresh_price(token, 1_500_000_000);
    world.deposit(&owner(1), 100 * SOL);
    world.deposit_tokens(token, &owner(2), 200 * SOL);
    world.pass(DAY);
    world.distribute(8 * SOL / 10);
    world.distribute_from(Source::Staking, SOL);
    let mint = mint(1).to_string();
    let address = stand.world.tokens[token].0.to_string();
    for (name, stakers, base, tvl, apr_percent) in [
        ("SOL", "800000000", json!("700000000"), 100, 292.2),
        (mint.as_str(), "300000000", Value::Null, 300, 36.53),
        (address.as_str(), "300000000", Value::Null, 300, 36.53),
    ] {
        let answer = series(&stand, &format!("?by=interval&pool={name}")).await;
        let point = &answer["points"][0];
        assert_eq!(point["stakersLamports"], stakers, "{name}");
        assert_eq!(point["baseStakersLamports"], base, "{name}");
        assert_eq!(point["tvlLamports"], (tvl * SOL).to_string(), "{name}");
        assert_eq!(point["aprPercent"], apr_percent, "{name}");
        assert_eq!(point["computeAprPercent"], 36.53, "{name}");
        assert_eq!(point["fundedLamports"], Value::Null, "{name}");
    }
    // The same in the pools' rows, by window.
    let rows = stand.server.get_ok("/api/pools").await["pools"].clone();
    for window in ["24h", "7d", "30d", "all"] {
        assert_eq!(
            rows[0]["realisedAprPercent"][window],
            json!({ "base": 255.68, "compute": 36.53, "total": 292.2 })
        );
        assert_eq!(
            rows[1]["realisedAprPercent"][window],
            json!({ "base": null, "compute": 36.53, "total": 36.53 })
        );
    }
    assert_eq!(
        (&rows[0]["symbol"], &rows[1]["symbol"]),
        (&json!("SOL"), &Value::Null)
    );
}

/// 100 SOL and as much in tokens; after a day the tokens' pool is retired. From then on the yield is of
/// the SOL alone.
async fn a_retired_pool_is_left_out_from_then_on(kind: Kind) {
    let mut stand = Stand::new(kind).await;
    let token = stand.world.add_token_pool(mint(1));
    let world = &mut stand.world;
    world.refresh_price(token, 1_000_000_000);
    world.deposit(&owner(1), 100 * SOL);
    world.deposit_tokens(token, &owner(2), 100 * SOL);
    world.pass(DAY);
    world.distribute(SOL / 5);
    world.retire(token);
    world.tokens[token].1.status = 2;
    world.pass(DAY);
    world.distribute_to_sol(SOL / 5);
    let answer = series(&stand, "?by=interval").await;
    let told: Vec<_> = points(&answer)
        .iter()
        .map(|p| (p["computeAprPercent"].clone(), p["tvlLamports"].clone()))
        .collect();
    let all = json!((200 * SOL).to_string());
    assert_eq!(
        told,
        [(json!(36.53), all.clone()), (json!(18.26), all)],
        "0.1 SOL on 100, after 0.1 SOL on 200"
    );
    let stats = stand.server.get_ok("/api/yield/stats").await;
    assert_eq!(stats["realised"]["24h"]["compute"]["aprPercent"], 36.53);
    assert_eq!(
        stats["realised"]["24h"]["averageStakeLamports"],
        (100 * SOL).to_string()
    );
    let rows = stand.server.get_ok("/api/pools").await["pools"].clone();
    // It was given nothing after it was retired, and nothing is expected to be.
    assert_eq!(rows[1]["realisedAprPercent"]["24h"]["compute"], Value::Null);
    assert_eq!(rows[1]["realisedAprPercent"]["all"]["compute"], 18.26);
}

/// What is indexed as it happens has the price of that moment; what is read later has none, and a
/// rebuild keeps what there is.
async fn dollars_at_the_price_that_was_kept(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 10 * SOL);
    world.pass(600);
    // Long ago when the server starts.
    world.distribute(2 * SOL);
    world.pass(600);
    let now = BORN + 1_200;
    let price = hermes::serve(150, now - 3).await;
    let store = database::open(kind).await;
    let (rpc_url, vault) = (world.cluster.url.clone(), world.name());
    let server = TestServer::start(&store.store, ManualClock::at(now), |settings| {
        settings.chain.rpc_url = rpc_url;
        settings.chain.vault = Some(vault);
        settings.indexer.refresh_seconds = NEVER_SECONDS;
        settings.price = Some(price);
    })
    .await;
    caught_up(&store.store, &world).await;
    world.distribute(2 * SOL);
    caught_up(&store.store, &world).await;
    let stand = Stand {
        store,
        world,
        server,
    };
    let expected = json!({
        "nanoUsdPerSol": "150000000000", "pricedAtUnix": now - 3,
        "tvlNanoUsd": "1500000000000", "stakersNanoUsd": "150000000000",
    });
    let points = eventually("the price is kept", || async {
        let answer = series(&stand, "?by=interval").await;
        let points = points(&answer).clone();
        (points[0]["usd"] != Value::Null).then_some(points)
    })
    .await;
    assert_eq!(
        (&points[0]["usd"], &points[1]["usd"]),
        (&expected, &Value::Null)
    );

    let name = stand.world.name();
    stand.store.store.forget(&name).await.unwrap();
    eventually("all is read again", || async {
        let progress = stand.store.store.progress(&name).await.unwrap();
        (progress.polled_at > 0).then_some(())
    })
    .await;
    let again = series(&stand, "?by=interval").await;
    assert_eq!(self::points(&again), &points);
}

async fn what_cannot_be_asked(kind: Kind) {
    let stand = Stand::new(kind).await;
    stand.caught_up().await;
    for (query, status, code) in [
        ("by=week", 400, "invalid_query"),
        ("limit=0", 400, "invalid_limit"),
        ("limit=201", 400, "invalid_limit"),
        ("limit=x", 400, "invalid_query"),
        ("cursor=x", 400, "invalid_cursor"),
        ("cursor=1.5", 400, "invalid_cursor"),
        ("since=1", 400, "invalid_query"),
        ("pool=nonsense", 404, "unknown_pool"),
        ("cursor=-9223372036854775808", 200, ""),
        ("cursor=9223372036854775807", 200, ""),
        ("by=interval&cursor=-9223372036854775808", 200, ""),
    ] {
        let (got, body) = stand
            .server
            .get(&format!("/api/yield/history?{query}"))
            .await;
        assert_eq!(got.as_u16(), status, "{query}: {body}");
        assert_eq!(body["code"].as_str().unwrap_or_default(), code, "{query}");
    }
}
