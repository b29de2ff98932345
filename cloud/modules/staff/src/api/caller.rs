//! Who calls: the identity system, known by the municipality's token.

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Kernel, TenantTx};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use staff_domain::SecretHash;

use super::answer::Refused;
use crate::store::tokens;

/// Characters of a token at most: ours have fewer, and longer ones need not be hashed to be known as nobody's.
const TOKEN_CHARS_MAX: usize = 64;

/// The identity system, with a token that holds.
pub(crate) struct Caller {
    pub(crate) visit: Visit,
    pub(crate) headers: HeaderMap,
    method: String,
    path: String,
}

impl Caller {
    /// Begins a transaction in the municipality's rows.
    pub(crate) async fn begin(&self) -> Result<TenantTx, Refused> {
        Ok(self.visit.begin().await?)
    }

    /// The address of a resource.
    pub(crate) fn location(&self, path: &str) -> String {
        self.visit.kernel.service().url(&self.visit.tenant.host, &format!("/scim/v2/{path}"))
    }

    /// The answer; what was refused is written down for the administrators. That something is not there is no refusal:
    /// that is how one finds out.
    pub(crate) async fn told(&self, outcome: Result<Response, Refused>) -> Response {
        let refused = match outcome {
            Ok(response) => return response,
            Err(refused) => refused,
        };
        if refused.status() != StatusCode::NOT_FOUND
            && let Err(error) = self.write_down(&refused).await
        {
            tracing::error!(error = cloud_kernel::error_chain(&error), "a refusal is not written down");
        }
        refused.into_response()
    }

    async fn write_down(&self, refused: &Refused) -> Result<(), sqlx::Error> {
        let mut tx = self.visit.kernel.begin(self.visit.tenant.id).await?;
        let asked = (self.method.as_str(), self.path.as_str());
        tokens::refuse(&mut tx, asked, refused.status().as_u16(), &refused.detail()).await?;
        tx.commit().await
    }
}

impl FromRequestParts<Kernel> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Kernel) -> Result<Self, Refused> {
        let visit = parts.extensions.get::<Visit>().cloned().ok_or(Refused::Failed(Failure::NotFound))?;
        let shown = SecretHash::of(bearer(&parts.headers).ok_or(Refused::NotAuthenticated)?);
        let mut tx = visit.begin().await?;
        // Each is compared, in the same time whether it is the one or not.
        let mut found = None;
        for token in tokens::all(&mut tx).await? {
            if token.hash.is_some_and(|hash| hash.matches(&shown)) {
                found = Some(token);
            }
        }
        tokens::note_use(&mut tx, &found.ok_or(Refused::NotAuthenticated)?).await?;
        tx.commit().await?;
        let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
        Ok(Self { visit, headers: parts.headers.clone(), method, path })
    }
}

/// The token in `Authorization: Bearer …` (RFC 6750 §2.1); none that is longer than ours are.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && (1..=TOKEN_CHARS_MAX).contains(&token.len())).then_some(token)
}

/// What is sent.
pub(crate) type Sent = Result<Bytes, BytesRejection>;

/// A body as JSON. What is nested deeper than the reader goes is none.
pub(crate) fn read(sent: Sent) -> Result<Value, Refused> {
    let bytes = sent.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::TooLarge,
        _ => Refused::NotJson,
    })?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::NotJson)
}
