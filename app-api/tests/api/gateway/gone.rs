//! Customers that go before their answer has ended: it is charged all the same.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{Gate, PLAIN, say};
use crate::support::{
    database::{Kind, on_both_databases},
    stand::eventually,
};

on_both_databases!(
    before_the_answer_begins,
    while_it_comes,
    who_takes_nothing_does_not_stop_the_metering,
    many_at_once,
    when_the_server_stops,
);

async fn before_the_answer_begins(kind: Kind) {
    let gate = Gate::new(kind).await;
    let request = gate.post("/v1/chat/completions", &say("test/slow-first", true));
    let asking = tokio::spawn(request.send());
    eventually("the upstream is asked", || async {
        (gate.first.asked().len() == 1).then_some(())
    })
    .await;
    // The upstream thinks about it for a while.
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    let lines = gate.lines().await;
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].charge, lines[0].estimated), (PLAIN, false));
    assert_eq!(gate.first.billed().len(), 1);
}

async fn while_it_comes(kind: Kind) {
    let gate = Gate::new(kind).await;
    let request = gate.post("/v1/chat/completions", &say("test/gated", true));
    gate.first.gate.add_permits(2);
    let mut response = request.send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"data: {"));
    drop(response);
    gate.first.gate.add_permits(20);
    let lines = gate.lines().await;
    assert_eq!(
        (lines.len(), lines[0].charge, lines[0].estimated),
        (1, PLAIN, false)
    );
}

/// It asks for an answer of more megabytes than systems keep for it, and reads none of them.
async fn who_takes_nothing_does_not_stop_the_metering(kind: Kind) {
    let gate = Gate::new(kind).await;
    let address = gate.server.base.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();
    let body = say("test/flood", true).to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        gate.customer.key,
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    eventually("the upstream is asked", || async {
        (gate.first.asked().len() == 1).then_some(())
    })
    .await;
    let lines = gate.lines().await;
    assert_eq!((lines.len(), lines[0].estimated), (1, true));
    // What it was sent in the meantime breaks off.
    let mut received = Vec::new();
    let reading = connection.read_to_end(&mut received);
    let read = timeout(Duration::from_secs(20), reading).await;
    assert!(
        read.is_ok(),
        "it is still open after {} bytes",
        received.len()
    );
    assert!(!received.ends_with(b"0\r\n\r\n"));
}

async fn many_at_once(kind: Kind) {
    let gate = Gate::new(kind).await;
    let modes = [
        "plain",
        "no-usage",
        "error-mid",
        "cut",
        "joined",
        "slow-first",
    ];
    let asking = (0..90).map(|n: usize| {
        let (model, stream) = (format!("test/{}", modes[n % modes.len()]), n % 4 != 3);
        let request = gate.post("/v1/chat/completions", &say(&model, stream));
        async move {
            let patience = Duration::from_millis(20 * u64::try_from(n % 7).unwrap() + 5);
            let _ = timeout(patience, async { request.send().await?.text().await }).await;
        }
    });
    futures_util::future::join_all(asking).await;
    let lines = gate.lines().await;
    let billed = gate.first.billed().len();
    // Each answer the upstream bills has a line; the others were begun and are estimated, or not begun.
    let told = lines.iter().filter(|line| !line.estimated).count();
    assert!(
        told <= billed && billed <= lines.len(),
        "{told} {billed} {}",
        lines.len()
    );
    assert!(lines.len() <= gate.first.asked().len());
    assert!(lines.iter().all(|line| line.charge > 0));
}

/// An answer that is under way when the server is told to stop is read to its end.
async fn when_the_server_stops(kind: Kind) {
    let mut gate = Gate::new(kind).await;
    let request = gate.post("/v1/chat/completions", &say("test/gated", true));
    gate.first.gate.add_permits(1);
    let response = request.send().await.unwrap();
    drop(response);
    let server = std::mem::replace(
        &mut gate.server,
        crate::support::server::TestServer::start(&gate.store.store, gate.clock.clone(), |_| {})
            .await,
    );
    let stopping = tokio::spawn(server.stop());
    gate.first.gate.add_permits(20);
    stopping.await.unwrap();
    let held = gate
        .store
        .rows(
            "SELECT state, COUNT(*) FROM holds GROUP BY state \
             UNION ALL SELECT 'settled', COUNT(*) FROM usage_lines",
        )
        .await;
    assert_eq!(held, [("settled".to_owned(), 1)]);
    assert_eq!(
        gate.balance().await,
        10 * super::USD - PLAIN,
        "{}",
        json!(held)
    );
}
