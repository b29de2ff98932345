//! The OpenID provider: who it is, what it tells of itself, and what it says of a person.
//!
//! ```text
//! Nothing ──ask──▶ Told (until CACHE has passed, or a key is unknown) ──ask──▶ …
//!    └─────ask, no answer──▶ Silent (for QUIET) ──ask──▶ …
//! ```
//!
//! Nothing is asked before the first sign-in, so that the service starts while the provider is down.

mod http;
mod person;
mod settings;

pub use settings::{SignIn, SignInError};

pub(crate) use person::ProvidedPerson;

use std::sync::Arc;

use cloud_ui::Lang;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims,
    IdTokenFields, IdTokenVerifier, IssuerUrl, LanguageTag, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims, UserInfoError,
};
use tokio::sync::Mutex;

use self::http::{Http, HttpError};
use self::person::{OtherClaims, Wanted};

/// How long what the provider tells of itself is believed.
const CACHE: SignedDuration = SignedDuration::from_mins(10);
/// How long a provider that did not answer is left alone, so that a crowd that wants in does not queue for it.
const QUIET: SignedDuration = SignedDuration::from_secs(2);
/// How young what we know must be for an unknown key to be the provider's fault, not ours.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What an ID token may be signed with: public keys only, never the client's secret.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the token endpoint answers, with an ID token whose further claims are read too.
type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, as long as the service runs.
pub(crate) struct Provider {
    settings: SignIn,
    issuer: IssuerUrl,
    http: Http,
    known: Mutex<Known>,
}

/// What is known of the provider.
enum Known {
    Nothing,
    Told { at: Timestamp, metadata: Arc<CoreProviderMetadata> },
    Silent { at: Timestamp, why: Arc<HttpError> },
}

/// Why the provider did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// It does not answer.
    #[error("the OpenID provider does not answer")]
    Silent(#[source] Arc<HttpError>),
    /// It answered that it will not.
    #[error("the OpenID provider refused: {0}")]
    Refused(String),
    /// Its answer is not one that the protocol allows, or is not for us.
    #[error("the OpenID provider's answer cannot be used: {0}")]
    Unusable(String),
    /// The ID token does not hold.
    #[error("the ID token does not hold")]
    Token(#[source] ClaimsVerificationError),
}

/// What must be remembered of a sign-in until the provider answers.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    /// Comes back in the ID token.
    pub(crate) nonce: String,
    /// Proves that whoever brings the code is who asked for it.
    pub(crate) pkce_verifier: String,
}

impl Provider {
    pub(crate) fn new(settings: SignIn) -> Result<Self, SignInError> {
        let issuer = settings.validate()?;
        Ok(Self { issuer, http: Http::new()?, settings, known: Mutex::new(Known::Nothing) })
    }

    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Where to send the browser.
    pub(crate) async fn authorize_url(
        &self,
        redirect: &str,
        state: String,
        secrets: &Secrets,
        lang: Lang,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let metadata = self.metadata(now).await?;
        let client = self.client(&metadata, redirect)?;
        let verifier = PkceCodeVerifier::new(secrets.pkce_verifier.clone());
        let nonce = Nonce::new(secrets.nonce.clone());
        let scopes =
            ["profile", "email"].into_iter().chain(self.settings.extra_scopes.iter().map(String::as_str));
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || nonce,
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_ui_locale(LanguageTag::new(lang.code().to_owned()))
            .url();
        Ok(url.into())
    }

