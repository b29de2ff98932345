//! Where the program is told of what happens.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Json, OriginalUri, Path};
use axum::response::{IntoResponse, Response};
use cloud_kernel::{Actor, VaultError};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use openapi_domain::Scope;
use protocols_ids::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::shapes;
use crate::api::caller::Caller;
use crate::api::once::Request;
use crate::api::problem::{ChangeProblems, Kind, Problem, Problems};
use crate::store::webhooks::{self as rows, WEBHOOKS_MAX};
use crate::webhooks::send::Target;
use crate::webhooks::{KINDS, Receivers, Woken, new_secret};

/// The receivers of the program.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    webhooks: Vec<Webhook>,
}

/// A receiver.
#[derive(Serialize, ToSchema)]
pub(crate) struct Webhook {
    id: Uuid,
    url: String,
    /// What it is told of.
    events: Vec<String>,
    /// `active`, or `parked`: it failed too often and is told nothing more until `…/replay`.
    #[schema(example = "active")]
    status: &'static str,
    /// When it last took a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    last_told_at: Option<Timestamp>,
    /// Why it did not take the message whose turn it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_error: Option<String>,
}

impl Webhook {
    fn of(known: &rows::Webhook) -> Self {
        Self {
            id: known.id,
            url: known.url.clone(),
            events: known.kinds.clone(),
            status: if known.parked_at.is_some() { "parked" } else { "active" },
            last_told_at: known.last_told_at,
            last_error: known.last_error.clone(),
        }
    }
}

/// A receiver that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// `https://` and on the open internet.
    #[schema(min_length = 1, max_length = 500)]
    url: String,
    /// `booking.requested`, `booking.confirmed`, `booking.changed`, `booking.refused`, `booking.cancelled`.
    #[schema(min_items = 1, max_items = 5)]
    events: Vec<String>,
}

/// What messages are signed with.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookSecret {
    id: Uuid,
    /// For HMAC-SHA-256 over `id.timestamp.body`, as Standard Webhooks describes it. Shown this once.
    secret: String,
}

/// Which messages are to be told again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// What happened from then on.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// And before then.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// How many they are.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    messages: u64,
}

fn client(caller: &Caller) -> Result<Uuid, Problem> {
    caller.may(Scope::Webhooks)?;
    caller.client().ok_or_else(|| Problem::needs(Scope::Webhooks))
}

fn vault(error: VaultError) -> Problem {
    tracing::error!(%error, "a receiver's secret cannot be kept");
    Problem::new(Kind::Internal)
}

/// The receivers of the program, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    responses((status = 200, description = "The receivers", body = WebhookList), Problems),
)]
pub(crate) async fn list(caller: Caller) -> Result<Json<WebhookList>, Problem> {
    let client = client(&caller)?;
    let mut tx = caller.begin().await?;
    let all = rows::of_client(&mut tx, client).await?;
    tx.commit().await?;
    Ok(Json(WebhookList { webhooks: all.iter().map(Webhook::of).collect() }))
}

type Sent = Result<Bytes, BytesRejection>;

/// Adds a receiver, and says its secret.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    request_body = NewWebhook,
    responses((status = 201, description = "The receiver's secret", body = WebhookSecret), Problems, ChangeProblems),
)]
pub(crate) async fn create(
    caller: Caller,
    Extension(receivers): Extension<Receivers>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    let client = client(&caller)?;
    let NewWebhook { url, mut events } = Request::read(uri.path(), &headers, body, true)?.json()?;
    Target::parse(&url, receivers).map_err(|error| Problem::field("url", "unusable", error.to_string()))?;
    events.sort_unstable();
    events.dedup();
    if events.is_empty() || !events.iter().all(|event| KINDS.contains(&event.as_str())) {
        let message = format!("must be some of {}", KINDS.join(", "));
        return Err(Problem::field("events", "unknown", message));
    }
    let mut tx = caller.begin().await?;
    let id = tx.new_id::<Uuid>();
    let (secret, sealed) = new_secret(&caller.visit.kernel, tx.tenant(), id).map_err(vault)?;
    if !rows::make(&mut tx, client, (id, &sealed), (&url, &events)).await? {
        let detail = format!("a program has at most {WEBHOOKS_MAX} receivers");
        return Err(Problem::new(Kind::Standing).detail(detail));
    }
    let detail = json!({ "client": client, "url": url, "events": events });
    tx.audit(Actor::Person(caller.person()), "openapi.webhook_made", Some(id), &detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(WebhookSecret { id, secret: secret.shown() })).into_response())
}

/// Gives a receiver another secret. For a day messages are signed with both.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/renew",
    tag = "webhooks",
    params(("webhook" = uuid::Uuid, Path, description = "Which")),
    responses((status = 200, description = "The new secret", body = WebhookSecret), Problems, ChangeProblems),
)]
pub(crate) async fn renew(
    caller: Caller,
    webhook: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<WebhookSecret>, Problem> {
    let (client, id) = (client(&caller)?, shapes::id(webhook)?);
    let mut tx = caller.begin().await?;
    let (secret, sealed) = new_secret(&caller.visit.kernel, tx.tenant(), id).map_err(vault)?;
    if !rows::renew(&mut tx, client, id, &sealed).await? {
        return Err(Problem::new(Kind::NotFound));
    }
    let detail = json!({ "client": client });
    tx.audit(Actor::Person(caller.person()), "openapi.webhook_renewed", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Json(WebhookSecret { id, secret: secret.shown() }))
}

/// Tells a receiver again what happened in a span of the last two weeks, and lets it be told again where it was parked.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/replay",
    tag = "webhooks",
    params(("webhook" = uuid::Uuid, Path, description = "Which")),
    request_body = Replay,
    responses((status = 200, description = "How much is told again", body = Replayed), Problems, ChangeProblems),
)]
pub(crate) async fn replay(
    caller: Caller,
    (OriginalUri(uri), webhook): (OriginalUri, Result<Path<Uuid>, PathRejection>),
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<Replayed>, Problem> {
    let (client, id) = (client(&caller)?, shapes::id(webhook)?);
    let Replay { from, to } = Request::read(uri.path(), &headers, body, true)?.json()?;
    let mut tx = caller.begin().await?;
    let again = rows::again(&mut tx, client, id, (from, to)).await?;
    let messages = again.ok_or(Problem::new(Kind::NotFound))?;
    tx.emit(&Woken { webhook: id }).await?;
    let detail = json!({ "client": client, "from": from, "to": to, "messages": messages });
    tx.audit(Actor::Person(caller.person()), "openapi.webhook_replayed", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Json(Replayed { messages }))
}

/// Takes a receiver away, with all that waits for it.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook}",
    tag = "webhooks",
    params(("webhook" = uuid::Uuid, Path, description = "Which")),
    responses((status = 204, description = "It is gone"), Problems),
)]
pub(crate) async fn remove(
    caller: Caller,
    webhook: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (client, id) = (client(&caller)?, shapes::id(webhook)?);
    let mut tx = caller.begin().await?;
    if !rows::remove(&mut tx, client, id).await? {
        return Err(Problem::new(Kind::NotFound));
    }
    let detail = json!({ "client": client });
    tx.audit(Actor::Person(caller.person()), "openapi.webhook_removed", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
