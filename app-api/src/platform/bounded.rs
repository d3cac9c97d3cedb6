//! Bodies of others' answers, no longer than they may be: one that does not end must not fill the memory.

use reqwest::Response;

/// Why a body is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The connection.
    #[error("{0}")]
    Broken(reqwest::Error),
    /// It is longer than it may be.
    #[error("its answer is too long")]
    TooLong,
}

/// The whole body, if it has at most `most` bytes.
pub(super) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    // The address may have a key in it.
    let broken = |error: reqwest::Error| BodyError::Broken(error.without_url());
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if body.len().saturating_add(piece.len()) > most {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(text: &str) -> Response {
        axum::http::Response::new(text.to_owned()).into()
    }

    #[tokio::test]
    async fn a_body_fits_or_is_not_read() {
        assert_eq!(body(response("12345"), 5).await.unwrap(), b"12345");
        let longer = body(response("123456"), 5).await;
        assert!(matches!(longer, Err(BodyError::TooLong)));
    }
}