    /// Who it is that the code was given for.
    pub(crate) async fn person(
        &self,
        redirect: &str,
        code: String,
        secrets: Secrets,
        now: Timestamp,
    ) -> Result<ProvidedPerson, ProviderError> {
        let metadata = self.metadata(now).await?;
        let client = self.client(&metadata, redirect)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| ProviderError::Unusable("it names no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.pkce_verifier))
            .request_async(&self.http)
            .await
            .map_err(token_error)?;
        let nonce = Nonce::new(secrets.nonce);
        let claims = match verify(&client, &tokens, &nonce, now) {
            Err(ProviderError::Token(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            ))) => {
                // The provider may have changed its keys since it was asked.
                let metadata = self.metadata_younger_than(FRESH, now).await?;
                verify(&self.client(&metadata, redirect)?, &tokens, &nonce, now)?
            }
            other => other?,
        };
        let info: UserInfoClaims<OtherClaims, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|_| ProviderError::Unusable("it names no userinfo endpoint".to_owned()))?
            .request_async(&self.http)
            .await
            .map_err(info_error)?;
        let wanted = Wanted {
            personal_number: &self.settings.personal_number_claim,
            groups: self.settings.groups_claim.as_deref(),
            staff_id: &self.settings.staff_id_claim,
        };
        Ok(ProvidedPerson::read(&info, Some(claims.additional_claims()), &wanted))
    }

    fn client(&self, metadata: &CoreProviderMetadata, redirect: &str) -> Result<Client, ProviderError> {
        let redirect = RedirectUrl::new(redirect.to_owned())
            .map_err(|error| ProviderError::Unusable(format!("our own address: {error}")))?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let client: Client = openidconnect::Client::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            self.settings.client_secret.clone(),
        );
        let how = if basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        Ok(client.set_redirect_uri(redirect).set_auth_type(how))
    }

    async fn metadata(&self, now: Timestamp) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        self.metadata_younger_than(CACHE, now).await
    }

    /// What the provider tells of itself, asked for at most once at a time.
    async fn metadata_younger_than(
        &self,
        age: SignedDuration,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let mut known = self.known.lock().await;
        match &*known {
            Known::Told { at, metadata } if now.duration_since(*at) < age => return Ok(Arc::clone(metadata)),
            Known::Silent { at, why } if now.duration_since(*at) < QUIET => {
                return Err(ProviderError::Silent(Arc::clone(why)));
            }
            Known::Told { .. } | Known::Silent { .. } | Known::Nothing => {}
        }
        match CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known::Told { at: now, metadata: Arc::clone(&metadata) };
                Ok(metadata)
            }
            Err(error) => {
                let why = Arc::new(HttpError::from_discovery(error));
                *known = Known::Silent { at: now, why: Arc::clone(&why) };
                Err(ProviderError::Silent(why))
            }
        }
    }
}

/// The claims of the ID token, if it is signed by the provider, for us, now, and for this sign-in.
fn verify(
    client: &Client,
    tokens: &Tokens,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<IdTokenClaims<OtherClaims, CoreGenderClaim>, ProviderError> {
    let token: &IdToken<
        OtherClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > = tokens.id_token().ok_or_else(|| ProviderError::Unusable("it gave no ID token".to_owned()))?;
    let verifier: IdTokenVerifier<'_, _> =
        client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || chrono_time(now));
    let claims = token.claims(&verifier, nonce).map_err(ProviderError::Token)?;
    if let Some(expected) = claims.access_token_hash() {
        let actual = token
            .signing_alg()
            .and_then(|algorithm| Ok((algorithm, token.signing_key(&verifier)?)))
            .map_err(|error| ProviderError::Token(ClaimsVerificationError::SignatureVerification(error)))
            .and_then(|(algorithm, key)| {
                AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
                    .map_err(|error| ProviderError::Unusable(error.to_string()))
            })?;
        if actual != *expected {
            return Err(ProviderError::Unusable("the access token is not the ID token's".to_owned()));
        }
    }
    Ok(claims.clone())
}

/// Parse errors quote what could not be read, which may be about a person: only that they happened is told.
fn token_error(
    error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> ProviderError {
    match error {
        RequestTokenError::ServerResponse(refusal) => ProviderError::Refused(refusal.error().to_string()),
        RequestTokenError::Request(error) => ProviderError::Silent(Arc::new(error)),
        RequestTokenError::Parse(..) => {
            ProviderError::Unusable("its token response is unreadable".to_owned())
        }
        RequestTokenError::Other(what) => ProviderError::Unusable(what),
    }
}

fn info_error(error: UserInfoError<HttpError>) -> ProviderError {
    match error {
        UserInfoError::ClaimsVerification(error) => ProviderError::Token(error),
        UserInfoError::Request(error) => ProviderError::Silent(Arc::new(error)),
        UserInfoError::Response(status, _, what) => {
            ProviderError::Unusable(format!("userinfo answered {status}: {what}"))
        }
        _ => ProviderError::Unusable("its userinfo is unreadable".to_owned()),
    }
}

/// An instant as openidconnect counts it.
fn chrono_time(at: Timestamp) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(at.as_second(), 0).unwrap_or_default()
}
