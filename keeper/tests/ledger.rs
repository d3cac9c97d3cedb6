//! The ledger client against a platform on a port of its own: one that signs as agreed, and ones
//! that do not.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use hmac::{Hmac, Mac};
use primis_keeper::{
    config::LedgerAmount,
    plan::Revenue,
    revenue::{Ledger, RevenueError, RevenueSource, Stretch},
};
use sha2::Sha256;

const SECRET: &str = "a secret both sides have";
const STRETCH: Stretch = Stretch {
    from: 1_700_000_400,
    to: 1_700_001_000,
    total_value_lamports: 0,
    stakers_bps: 5_000,
};

/// How a platform answers.
#[derive(Clone)]
struct Answer {
    status: u16,
    body: String,
    signed_with: Option<&'static str>,
}

fn hmac_hex(secret: &str, text: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("any key length"));
    hex::encode(mac.chain_update(text).finalize().into_bytes())
}

async fn respond(
    State(answer): State<Arc<Answer>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let timestamp = text("x-primis-timestamp");
    let expected = format!(
        "v1={}",
        hmac_hex(SECRET, format!("{timestamp}.GET.{uri}").as_bytes())
    );
    if text("x-primis-signature") != expected {
        return (StatusCode::UNAUTHORIZED, "bad signature").into_response();
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Bytes::from(answer.body.clone())).into_response();
    if let Some(secret) = answer.signed_with {
        let signature = hmac_hex(
            secret,
            format!("{timestamp}.{uri}.{}", answer.body).as_bytes(),
        );
        let signed = [("x-primis-signature", format!("v1={signature}"))];
        response = (signed, response).into_response();
    }
    if answer.status == 425 {
        response.headers_mut().insert("retry-after", 2.into());
    }
    response
}

async fn ask_for(
    amount: LedgerAmount,
    prefix: &str,
    answer: Answer,
    client_secret: &str,
) -> Result<Revenue, RevenueError> {
    let path = format!("{prefix}/internal/revenue");
    let app = Router::new()
        .route(&path, get(respond))
        .with_state(Arc::new(answer));
    let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else {
        unreachable!("a port is free")
    };
    let url = format!(
        "http://{}{prefix}",
        listener
            .local_addr()
            .map(|a| a.to_string())
            .unwrap_or_default()
    );
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let result = match Ledger::new(&url, client_secret.to_owned()) {
        Ok(ledger) => ledger.counting(amount).measure(STRETCH).await,
        Err(error) => Err(error),
    };
    server.abort();
    result
}

async fn ask_at(
    prefix: &str,
    answer: Answer,
    client_secret: &str,
) -> Result<Revenue, RevenueError> {
    ask_for(LedgerAmount::Fee, prefix, answer, client_secret).await
}

async fn ask(answer: Answer) -> Result<Revenue, RevenueError> {
    ask_at("", answer, SECRET).await
}

fn report(from: i64, to: i64, gross: i64, fee: i64) -> String {
    format!(
        r#"{{"from":{from},"to":{to},"usage_events":7,"gross_nano_usd":{gross},"refunds_nano_usd":0,"provider_cost_nano_usd":0,"fee_nano_usd":{fee}}}"#
    )
}

fn signed(body: String) -> Answer {
    Answer {
        status: 200,
        body,
        signed_with: Some(SECRET),
    }
}

fn good() -> Answer {
    signed(report(STRETCH.from, STRETCH.to, 190, 19))
}

#[tokio::test]
async fn a_signed_report_is_revenue() {
    assert_eq!(ask(good()).await.unwrap(), Revenue::NanoUsd(19));
    assert_eq!(
        ask_at("/platform", good(), SECRET).await.unwrap(),
        Revenue::NanoUsd(19)
    );
    let refunds_win = signed(report(STRETCH.from, STRETCH.to, 190, -19));
    assert_eq!(ask(refunds_win).await.unwrap(), Revenue::NanoUsd(-19));
}

