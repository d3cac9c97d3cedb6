//! `GET /api/auth/oauth/{provider}/callback`.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State, rejection::PathRejection, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Asked,
    begin::failed,
    flow::Flow,
    provider::{Identity, ProviderError},
};
use crate::{
    app::App,
    http::ApiError,
    platform::{
        accounts::{
            client::Client,
            names,
            secret::Secret,
            session::{self, secure},
            signup::FIRST_PLAN,
        },
        id,
    },
    store::AccountRecord,
};

/// What the provider sends back with the browser; what else it adds is left alone.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::platform::accounts) struct Returned {
    /// Stands for whoever logged in.
    #[param(value_type = Option<String>)]
    code: Option<Secret>,
    /// As the login began with.
    #[param(value_type = Option<String>)]
    state: Option<Secret>,
}

/// Ends a login by an OpenID provider.
///
/// Where the provider sends the browser back to. The first time this opens an account; the provider's
/// word for an address counts only where it has verified it and no other account logs in with it.
#[utoipa::path(
    get, path = "/api/auth/oauth/{provider}/callback", tag = "accounts", operation_id = "openIdCallback",
    params(
        ("provider" = String, Path, description = "A provider's name, as configured", example = "google", max_length = 100),
        Returned,
    ),
    responses(
        (status = 303, description = "To this site, logged in: the refresh token is in a cookie"),
        (status = 400, description = "`wrong_state`: not the login that this browser began, or too late; `login_denied`: the provider sent no code"),
        (status = 401, description = "`wrong_code`: the provider does not take the code; `wrong_token`: the provider's token is not valid"),
        (status = 404, description = "`unknown_provider`: none of this name is configured"),
        (status = 429, description = "`too_many_attempts`: from this address in this minute"),
        (status = 502, description = "`provider_failed`: the provider cannot be reached"),
        (status = 503, description = "`not_configured`: there are no secrets to log in with, or the site has no address"),
    ),
)]
pub(in crate::platform::accounts) async fn callback(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    provider: Result<Path<String>, PathRejection>,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, ApiError> {
    let asked = Asked::of(&app, client, &headers, provider).await?;
    let now = app.clock.now_unix();
    let wrong_state = || {
        let text =
            "this is not the login that this browser began, or it took too long: begin again";
        ApiError::bad_request("wrong_state", text)
    };
    let Query(returned) = returned.map_err(|_| wrong_state())?;
    let flow = Flow::of(asked.pepper, &asked.name, &headers, now).ok_or_else(wrong_state)?;
    let named = returned.state.is_some_and(|s| flow.is_named_by(s.expose()));
    // Once: who sees the address later finds it used.
    if !named
        || !app
            .store
            .spend_nonce(&flow.state(), flow.expires_at)
            .await?
    {
        return Err(wrong_state());
    }
    let code = returned.code.ok_or_else(|| {
        let text = "the provider has let nobody in: begin again";
        ApiError::bad_request("login_denied", text)
    })?;
    let identity = asked
        .provider
        .identity(&asked.site.base, &flow, code, now)
        .await;
    let account = account(&app, identity.map_err(refused)?, now).await?;
    let (_, token, ends_at) = session::stored(&app, &account).await?;
    let to = HeaderValue::try_from(&app.accounts.options.after_login);
    let to = to.map_err(|error| ApiError::internal(&error))?;
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, session::refresh_cookie(&app, &token, ends_at)?);
    headers.append(SET_COOKIE, Flow::gone(secure(&app))?);
    Ok(response)
}

/// The account of whoever it is.
async fn account(app: &App, who: Identity, now: i64) -> Result<String, ApiError> {
    let email = who.email.and_then(|email| names::email(&email).ok());
    let name = who.name.and_then(|name| names::display("name", &name).ok());
    let local = || Some(email.as_deref()?.split('@').next()?.to_owned());
    let display_name = name.or_else(local);
    let new = AccountRecord {
        id: id::new("acct"),
        display_name: display_name.unwrap_or_else(|| "Customer".to_owned()),
        email,
        plan: FIRST_PLAN.to_owned(),
        created_at: now,
    };
    let store = &app.store;
    Ok(store
        .account_of_identity(&who.issuer, &who.subject, &new)
        .await?)
}

fn refused(error: ProviderError) -> ApiError {
    let code = match error {
        ProviderError::Code => "wrong_code",
        ProviderError::Token => "wrong_token",
        ProviderError::Discovery | ProviderError::Url => return failed(error),
    };
    let text = format!("{error}: begin again");
    ApiError::new(StatusCode::UNAUTHORIZED, code, &text)
}
