//! What the OpenAPI document says of refusals in OpenAI's form.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, response::ResponseBuilder},
};

/// Of every endpoint.
const ANYWHERE: [(&str, &str); 5] = [
    ("401", "`unauthorized`: without a key that is valid"),
    ("403", "`scope_missing`: the key may not do this"),
    ("414", "`uri_too_long`"),
    (
        "500",
        "`internal`: something failed on this side; it is logged",
    ),
    ("504", "`timeout`: no answer could be made in time"),
];

/// Of those that answer.
pub(super) struct OfAnswers;

/// Of those that tell what is sold.
pub(super) struct OfModels;

impl IntoResponses for OfAnswers {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        with(&[
            (
                "400",
                "`invalid_body`, `invalid_value`, `missing_required_parameter`; `unsupported_parameter`: it has no price; `upstream_refused`: by the model",
            ),
            (
                "402",
                "`insufficient_balance`: the message tells what is missing",
            ),
            ("404", "`model_not_found`, `upstream_refused`"),
            ("408", "`request_timeout`: the body did not arrive in time"),
            (
                "413",
                "`body_too_large`: more than 16 MiB; `upstream_refused`",
            ),
            ("422", "`upstream_refused`: by the model"),
            (
                "429",
                "`rate_limit_exceeded`: of the key; `upstream_busy`: of the model",
            ),
            (
                "502",
                "`upstream_failed`, `upstream_lost`: the model was asked and its answer did not arrive",
            ),
            (
                "503",
                "`not_configured`, `unavailable`, `busy`, `upstream_busy`, `upstream_unreachable`: ask again",
            ),
        ])
    }
}

impl IntoResponses for OfModels {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        with(&[
            ("429", "`rate_limited`: the caller's limit is reached"),
            ("503", "`not_configured`: no models are sold"),
        ])
    }
}

fn with(own: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let body = || Content::new(Some(Ref::from_schema_name("OpenAiError")));
    ANYWHERE
        .iter()
        .chain(own)
        .map(|(status, description)| {
            let response = ResponseBuilder::new()
                .description(*description)
                .content("application/json", body());
            ((*status).to_owned(), response.build().into())
        })
        .collect()
}
