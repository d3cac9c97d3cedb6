//! Why a request was not answered.

use crate::api::types::ErrorBody;

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct Error {
    /// For people; it says what to do.
    pub message: String,
    /// For programs: the API's, or `unreachable`, `invalid_answer`, `invalid_request`, `not_indexed`.
    pub code: String,
    /// Of the HTTP answer, where there was one.
    pub status: Option<u16>,
}

impl Error {
    pub(crate) fn new(code: &str, message: String) -> Self {
        Self {
            message,
            code: code.to_owned(),
            status: None,
        }
    }
}

impl From<progenitor_client::Error<ErrorBody>> for Error {
    fn from(error: progenitor_client::Error<ErrorBody>) -> Self {
        use progenitor_client::Error as From;
        let status = error.status().map(|status| status.as_u16());
        let code = match error {
            From::ErrorResponse(answer) => {
                let ErrorBody { message, code, .. } = answer.into_inner();
                return Self {
                    message,
                    code,
                    status,
                };
            }
            From::CommunicationError(_) => "unreachable",
            From::InvalidRequest(_) => "invalid_request",
            _ => "invalid_answer",
        };
        let message = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self {
            status,
            ..Self::new(code, message)
        }
    }
}
