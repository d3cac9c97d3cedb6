//! Who may ask what, as the document tells it.

use utoipa::openapi::{
    OpenApi,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// Adds the schemes that handlers name in `security(…)`.
pub(super) fn add(document: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A usage key: `Authorization: Bearer KEY`."))
        .build();
    let header = |name: &str, description: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            name,
            description,
        )))
    };
    let customer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key or an access token: `Authorization: Bearer …`.",
        ))
        .build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.extend([
        ("apiKey".to_owned(), SecurityScheme::Http(customer)),
        (
            "apiKeyHeader".to_owned(),
            header("x-api-key", "An API key, as it is."),
        ),
        ("usageKey".to_owned(), SecurityScheme::Http(bearer)),
        (
            "usageKeyHeader".to_owned(),
            header("x-api-key", "A usage key, as it is."),
        ),
        (
            "revenueTimestamp".to_owned(),
            header(
                "x-primis-timestamp",
                "Unix seconds of the request; at most 300 off the server's clock.",
            ),
        ),
        (
            "revenueSignature".to_owned(),
            header(
                "x-primis-signature",
                "`v1=` and the hex of HMAC-SHA256, by the shared secret, over \
                 `{timestamp}.GET.{path and query as sent}`. The answer carries one over \
                 `{timestamp}.{path and query}.{body}`.",
            ),
        ),
    ]);
}
