//! What the service asks the provider, machine to machine.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use http::{HeaderMap, StatusCode, header};
use openidconnect::core::{
    CoreClaimName, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreIdTokenFields,
    CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreSubjectIdentifierType, CoreTokenResponse, CoreTokenType,
};
use openidconnect::url::ParseError;
use openidconnect::{
    AccessToken, Audience, AuthUrl, EmptyAdditionalClaims, EmptyAdditionalProviderMetadata,
    EmptyExtraTokenFields, JsonWebKeySetUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PrivateSigningKey as _, ResponseTypes, Scope, StandardClaims, SubjectIdentifier, TokenUrl, UserInfoUrl,
};
use serde::Deserialize;
use serde_json::json;

use super::{CLIENT_ID, DemoPerson, DemoProvider, Grant, PERSONAL_NUMBER_CLAIM, SHORT};

/// Characters of a PKCE verifier (RFC 7636 §4.1).
const VERIFIER_CHARACTERS: std::ops::RangeInclusive<usize> = 43..=128;

/// The discovery document.
pub(super) async fn discovery(State(provider): State<Arc<DemoProvider>>) -> Response {
    match metadata(&provider) {
        Ok(metadata) => Json(metadata).into_response(),
        Err(error) => broken(&error),
    }
}

fn metadata(provider: &DemoProvider) -> Result<CoreProviderMetadata, ParseError> {
    let claims = ["sub", "name", "email", "email_verified", "locale", PERSONAL_NUMBER_CLAIM];
    Ok(CoreProviderMetadata::new(
        provider.issuer.clone(),
        AuthUrl::new(provider.url("/authorize"))?,
        JsonWebKeySetUrl::new(provider.url("/jwks"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![CoreJwsSigningAlgorithm::EdDsa],
        EmptyAdditionalProviderMetadata {},
    )
    .set_token_endpoint(Some(TokenUrl::new(provider.url("/token"))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(provider.url("/userinfo"))?))
    .set_token_endpoint_auth_methods_supported(Some(vec![CoreClientAuthMethod::None]))
    .set_scopes_supported(Some(
        ["openid", "profile", "email"].map(|scope| Scope::new(scope.to_owned())).to_vec(),
    ))
    .set_claims_supported(Some(claims.map(|claim| CoreClaimName::new(claim.to_owned())).to_vec())))
}

/// The public key.
pub(super) async fn jwks(State(provider): State<Arc<DemoProvider>>) -> Json<CoreJsonWebKeySet> {
    Json(CoreJsonWebKeySet::new(vec![provider.key.as_verification_key()]))
}

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    code: String,
    redirect_uri: String,
    client_id: String,
    code_verifier: String,
}

/// Gives tokens for a code, once.
pub(super) async fn token(
    State(provider): State<Arc<DemoProvider>>,
    Form(request): Form<TokenRequest>,
) -> Response {
    if request.grant_type != "authorization_code" {
        return refuse("unsupported_grant_type");
    }
    let grant = provider.take_code(&request.code).filter(|grant| {
        request.client_id == CLIENT_ID
            && grant.redirect_uri == request.redirect_uri
            && VERIFIER_CHARACTERS.contains(&request.code_verifier.len())
            && proves(&request.code_verifier, &grant.pkce_challenge)
    });
    let Some(grant) = grant else { return refuse("invalid_grant") };
    let Some(access) = provider.give_token(grant.person.clone()) else {
        return refuse("temporarily_unavailable");
    };
    match tokens(&provider, grant, access) {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Err(error) => broken(&error),
    }
}

fn proves(verifier: &str, challenge: &str) -> bool {
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() == challenge
}

fn tokens(
    provider: &DemoProvider,
    grant: Grant,
    access: String,
) -> Result<CoreTokenResponse, openidconnect::JsonWebTokenError> {
    let issued = chrono::DateTime::from_timestamp(provider.clock.now().as_second(), 0).unwrap_or_default();
    let claims = CoreIdTokenClaims::new(
        provider.issuer.clone(),
        vec![Audience::new(CLIENT_ID.to_owned())],
        issued + chrono::Duration::seconds(SHORT.as_secs()),
        issued,
        StandardClaims::new(SubjectIdentifier::new(grant.person.subject)),
        EmptyAdditionalClaims {},
    )
    .set_nonce(grant.nonce.map(Nonce::new));
    let access = AccessToken::new(access);
    let token = CoreIdToken::new(claims, &provider.key, CoreJwsSigningAlgorithm::EdDsa, Some(&access), None)?;
    let fields = CoreIdTokenFields::new(Some(token), EmptyExtraTokenFields {});
    Ok(CoreTokenResponse::new(access, CoreTokenType::Bearer, fields))
}

/// Who the access token is about.
pub(super) async fn userinfo(State(provider): State<Arc<DemoProvider>>, headers: HeaderMap) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer.and_then(|token| provider.token_of(token)) {
        Some(person) => ([(header::CACHE_CONTROL, "no-store")], Json(claims(&person))).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn claims(person: &DemoPerson) -> serde_json::Value {
    json!({
        "sub": person.subject,
        "name": person.name,
        "email": person.email,
        "email_verified": true,
        "locale": "sv",
        PERSONAL_NUMBER_CLAIM: person.personal_number,
    })
}

/// An error as RFC 6749 §5.2 writes it.
fn refuse(error: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "the demonstration's sign-in is broken");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
