//! What is compared with: axum, its handlers bare of everything, answering constants.

use anyhow::{Context as _, Result};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, header::CONTENT_TYPE},
    routing::get,
};
use tokio::net::TcpListener;

/// Serves constants of these sizes under the paths of the real ones, until killed.
pub async fn serve(sizes: &[usize]) -> Result<()> {
    let paths = [
        "/api/stats",
        "/api/yield/stats",
        "/api/yield/my-apy/{wallet}",
    ];
    let mut router = Router::new();
    for (path, size) in paths.into_iter().zip(sizes) {
        let body = Bytes::from(vec![b'x'; *size]);
        let json = HeaderValue::from_static("application/json");
        router = router.route(path, get(move || async { ([(CONTENT_TYPE, json)], body) }));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router)
        .await
        .context("the baseline failed")
}
