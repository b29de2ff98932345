//! Who calls: known by the token in `Authorization`, let through as often as it may, and written down.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use cloud_contracts::Customer;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel, TenantTx};
use http::header;
use http::request::Parts;
use openapi_domain::{Pace, Scope, SecretHash};
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde_json::json;

use super::problem::{Kind, Problem};
use crate::limits::Limits;
use crate::store::clients;
use crate::store::tokens::{self, Shown};
use crate::{Ports, SECRET_CHARS_MAX};

/// How often a person's own program may ask, a minute.
const PERSONS_RATE_PER_MINUTE: u32 = 60;

/// Somebody who shows a token that holds.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) visit: Visit,
    shown: Shown,
}

impl Caller {
    /// As whom it acts.
    pub(crate) const fn person(&self) -> PersonId {
        self.shown.person
    }

    /// The program that an administrator lets in; `None` where somebody's own token is shown.
    pub(crate) const fn client(&self) -> Option<Uuid> {
        self.shown.client
    }

    /// The client, or the person's token: whose repetitions are known by their key.
    pub(crate) fn holder(&self) -> Uuid {
        self.shown.client.unwrap_or(self.shown.token)
    }

    /// Goes on only where the token is good for it.
    pub(crate) fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.shown.scopes.has(scope) { Ok(()) } else { Err(Problem::needs(scope)) }
    }

    /// Begins a transaction in the tenant's rows.
    pub(crate) async fn begin(&self) -> Result<TenantTx, Problem> {
        Ok(self.visit.begin().await?)
    }

    /// Everybody that it may act for, by name.
    pub(crate) async fn customers(&self, tx: &mut TenantTx, ports: &Ports) -> Result<Vec<Customer>, Problem> {
        match self.shown.client {
            Some(client) => {
                let ids: Vec<CustomerId> = clients::customers(tx, client).await?;
                Ok(ports.book.with_ids(tx, &ids).await?)
            }
            None => Ok(ports.book.of_person(tx, self.shown.person).await?),
        }
    }
}

impl FromRequestParts<Kernel> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Kernel) -> Result<Self, Problem> {
        let visit = parts.extensions.get::<Visit>().cloned().ok_or(Failure::NotFound)?;
        let limits = parts.extensions.get::<Arc<Limits>>().cloned().ok_or(Failure::NotFound)?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let secret = bearer(parts).ok_or(Problem::new(Kind::NotAuthenticated))?;
        let mut tx = visit.begin().await?;
        let shown = tokens::shown(&mut tx, &SecretHash::of(secret)).await?;
        let shown = shown.ok_or(Problem::new(Kind::NotAuthenticated))?;
        let pace = Pace::a_minute(shown.rate_per_minute.unwrap_or(PERSONS_RATE_PER_MINUTE));
        limits.admit(shown.client.unwrap_or(shown.token), pace, tx.now()).map_err(Problem::too_often)?;
        let detail = json!({
            "client": shown.client, "token": shown.token, "method": parts.method.as_str(), "route": route,
        });
        let subject = Some(shown.client.unwrap_or(shown.token));
        tx.audit(Actor::Person(shown.person), "openapi.called", subject, &detail).await?;
        tokens::note_use(&mut tx, &shown).await?;
        tx.commit().await?;
        Ok(Self { visit, shown })
    }
}

/// The token in `Authorization: Bearer …` (RFC 6750 §2.1); none that is longer than ours are.
fn bearer(parts: &Parts) -> Option<&str> {
    let text = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && (1..=SECRET_CHARS_MAX).contains(&token.len())).then_some(token)
}
