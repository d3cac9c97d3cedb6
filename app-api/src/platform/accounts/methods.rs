//! `GET /api/auth/methods`.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;

use super::site::Site;
use crate::app::App;

/// How one can log in here.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginMethods)]
pub(crate) struct Methods {
    /// By address and password.
    password: bool,
    /// By a signature of a Solana wallet.
    wallet: bool,
    /// By somebody else's word.
    providers: Vec<Method>,
}

/// An OpenID provider.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginProvider)]
struct Method {
    /// Its name in addresses here: `/api/auth/oauth/{id}` begins a login.
    #[schema(pattern = "^[a-z][a-z-]{0,99}$", example = "google")]
    id: String,
    /// What people call it.
    #[schema(example = "Google")]
    name: String,
}

/// Ways to log in.
///
/// What a log-in page can offer. A way that is not set up on this server is left out, or `false`.
#[utoipa::path(
    get, path = "/api/auth/methods", tag = "accounts", operation_id = "loginMethods",
    responses((status = 200, description = "The ways", body = Methods)),
)]
pub(crate) async fn methods(State(app): State<Arc<App>>, headers: HeaderMap) -> Json<Methods> {
    let accounts = &app.accounts;
    let password = accounts.tokens().is_ok() && accounts.pepper().is_ok();
    // What a wallet signs and where a provider sends back to is the site's address.
    let wallet = password && Site::of(&app, &headers).is_ok();
    let named = accounts.providers.names().filter(|_| wallet);
    Json(Methods {
        password,
        wallet,
        providers: named
            .map(|id| Method {
                name: title(id),
                id: id.to_owned(),
            })
            .collect(),
    })
}

/// `my-company` as `My Company`.
fn title(id: &str) -> String {
    let words = id.split('-').filter(|word| !word.is_empty());
    let titled = words.map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    titled.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_titled() {
        for (id, name) in [
            ("google", "Google"),
            ("my-company", "My Company"),
            ("a--", "A"),
        ] {
            assert_eq!(super::title(id), name);
        }
    }
}
