//! The pages as a browser gets them.

use anyhow::{Context as _, Result};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt as _;

/// Compressed script that a visitor may have to load, bytes.
const SCRIPT_BUDGET: usize = 200_000;

async fn get(
    path: &str,
    headers: &[(header::HeaderName, &str)],
) -> Result<(StatusCode, HeaderMap, Bytes)> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let router: axum::Router = primis_dashboard::router();
    let response = router.oneshot(request.body(Body::empty())?).await?;
    let (parts, body) = response.into_parts();
    Ok((
        parts.status,
        parts.headers,
        to_bytes(body, usize::MAX).await?,
    ))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

const PAGES: [&str; 2] = ["/", "/console"];

/// Everything a page loads, by its attributes.
async fn files(page: &str) -> Result<Vec<String>> {
    let (status, _, page) = get(page, &[]).await?;
    assert_eq!(status, StatusCode::OK);
    let page = String::from_utf8(page.to_vec())?;
    let files = page
        .split(['"', ' '])
        .filter(|word| word.starts_with("/assets/"))
        .map(str::to_owned)
        .collect::<Vec<_>>();
    assert_eq!(files.len(), 3, "icon, style and script: {page}");
    Ok(files)
}

#[tokio::test]
async fn a_page_is_asked_for_each_time_and_its_files_once() -> Result<()> {
    for page in PAGES {
        let (_, headers, _) = get(page, &[]).await?;
        assert_eq!(text(&headers, &header::CACHE_CONTROL), "no-cache");
        let tag = text(&headers, &header::ETAG).to_owned();
        let (status, _, body) = get(page, &[(header::IF_NONE_MATCH, &tag)]).await?;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        for file in files(page).await? {
            let (status, headers, _) = get(&file, &[]).await?;
            assert_eq!(status, StatusCode::OK, "{file}");
            let kept = text(&headers, &header::CACHE_CONTROL);
            assert!(
                kept.contains("immutable") && kept.contains("max-age=31536000"),
                "{kept}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_runs_that_is_not_ours() -> Result<()> {
    for page in PAGES {
        let files = files(page).await?;
        for path in files.iter().map(String::as_str).chain([page]) {
            let (_, headers, _) = get(path, &[]).await?;
            let policy = text(&headers, &header::CONTENT_SECURITY_POLICY);
            assert!(
                policy.starts_with("default-src 'self';"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(text(&headers, &header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        }
        let (_, _, page) = get(page, &[]).await?;
        let page = String::from_utf8(page.to_vec())?;
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{page}"
        );
        assert!(
            !page.contains("<style") && !page.contains("style="),
            "{page}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_scripts_stay_small() -> Result<()> {
    for page in PAGES {
        let files = files(page).await?;
        let script = files.into_iter().find(|file| file.ends_with(".js"));
        let script = script.context("no script")?;
        for encoding in ["gzip", "br"] {
            let (_, headers, body) = get(&script, &[(header::ACCEPT_ENCODING, encoding)]).await?;
            assert_eq!(text(&headers, &header::CONTENT_ENCODING), encoding);
            println!("{script}: {} bytes as {encoding}", body.len());
            assert!(
                body.len() < SCRIPT_BUDGET,
                "{} bytes as {encoding}",
                body.len()
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn other_paths_are_left_to_the_api() -> Result<()> {
    for path in ["/api", "/assets/none.js", "/../Cargo.toml"] {
        let (status, _, _) = get(path, &[]).await?;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    Ok(())
}
