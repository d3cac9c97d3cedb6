//! `POST /api/auth/siws/verify`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use solana_address::Address;
use solana_signature::Signature;
use utoipa::ToSchema;

use super::{Message, read};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{
            attempts,
            client::Client,
            private::Private,
            session::{self, Session, Transport},
            signup::FIRST_PLAN,
            site::Site,
        },
        id,
    },
    store::AccountRecord,
};

/// Who vouches for a wallet: the wallet itself.
const ISSUER: &str = "solana";
/// Characters of an address at each end that its account is called by.
const SHOWN: usize = 4;

/// A signed challenge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedChallenge {
    /// The text as it was signed.
    #[schema(max_length = 2_000)]
    message: String,
    /// The wallet's signature of it, base58 or base64.
    #[schema(max_length = 100)]
    signature: String,
    /// How the refresh token is handed out; `cookie` unless told.
    #[serde(default)]
    transport: Transport,
}

/// Signs in with a wallet.
///
/// The first time this opens an account.
#[utoipa::path(
    post, path = "/api/auth/siws/verify", tag = "accounts", operation_id = "walletSignIn",
    request_body = SignedChallenge,
    responses(
        (status = 200, description = "A session", body = Session),
        (status = 400, description = "`invalid_body`: not JSON"),
        (status = 401, description = "`wrong_challenge`: the text is none of this site's; `wrong_signature`: not the wallet's, or of another text; `challenge_over`: it is too late, or was taken before"),
        (status = 408, description = "`request_timeout`: the body did not arrive in time"),
        (status = 413, description = "`body_too_large`: more than 16 KiB"),
        (status = 415, description = "`not_json`: the content type is another"),
        (status = 422, description = "`invalid_body`: JSON of another form"),
        (status = 429, description = "`too_many_attempts`: from this address in this minute"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with, or the site has no address"),
    ),
)]
pub(crate) async fn verify(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Private(asked): Private<SignedChallenge>,
) -> Result<Response, ApiError> {
    app.accounts.tokens()?;
    let pepper = app.accounts.pepper()?;
    let site = Site::of(&app, &headers)?;
    attempts::count(&app, client, None).await?;
    let wrong_challenge = || {
        let text = "this is no challenge of this site: ask /api/auth/siws/challenge for one";
        refused("wrong_challenge", text)
    };
    let (address, nonce, issued_at) = read(&asked.message).ok_or_else(wrong_challenge)?;
    let message = Message {
        site: &site,
        address,
        nonce,
        issued_at,
    };
    // Made here, and nothing added to it.
    if !message.is_ours(pepper) || message.text() != asked.message {
        return Err(wrong_challenge());
    }
    let wallet: Address = address.parse().map_err(|_| wrong_challenge())?;
    let signed = signature(&asked.signature)
        .is_some_and(|s| s.verify(wallet.as_ref(), asked.message.as_bytes()));
    if !signed {
        let text = "the wallet has not signed this text";
        return Err(refused("wrong_signature", text));
    }
    let now = app.clock.now_unix();
    let ends = message.expires_at();
    if now >= ends || !app.store.spend_nonce(nonce, ends).await? {
        let text = "the challenge is too old or was taken before: ask for another";
        return Err(refused("challenge_over", text));
    }
    let new = AccountRecord {
        id: id::new("acct"),
        email: None,
        display_name: short(address),
        plan: FIRST_PLAN.to_owned(),
        created_at: now,
    };
    let account = app.store.account_of_identity(ISSUER, address, &new).await?;
    session::begin(&app, &account, asked.transport).await
}

fn refused(code: &'static str, text: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, text)
}

fn signature(text: &str) -> Option<Signature> {
    let base64 = || Signature::try_from(STANDARD.decode(text).ok()?).ok();
    text.parse().ok().or_else(base64)
}

fn short(address: &str) -> String {
    let begin: String = address.chars().take(SHOWN).collect();
    let end: String = address.chars().rev().take(SHOWN).collect();
    let end: String = end.chars().rev().collect();
    format!("{begin}…{end}")
}