/// The share is said for people: what stakers get is decided on chain.
#[tokio::test]
async fn a_report_may_tell_the_stakers_share_or_not_know_it() {
    for share in ["9", "null"] {
        let told = report(STRETCH.from, STRETCH.to, 190, 19)
            .replace('}', &format!(r#","stakers_share_nano_usd":{share}}}"#));
        assert_eq!(ask(signed(told)).await.unwrap(), Revenue::NanoUsd(19));
    }
}

#[tokio::test]
async fn a_margin_is_net_of_refunds_and_provider_cost() {
    let margin = |gross, refunds, cost| {
        let (from, to) = (STRETCH.from, STRETCH.to);
        let body = format!(
            r#"{{"from":{from},"to":{to},"gross_nano_usd":{gross},"refunds_nano_usd":{refunds},"provider_cost_nano_usd":{cost},"fee_nano_usd":7}}"#
        );
        ask_for(LedgerAmount::Margin, "", signed(body), SECRET)
    };
    assert_eq!(
        margin("190", "30", "100").await.unwrap(),
        Revenue::NanoUsd(60)
    );
    assert_eq!(
        margin("190", "30", "200").await.unwrap(),
        Revenue::NanoUsd(-40)
    );
    for (gross, refunds, cost, named) in [
        ("190", "-30", "100", "refunds are negative"),
        ("190", "30", "-100", "provider costs are negative"),
        ("-1", "30", "100", "sales are negative"),
        ("190", "null", "100", "amount = \"margin\" needs them"),
        (
            "0",
            "9223372036854775807",
            "9223372036854775807",
            "out of range",
        ),
        ("9223372036854775808", "0", "0", "invalid"),
    ] {
        let error = margin(gross, refunds, cost).await.unwrap_err();
        assert!(matches!(error, RevenueError::Malformed { .. }), "{error:?}");
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
}

#[tokio::test]
async fn an_answer_without_our_signature_is_not_used() {
    for signed_with in [None, Some("another secret")] {
        let got = ask(Answer {
            signed_with,
            ..good()
        })
        .await;
        assert!(matches!(got, Err(RevenueError::BadSignature)), "{got:?}");
        assert!(!got.unwrap_err().is_transient());
    }
}

#[tokio::test]
async fn a_wrong_secret_needs_a_person() {
    let error = ask_at("", good(), "not the secret").await.unwrap_err();
    assert!(
        matches!(error, RevenueError::Status { status: 401, .. }),
        "{error:?}"
    );
    assert!(!error.is_transient() && error.to_string().contains("revenue_secret_path"));
}

#[tokio::test]
async fn an_unsettled_window_is_asked_for_later() {
    let body = r#"{"message":"not settled","code":"not_settled"}"#.to_owned();
    let error = ask(Answer {
        status: 425,
        body,
        signed_with: None,
    })
    .await
    .unwrap_err();
    assert!(
        matches!(
            error,
            RevenueError::NotSettled {
                retry_after_seconds: Some(2)
            }
        ),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_failing_or_absent_platform_is_asked_again() {
    let error = ask(Answer {
        status: 503,
        body: "busy".into(),
        signed_with: None,
    })
    .await
    .unwrap_err();
    assert!(matches!(&error, RevenueError::Status { status: 503, body, .. } if body == "busy"));
    assert!(error.is_transient());
    let absent = Ledger::new("http://127.0.0.1:1", SECRET.into()).unwrap();
    let error = absent.measure(STRETCH).await.unwrap_err();
    assert!(
        matches!(error, RevenueError::Unreachable { .. }) && error.is_transient(),
        "{error:?}"
    );
}

#[tokio::test]
async fn signed_nonsense_is_refused() {
    let (from, to) = (STRETCH.from, STRETCH.to);
    for body in [
        String::new(),
        "[]".into(),
        r#"{"fee_nano_usd":19}"#.into(),
        report(from, to, 190, 19).replace("19}", "1.9}"),
        report(from, to - 1, 190, 19),
        report(from - 600, to, 190, 19),
        report(-from, to, 190, 19),
        report(from, to, 18, 19),
        report(from, to, -190, -191),
        "x".repeat(100_000),
    ] {
        let got = ask(signed(body.clone())).await;
        assert!(
            matches!(got, Err(RevenueError::Malformed { .. })),
            "{body:.60}: {got:?}"
        );
    }
}
