//! The Hermes client against a server that answers as Hermes does, and as it should not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use primis_price::{Hermes, HermesConfig, PriceError, SolUsd};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

/// Pyth's SOL/USD feed.
const FEED: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const NOW: i64 = 1_700_000_010;

fn config(url: &str) -> HermesConfig {
    HermesConfig {
        url: url.into(),
        api_key: None,
        feed_id: FEED.into(),
        max_age_seconds: 60,
        max_confidence_bps: 100,
    }
}

fn answer(id: &str, price: &str, conf: &str, publish_time: i64) -> Value {
    let price = json!({"price": price, "conf": conf, "expo": -8, "publish_time": publish_time});
    json!({
        "binary": {"encoding": "hex", "data": ["504e4155"]},
        "parsed": [{
            "id": id, "price": price, "ema_price": price,
            "metadata": {"slot": 1, "proof_available_time": publish_time + 1, "prev_publish_time": publish_time - 1},
        }],
    })
}

async fn serve(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v2/updates/price/latest"))
        .and(query_param("ids[]", FEED))
        .and(query_param("parsed", "true"))
        .and(query_param("encoding", "hex"))
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

async fn ask(response: ResponseTemplate) -> Result<SolUsd, PriceError> {
    let server = serve(response).await;
    Hermes::new(config(&server.uri()))?.sol_usd(NOW).await
}

async fn ask_cross_checked(body: Value) -> Result<SolUsd, PriceError> {
    let server = serve(ok(body)).await;
    let hermes = Hermes::new(config(&server.uri()))?;
    hermes.cross_checking().sol_usd(NOW).await
}

/// A binary update of one price, as Pyth's own crate would write it (see `tests/pyth`).
fn update(feed: &str, price: i64, conf: u64, expo: i32, publish_time: i64) -> Vec<u8> {
    let message = [
        &[0][..],
        &hex::decode(feed).unwrap(),
        &price.to_be_bytes(),
        &conf.to_be_bytes(),
        &expo.to_be_bytes(),
        &publish_time.to_be_bytes(),
        &[0xee; 24],
    ]
    .concat();
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    let head = [
        &b"PNAU"[..],
        &[1, 0, 2, 0x11, 0x22, 0],
        &[0, 3, 0xdd, 0xdd, 0xdd],
    ]
    .concat();
    [&head, &[1][..], &length, &message, &[2], &[0xaa; 40]].concat()
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn a_good_answer_is_a_price() {
    let got = ask(ok(answer(FEED, "15000000000", "5000000", NOW - 10)))
        .await
        .unwrap();
    assert_eq!(
        got,
        SolUsd {
            nano_usd_per_sol: 150_000_000_000,
            confidence_nano_usd: 50_000_000,
            published_at: NOW - 10
        }
    );
}

#[tokio::test]
async fn the_feed_is_compared_as_bytes() {
    let upper = format!("0x{}", FEED.to_uppercase());
    assert!(
        ask(ok(answer(&upper, "15000000000", "0", NOW)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_key_is_sent_and_a_path_in_the_address_is_kept() {
    let server = MockServer::start().await;
    Mock::given(path("/pyth/v2/updates/price/latest"))
        .and(header("authorization", "Bearer s3cret"))
        .respond_with(ok(answer(FEED, "15000000000", "0", NOW)))
        .mount(&server)
        .await;
    let config = HermesConfig {
        api_key: Some("s3cret\n".into()),
        ..config(&format!("{}/pyth/", server.uri()))
    };
    assert!(!format!("{config:?}").contains("s3cret"));
    let hermes = Hermes::new(config).unwrap();
    assert!(!format!("{hermes:?}").contains("s3cret"));
    assert!(hermes.sol_usd(NOW).await.is_ok());
}

#[tokio::test]
async fn another_feed_or_none_is_refused() {
    let other = "00".repeat(32);
    let wrong = ask(ok(answer(&other, "15000000000", "0", NOW))).await;
    assert!(
        matches!(wrong, Err(PriceError::WrongFeed { .. })),
        "{wrong:?}"
    );
    let none = ask(ok(
        json!({"binary": {"encoding": "hex", "data": []}, "parsed": []}),
    ))
    .await;
    assert!(
        matches!(none, Err(PriceError::WrongFeed { .. })),
        "{none:?}"
    );
}

#[tokio::test]
async fn a_price_that_is_not_positive_is_refused() {
    for price in ["0", "-15000000000"] {
        let got = ask(ok(answer(FEED, price, "0", NOW))).await;
        assert!(matches!(got, Err(PriceError::NotPositive)), "{got:?}");
    }
}

#[tokio::test]
async fn stale_future_dated_and_wide_prices_are_refused() {
    let stale = ask(ok(answer(FEED, "15000000000", "0", NOW - 61))).await;
    assert!(
        matches!(
            stale,
            Err(PriceError::Stale {
                age_seconds: 61,
                ..
            })
        ),
        "{stale:?}"
    );
    let future = ask(ok(answer(FEED, "15000000000", "0", NOW + 3_600))).await;
    assert!(
        matches!(
            future,
            Err(PriceError::FutureDated {
                ahead_seconds: 3_600
            })
        ),
        "{future:?}"
    );
    let wide = ask(ok(answer(FEED, "15000000000", "150000001", NOW))).await;
    assert!(matches!(wide, Err(PriceError::TooWide { .. })), "{wide:?}");
}

#[tokio::test]
async fn error_statuses_are_told_with_their_body() {
    for (status, transient) in [
        (400, false),
        (401, false),
        (404, false),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let error = ask(ResponseTemplate::new(status).set_body_string("Price ids not found"))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, PriceError::Status { status: s, body } if *s == status && body == "Price ids not found")
        );
        assert_eq!(error.is_transient(), transient, "{status}");
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let bodies = [
        "".to_owned(),
        "<html>maintenance</html>".into(),
        "{}".into(),
        json!({"parsed": null}).to_string(),
        answer(FEED, "15000000000.5", "0", NOW).to_string(),
        answer(FEED, "15000000000", "-1", NOW).to_string(),
        answer(FEED, "99999999999999999999", "0", NOW).to_string(),
        "x".repeat(300_000),
    ];
    for body in bodies {
        let got = ask(ResponseTemplate::new(200).set_body_string(body.clone())).await;
        assert!(
            matches!(got, Err(PriceError::Malformed(_))),
            "{body:.40}: {got:?}"
        );
    }
}

#[tokio::test]
async fn a_slow_or_absent_server_is_unreachable() {
    let slow = ok(answer(FEED, "15000000000", "0", NOW)).set_delay(Duration::from_secs(30));
    let server = serve(slow).await;
    let hermes = Hermes::with_timeout(config(&server.uri()), Duration::from_millis(100)).unwrap();
    assert!(matches!(
        hermes.sol_usd(NOW).await,
        Err(PriceError::Unreachable(_))
    ));
    let nobody = Hermes::new(config("http://127.0.0.1:1")).unwrap();
    assert!(matches!(
        nobody.sol_usd(NOW).await,
        Err(PriceError::Unreachable(_))
    ));
}

#[tokio::test]
async fn a_price_is_held_against_its_signed_update() {
    let with = |encoding: &str, data: &[String]| {
        let mut body = answer(FEED, "15000000000", "5000000", NOW);
        body["binary"] = json!({"encoding": encoding, "data": data});
        body
    };
    let signed = update(FEED, 15_000_000_000, 5_000_000, -8, NOW);
    let (hexed, based) = (hex::encode(&signed), BASE64_STANDARD.encode(&signed));
    let other = hex::encode(update(&"00".repeat(32), 1, 1, -8, NOW));
    for body in [
        with("hex", std::slice::from_ref(&hexed)),
        with("base64", &[based]),
        with("hex", &[other.clone(), hexed.clone()]),
    ] {
        let got = ask_cross_checked(body).await.unwrap();
        assert_eq!(got.nano_usd_per_sol, 150_000_000_000);
    }
    // Whatever of it differs.
    for differing in [
        update(FEED, 15_000_000_001, 5_000_000, -8, NOW),
        update(FEED, 15_000_000_000, 5_000_001, -8, NOW),
        update(FEED, 15_000_000_000, 5_000_000, -7, NOW),
        update(FEED, 15_000_000_000, 5_000_000, -8, NOW - 1),
    ] {
        let error = ask_cross_checked(with("hex", &[hex::encode(differing)]))
            .await
            .unwrap_err();
        assert!(
            matches!(error, PriceError::Disagrees(_)) && error.is_transient(),
            "{error}"
        );
    }
    let error = ask_cross_checked(with("hex", &[other])).await.unwrap_err();
    assert!(matches!(error, PriceError::WrongFeed { .. }), "{error}");
    for body in [
        with("hex", &[hexed[..100].to_owned()]),
        with("hex", &[String::new()]),
        with("hex", &["zz".into()]),
        with("base64", &["=".into()]),
        with("base58", &[hexed]),
        json!({"parsed": answer(FEED, "15000000000", "5000000", NOW)["parsed"]}),
    ] {
        let error = ask_cross_checked(body).await.unwrap_err();
        assert!(matches!(error, PriceError::Malformed(_)), "{error}");
    }
}

#[tokio::test]
async fn an_exponent_that_changes_changes_nothing_else() {
    for (price, expo) in [("150", 0), ("15000000000", -8), ("1500000000000", -10)] {
        let mut body = answer(FEED, price, "0", NOW);
        body["parsed"][0]["price"]["expo"] = json!(expo);
        let got = ask(ok(body)).await.unwrap();
        assert_eq!(got.nano_usd_per_sol, 150_000_000_000, "{price}e{expo}");
    }
}

#[tokio::test]
async fn a_retry_after_is_kept_to_without_asking() {
    let server = serve(ResponseTemplate::new(429).insert_header("retry-after", "30")).await;
    let hermes = Hermes::new(config(&server.uri())).unwrap();
    let first = hermes.sol_usd(NOW).await.unwrap_err();
    assert!(
        matches!(first, PriceError::Status { status: 429, .. }),
        "{first}"
    );
    // Its clones, too.
    let second = hermes.clone().sol_usd(NOW).await.unwrap_err();
    assert!(
        matches!(
            second,
            PriceError::Busy {
                retry_after_seconds: 29..=30
            }
        ) && second.is_transient(),
        "{second}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let got =
        ask(ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/")).await;
    assert!(
        matches!(got, Err(PriceError::Status { status: 302, .. })),
        "{got:?}"
    );
}

#[test]
fn bad_configuration_is_refused_before_anything_is_sent() {
    for url in ["", "hermes", "ftp://example.org", "mailto:a@example.org"] {
        assert!(
            matches!(Hermes::new(config(url)), Err(PriceError::Config(_))),
            "{url}"
        );
    }
    for feed_id in ["", "0x", "ef0d", &"zz".repeat(32), &"00".repeat(33)] {
        let config = HermesConfig {
            feed_id: feed_id.into(),
            ..config("http://127.0.0.1:1")
        };
        assert!(
            matches!(Hermes::new(config), Err(PriceError::Config(_))),
            "{feed_id}"
        );
    }
    for key in ["", " ", "a\nb"] {
        let config = HermesConfig {
            api_key: Some(key.into()),
            ..config("http://127.0.0.1:1")
        };
        assert!(
            matches!(Hermes::new(config), Err(PriceError::Config(_))),
            "{key:?}"
        );
    }
}
