//! What is told before anybody pays, and what is refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, told};
use crate::support::{
    database::{Kind, on_both_databases},
    facilitator::{ASSET, FEE_PAYER, NETWORK, PAY_TO},
    fmu,
    platform::Customer,
    server::{ManualClock, TestServer},
};

on_both_databases!(
    the_price,
    refused_orders,
    refused_units,
    not_configured,
    units_of_others
);

async fn the_price(kind: Kind) {
    let shop = Shop::open(kind).await;
    let unpaid = told(shop.simulate(&shop.job(0))).await;
    assert_eq!(unpaid.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(unpaid.body["code"], "payment_required");
    assert_eq!(unpaid.body["checkout"], Value::Null);
    // A cent, and ten thousandths of a tenth of one.
    assert_eq!(unpaid.body["priceNanoUsd"], "10010000");
    let required = STANDARD.decode(unpaid.header("payment-required")).unwrap();
    let required: Value = serde_json::from_slice(&required).unwrap();
    assert_eq!(required["x402Version"], 2);
    assert_eq!(required["resource"]["url"], "/api/simulate");
    let accepts = json!([{
        "scheme": "exact", "network": NETWORK, "amount": "10010", "asset": ASSET, "payTo": PAY_TO,
        "maxTimeoutSeconds": 60, "extra": { "feePayer": FEE_PAYER },
    }]);
    assert_eq!(required["accepts"], accepts);
    assert_eq!(shop.runs().await, 0);
}

async fn refused_orders(kind: Kind) {
    let shop = Shop::with(kind, |settings| settings.runs.max_steps = 100).await;
    let with = |name: &str, value: Value| {
        let mut job = shop.job(0);
        job[name] = value;
        told(shop.simulate(&job))
    };
    for (name, value, status, code) in [
        (
            "fmu",
            json!("fmu_00000000000000000000000000000000"),
            404,
            "unknown_fmu",
        ),
        ("fmu", json!("a\0b"), 404, "unknown_fmu"),
        ("startValues", json!({ "y": 1 }), 422, "unknown_variable"),
        ("startValues", json!({ "mode": 1.5 }), 422, "wrong_type"),
        ("outputs", json!(["y"]), 422, "unknown_variable"),
        ("stopTime", json!(-1), 422, "bad_time"),
        ("stepSize", json!(0), 422, "bad_time"),
        ("stepSize", json!(0.001), 422, "too_many_steps"),
        ("more", json!(1), 422, "invalid_body"),
    ] {
        let refused = with(name, value).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (status, &json!(code)),
            "{refused:?}"
        );
    }
    // What is no payment is told so, and what pays something else is not settled.
    let job = shop.job(0);
    let refused = told(shop.paid(&job, "nonsense")).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_payment"))
    );
    let payment = shop.payment(&job, "cheap").await;
    let mut cheap: Value = serde_json::from_slice(&STANDARD.decode(payment).unwrap()).unwrap();
    cheap["accepted"]["amount"] = json!("1");
    let refused = told(shop.paid(&job, &STANDARD.encode(cheap.to_string()))).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("payment_refused"))
    );
    assert_eq!((shop.facilitator.asked(), shop.runs().await), (0, 0));
}

async fn refused_units(kind: Kind) {
    let shop = Shop::open(kind).await;
    let upload = |body: Vec<u8>| told(shop.server.request(Method::POST, "/api/fmus").body(body));
    for (archive, code) in [
        (b"no archive".to_vec(), "bad_archive"),
        (
            fmu::zipped(&[("../modelDescription.xml", b"")]),
            "unsafe_path",
        ),
        (
            fmu::zipped(&[("modelDescription.xml", b"<a")]),
            "bad_description",
        ),
        (fmu::zipped(&[("bomb", &vec![0; 257 << 20])]), "too_large"),
    ] {
        let refused = upload(archive).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (422, &json!(code))
        );
    }
    let refused = upload(vec![0; (32 << 20) + 1]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let full = Shop::with(kind, |settings| settings.runs.max_stored_mib = 1).await;
    let upload = || {
        // Nothing that can be compressed.
        let filler: Vec<u8> = (0..20_000)
            .flat_map(|_| rand::random::<[u8; 32]>())
            .collect();
        let unit = fmu::with_file("resources/filler", &filler);
        told(full.server.request(Method::POST, "/api/fmus").body(unit))
    };
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(upload().await.status.as_u16());
    }
    assert_eq!(statuses, [201, 503, 503]);
    // What there is no room for is not on the disk either: the shop's first unit is, and the one that fits.
    let archives = std::fs::read_dir(full.dir.path().join("runs/fmus")).unwrap();
    assert_eq!(archives.count(), 2);
}

async fn not_configured(kind: Kind) {
    let store = crate::support::database::open(kind).await;
    let server = TestServer::start(&store.store, ManualClock::at(crate::ledger::NOW), |_| {}).await;
    for (method, path) in [
        (Method::POST, "/api/fmus"),
        (Method::GET, "/api/runs/run_1"),
        (Method::GET, "/api/runs/run_1/result.csv"),
    ] {
        let refused = told(server.request(method, path)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (503, &json!("not_configured"))
        );
    }
    // Runs without anybody who takes money.
    let shop = Shop::with(kind, |settings| settings.runs.facilitator_url = None).await;
    let refused = told(shop.simulate(&shop.job(0))).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (503, &json!("not_configured"))
    );
}

async fn units_of_others(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (ada, bob) = (
        Customer::new(&shop.server).await,
        Customer::new(&shop.server).await,
    );
    let upload = |who: &Customer| {
        told(
            who.request(&shop.server, Method::POST, "/api/fmus")
                .body(fmu::two()),
        )
    };
    let (first, again, other) = (upload(&ada).await, upload(&ada).await, upload(&bob).await);
    assert_eq!(first.body["id"], again.body["id"]);
    assert_ne!(first.body["id"], other.body["id"]);
    assert_eq!(first.body["sha256"], other.body["sha256"]);
    assert_eq!(first.body["expiresUnix"], Value::Null);
    let mut job = shop.job(0);
    job["fmu"] = first.body["id"].clone();
    let theirs = told(
        bob.request(&shop.server, Method::POST, "/api/simulate")
            .json(&job),
    )
    .await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    assert_eq!(
        told(shop.simulate(&job)).await.status,
        StatusCode::NOT_FOUND
    );
    // A key that may only read.
    let (key, _) = ada
        .create_key(
            &shop.server,
            &json!({ "name": "reads", "scopes": ["read"] }),
        )
        .await;
    let refused = told(shop.simulate(&job).bearer_auth(key)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (403, &json!("scope_missing"))
    );
    assert_eq!(
        told(shop.simulate(&job).bearer_auth("prmis_x"))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    // Without an account a unit goes after a day.
    shop.books.clock.set(crate::ledger::NOW + 86_401);
    assert_eq!(
        told(shop.simulate(&shop.job(0))).await.status,
        StatusCode::NOT_FOUND
    );
}
