//! `POST /api/auth/siws/challenge`.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use solana_address::Address;
use utoipa::ToSchema;

use super::{Message, STATEMENT, new_nonce, time};
use crate::{
    app::App,
    http::ApiError,
    platform::accounts::{private::Private, refusal::unprocessable, site::Site},
};

/// A wallet that wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeRequest {
    /// Its address, base58.
    #[schema(format = "solana-address", min_length = 32, max_length = 44)]
    address: String,
}

/// What the wallet is to sign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Challenge {
    /// The text, for wallets that sign messages.
    message: String,
    /// Its fields, for wallets that make the text themselves.
    input: SignInInput,
}

/// The input of the Wallet Standard's `solana:signIn`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignInInput {
    /// Host and port of the site.
    domain: String,
    /// Who signs in.
    address: String,
    /// What the wallet shows.
    statement: &'static str,
    /// Address of the site.
    uri: String,
    /// Of the text's form.
    version: &'static str,
    /// Taken once.
    nonce: String,
    /// RFC 3339.
    issued_at: String,
    /// RFC 3339: until then the signature is taken.
    expiration_time: String,
}

/// Begins to sign in with a wallet.
///
/// The wallet signs the text within five minutes; send it with the signature to
/// `/api/auth/siws/verify`.
#[utoipa::path(
    post, path = "/api/auth/siws/challenge", tag = "accounts", operation_id = "walletChallenge",
    request_body = ChallengeRequest,
    responses(
        (status = 200, description = "What to sign", body = Challenge),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form; `invalid_address`: not the address of a wallet"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with, or the site has no address"),
    ),
)]
pub(crate) async fn challenge(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Private(asked): Private<ChallengeRequest>,
) -> Result<Json<Challenge>, ApiError> {
    app.accounts.tokens()?;
    let pepper = app.accounts.pepper()?;
    let site = Site::of(&app, &headers)?;
    let address: Address = asked
        .address
        .parse()
        .map_err(|_| unprocessable("invalid_address", "address must be base58 of 32 bytes"))?;
    let address = address.to_string();
    let issued_at = app.clock.now_unix();
    let nonce = new_nonce(pepper, &site, &address, issued_at);
    let message = Message {
        site: &site,
        address: &address,
        nonce: &nonce,
        issued_at,
    };
    Ok(Json(Challenge {
        message: message.text(),
        input: SignInInput {
            domain: site.domain().to_owned(),
            issued_at: time(issued_at),
            expiration_time: time(message.expires_at()),
            statement: STATEMENT,
            version: "1",
            uri: site.base.clone(),
            address,
            nonce,
        },
    }))
}
