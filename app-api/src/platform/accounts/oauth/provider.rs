//! The providers, and how they are asked.

use std::time::Duration;

use futures_util::future::BoxFuture;
use openidconnect::{
    AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    core::{CoreClient, CoreProviderMetadata, CoreResponseType},
};

use super::flow::Flow;
use crate::{
    config::{Accounts as Options, ConfigError, OpenIdProvider, read_secret},
    platform::{
        accounts::secret::Secret,
        bounded::{self, BodyError},
    },
};

/// Longest wait for a provider.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer of a provider, bytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A provider after its discovery.
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why a provider does not say who somebody is. No words of its own are told on: a code may be in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProviderError {
    /// It cannot be reached, or says nothing of itself that could be used.
    #[error("the provider cannot be discovered")]
    Discovery,
    /// The configuration has no address of it.
    #[error("the provider's issuer or this site's address is no URL")]
    Url,
    /// It does not take the code.
    #[error("the provider does not take the code")]
    Code,
    /// It says nobody is there, or by a token that is not to be believed.
    #[error("the provider's token is not valid")]
    Token,
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Who says so.
    pub(super) issuer: String,
    /// Names the person there.
    pub(super) subject: String,
    /// An address that the provider has verified.
    pub(super) email: Option<String>,
    /// What the person is called.
    pub(super) name: Option<String>,
}

/// All of them.
pub(in crate::platform::accounts) struct Providers {
    all: Vec<Provider>,
}

/// One of them.
pub(super) struct Provider {
    settings: OpenIdProvider,
    secret: Secret,
    http: Http,
}

impl Providers {
    /// Reads the secrets that they share with this server.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(in crate::platform::accounts) fn load(options: &Options) -> Result<Self, ConfigError> {
        let mut all = Vec::new();
        for settings in &options.providers {
            let key = "accounts.providers.client_secret_path";
            let secret = Secret::new(read_secret(key, &settings.client_secret_path)?);
            let http = reqwest::Client::builder()
                // A provider that redirects could have this server ask anything for it.
                .redirect(reqwest::redirect::Policy::none())
                .timeout(TIMEOUT)
                .build();
            let http = http.map_err(|_| ConfigError::Invalid {
                key: "accounts.providers",
                problem: "need TLS, which cannot be set up on this machine",
            })?;
            all.push(Provider {
                settings: settings.clone(),
                secret,
                http: Http(http),
            });
        }
        Ok(Self { all })
    }

    /// Their names in addresses here, in the configuration's order.
    pub(in crate::platform::accounts) fn names(&self) -> impl Iterator<Item = &str> {
        self.all
            .iter()
            .map(|provider| provider.settings.name.as_str())
    }

    /// The one of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Provider> {
        self.all
            .iter()
            .find(|provider| provider.settings.name == name)
    }
}

impl Provider {
    /// Where a browser goes to log in.
    pub(super) async fn login_url(
        &self,
        base: &str,
        flow: &Flow<'_>,
    ) -> Result<String, ProviderError> {
        let (state, nonce) = (flow.state(), flow.nonce());
        let verifier = PkceCodeVerifier::new(flow.verifier());
        let client = self.discovered(base).await?;
        let (url, _, _) = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Who came back with a code, at `now`, Unix seconds.
    pub(super) async fn identity(
        &self,
        base: &str,
        flow: &Flow<'_>,
        code: Secret,
        now: i64,
    ) -> Result<Identity, ProviderError> {
        let client = self.discovered(base).await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .map_err(|_| ProviderError::Discovery)?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier()))
            .request_async(&self.http)
            .await
            .map_err(|_| ProviderError::Code)?;
        let token = answer
            .extra_fields()
            .id_token()
            .ok_or(ProviderError::Token)?;
        let now = Duration::from_secs(now.unsigned_abs());
        let now = std::time::UNIX_EPOCH.checked_add(now);
        let now = now.ok_or(ProviderError::Token)?;
        // Signature, issuer, audience, expiry and nonce.
        let verifier = client.id_token_verifier().set_time_fn(move || now.into());
        let claims = token
            .claims(&verifier, &Nonce::new(flow.nonce()))
            .map_err(|error| {
                tracing::warn!(%error, provider = self.settings.name, "a token is not valid");
                ProviderError::Token
            })?;
        let verified = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| verified);
        let name = claims.name().and_then(|name| name.get(None));
        Ok(Identity {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            email: email.map(|email| email.to_string()),
            name: name.map(|name| name.to_string()),
        })
    }

    /// The provider as it says of itself, with the keys it signs with now.
    async fn discovered(&self, base: &str) -> Result<Client, ProviderError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|_| ProviderError::Url)?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.http)
            .await
            .map_err(|error| {
                tracing::warn!(%error, provider = self.settings.name, "no discovery");
                ProviderError::Discovery
            })?;
        let name = &self.settings.name;
        let back = RedirectUrl::new(format!("{base}/api/auth/oauth/{name}/callback"));
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.settings.client_id.clone()),
            Some(ClientSecret::new(self.secret.expose().to_owned())),
        );
        Ok(client.set_redirect_uri(back.map_err(|_| ProviderError::Url)?))
    }
}

/// Why a provider has not answered.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the provider cannot be asked: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the provider's answer did not arrive: {0}")]
    Body(#[from] BodyError),
    #[error("the provider's answer cannot be read: {0}")]
    Answer(#[from] axum::http::Error),
}

/// Asks providers.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = SendError;
    type Future = BoxFuture<'static, Result<HttpResponse, SendError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0.clone(), request))
    }
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let response = http.execute(request.try_into()?).await?;
    let mut answer = axum::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    Ok(answer.body(bounded::body(response, MAX_ANSWER_BYTES).await?)?)
}
