//! `POST /api/oauth/token`: a client's secret for a token (RFC 6749 §4.4).
//!
//! | status | body | when |
//! |---|---|---|
//! | 200 | `{"access_token":"…","token_type":"Bearer","expires_in":3600,"scope":"…"}` | the secret is the client's |
//! | 400 | `{"error":"invalid_request"}`, `unsupported_grant_type`, `invalid_scope` | the request is none of these |
//! | 401 | `{"error":"invalid_client"}` | there is no such client, or its secret is another |
//! | 429 | `{"error":"slow_down"}` | asked too often for this client; `Retry-After` |

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Json};
use axum::response::{IntoResponse, Response};
use cloud_kernel::Actor;
use cloud_kernel::web::Visit;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use openapi_domain::{Pace, Scopes, SecretHash};
use percent_encoding::percent_decode_str;
use protocols_ids::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::SECRET_CHARS_MAX;
use crate::limits::Limits;
use crate::store::{clients, tokens};

/// How long a client's token holds.
const TOKEN_SECONDS: i64 = 3_600;
/// How often tokens are asked for, and secrets tried, for one client: ten a minute, and five at once. A token holds for an
/// hour, so that a program that keeps it is far below.
const PACE: Pace = Pace { every: SignedDuration::from_secs(6), burst: 5 };

/// What a client sends.
///
/// Fields that it has beside these are left alone (RFC 6749 §3.2).
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    #[serde(default)]
    grant_type: String,
    /// What the token is to be good for, with spaces between; without it all that the client may do.
    #[schema(nullable = false)]
    scope: Option<String>,
    /// The client, where it is not in `Authorization: Basic`.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Its secret, likewise.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// What it gets.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// For so many seconds.
    expires_in: i64,
    /// What it is good for.
    scope: String,
}

/// Why it gets none.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenError {
    /// As RFC 6749 §5.2 names them.
    error: &'static str,
}

/// Gives a token for a client's secret.
#[utoipa::path(
    post,
    path = "/api/oauth/token",
    tag = "tokens",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 400, description = "Not a request for a token", body = TokenError),
        (status = 401, description = "No such client, or another secret", body = TokenError),
        (status = 429, description = "Asked too often for this client", body = TokenError),
    ),
    security(()),
)]
pub(crate) async fn token(
    visit: Visit,
    Extension(limits): Extension<Arc<Limits>>,
    headers: HeaderMap,
    sent: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, Problem> {
    let Ok(Form(request)) = sent else { return Ok(refused("invalid_request")) };
    let basic = match basic(&headers) {
        Ok(basic) => basic,
        Err(NotBasic) => return Ok(unknown()),
    };
    if request.grant_type != "client_credentials" {
        let error = if request.grant_type.is_empty() { "invalid_request" } else { "unsupported_grant_type" };
        return Ok(refused(error));
    }
    let in_body = request.client_id.zip(request.client_secret);
    let (id, secret) = match (basic, in_body) {
        (Some(_), Some(_)) => return Ok(refused("invalid_request")),
        (Some(pair), None) | (None, Some(pair)) => pair,
        (None, None) => return Ok(unknown()),
    };
    let Ok(id) = id.parse::<Uuid>() else { return Ok(unknown()) };
    if secret.len() > SECRET_CHARS_MAX {
        return Ok(unknown());
    }
    let mut tx = visit.begin().await?;
    // Also whoever guesses at a client that there is not is slowed down: the answers do not tell them apart.
    if let Err(wait) = limits.admit(Uuid::new_v5(&id, b"token"), PACE, tx.now()) {
        let after = [(header::RETRY_AFTER, wait.seconds().to_string())];
        let error = Json(TokenError { error: "slow_down" });
        return Ok((StatusCode::TOO_MANY_REQUESTS, after, error).into_response());
    }
    let found = clients::find(&mut tx, id).await?.filter(|client| client.taken_back_at.is_none());
    let Some(client) = found.filter(|client| client.secret.matches(&SecretHash::of(&secret))) else {
        return Ok(unknown());
    };
    let scopes = match request.scope.as_deref().map(Scopes::parse) {
        None => client.scopes.clone(),
        Some(Ok(asked)) if client.scopes.covers(&asked) && !asked.is_empty() => asked,
        Some(_) => return Ok(refused("invalid_scope")),
    };
    let token = crate::new_token(&visit.kernel);
    let now = tx.now();
    let expires_at = now.checked_add(SignedDuration::from_secs(TOKEN_SECONDS)).unwrap_or(now);
    let row = (tx.new_id::<Uuid>(), &SecretHash::of(&token));
    tokens::give(&mut tx, client.id, row, &scopes, expires_at).await?;
    let detail = json!({ "client": client.id, "token": row.0, "scopes": scopes.keys() });
    tx.audit(Actor::Person(client.person), "openapi.token_given", Some(client.id), &detail).await?;
    tx.commit().await?;
    let answer = TokenAnswer {
        access_token: token,
        token_type: "Bearer",
        expires_in: TOKEN_SECONDS,
        scope: scopes.to_string(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(answer)).into_response())
}

fn refused(error: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, Json(TokenError { error })).into_response()
}

fn unknown() -> Response {
    let basic = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Hallport\""))];
    (StatusCode::UNAUTHORIZED, basic, Json(TokenError { error: "invalid_client" })).into_response()
}

/// There is an `Authorization`, and it is not what this asks for.
struct NotBasic;

/// The client and its secret in `Authorization: Basic …`, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, NotBasic> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let pair = || {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        let bytes =
            scheme.eq_ignore_ascii_case("basic").then(|| BASE64.decode(rest.trim().as_bytes()))?.ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        let plain = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        Some((plain(id)?, plain(secret)?))
    };
    pair().map(Some).ok_or(NotBasic)
}
