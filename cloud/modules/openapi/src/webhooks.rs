//! Programs are told of what happens: a message for each receiver, in order, until it is taken.
//!
//! ```text
//! event of booking ──▶ a message for each receiver that may know ──▶ its stream is woken
//!   stream of a receiver: the message whose turn it is ──taken──▶ the next one
//!                             │ not taken: later, and later (the worker's delays)
//!                             └ too often: parked; its program's page says so, and replay wakes it again
//! ```
//!
//! Messages carry ids. What a booking is, the receiver reads, with its token.

pub(crate) mod send;

use std::sync::Arc;
use std::time::Duration;

use cloud_contracts::{
    BookingCancelled, BookingChanged, BookingConfirmed, BookingRearranged, BookingRefused, BookingRequested,
    Bookings, PortError,
};
use cloud_kernel::{Delivery, Event, HandlerError, Kernel, TenantTx, VaultError, error_chain};
use openapi_domain::SigningSecret;
use protocols_ids::{BookingId, TenantId, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::send::{Outgoing, SendError, send};
use crate::store::webhooks::{self as rows, Webhook};

/// What can be told of.
pub(crate) const KINDS: [&str; 5] = [
    BookingRequested::KIND,
    BookingConfirmed::KIND,
    BookingChanged::KIND,
    BookingRefused::KIND,
    BookingCancelled::KIND,
];
/// The events of booking behind them.
pub(crate) const SUBSCRIPTIONS: [&str; 7] = [
    BookingRequested::KIND,
    BookingConfirmed::KIND,
    BookingChanged::KIND,
    BookingRearranged::KIND,
    BookingRefused::KIND,
    BookingCancelled::KIND,
    Woken::KIND,
];
/// After so many failures in a row a receiver is told nothing more: with the worker's delays that is an hour.
const FAILURES_MAX: u32 = 12;

/// How receivers are spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Receivers {
    /// How long one may take to answer. Its stream, and one of the worker's few places, wait so long.
    pub answer_within: Duration,
    /// Whether one may be on this machine, without TLS: in tests only.
    pub on_this_machine: bool,
}

impl Default for Receivers {
    fn default() -> Self {
        Self { answer_within: Duration::from_secs(5), on_this_machine: false }
    }
}

/// Something waits for a receiver. Its stream is the receiver's own, so that one that hangs holds up nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Woken {
    pub(crate) webhook: Uuid,
}

impl Event for Woken {
    const KIND: &'static str = "openapi.webhook_woken";
    fn stream(&self) -> String {
        format!("webhook:{}", self.webhook)
    }
}

/// Takes an event: of booking, to write messages about it; of a receiver's stream, to send the message whose turn it is.
pub(crate) async fn on_event(
    tx: &mut TenantTx,
    bookings: &Arc<dyn Bookings>,
    receivers: Receivers,
    delivery: &Delivery,
) -> Result<(), HandlerError> {
    if let Some(woken) = delivery.read::<Woken>() {
        return on_woken(tx, receivers, woken?.webhook).await;
    }
    let Some((kind, booking)) = happened(delivery)? else { return Ok(()) };
    let Some(summary) = bookings.summary(tx, booking).await.map_err(port_failed)? else { return Ok(()) };
    for webhook in rows::tell(tx, kind, &summary).await? {
        tx.emit(&Woken { webhook }).await?;
    }
    Ok(())
}

/// What happened to which booking, as programs are told of it.
fn happened(delivery: &Delivery) -> Result<Option<(&'static str, BookingId)>, HandlerError> {
    if let Some(event) = delivery.read::<BookingRequested>() {
        return Ok(Some((BookingRequested::KIND, event?.booking)));
    }
    if let Some(event) = delivery.read::<BookingConfirmed>() {
        return Ok(Some((BookingConfirmed::KIND, event?.booking)));
    }
    if let Some(event) = delivery.read::<BookingChanged>() {
        return Ok(Some((BookingChanged::KIND, event?.booking)));
    }
    if let Some(event) = delivery.read::<BookingRearranged>() {
        return Ok(Some((BookingChanged::KIND, event?.booking)));
    }
    if let Some(event) = delivery.read::<BookingRefused>() {
        return Ok(Some((BookingRefused::KIND, event?.booking)));
    }
    if let Some(event) = delivery.read::<BookingCancelled>() {
        return Ok(Some((BookingCancelled::KIND, event?.booking)));
    }
    Ok(None)
}

async fn on_woken(tx: &mut TenantTx, receivers: Receivers, id: Uuid) -> Result<(), HandlerError> {
    let Some(webhook) = rows::find(tx, id).await?.filter(|webhook| webhook.parked_at.is_none()) else {
        return Ok(());
    };
    let Some(message) = rows::next(tx, id).await? else { return Ok(()) };
    let now = tx.kernel().now();
    let body = json!({
        "type": message.kind, "timestamp": message.happened_at, "data": { "booking": message.subject },
    });
    let (message_id, body) = (message.id.to_string(), body.to_string());
    let signatures = signatures(tx, &webhook, &message_id, now.as_second(), &body).map_err(vault_failed)?;
    let outgoing =
        Outgoing { url: &webhook.url, id: &message_id, unix_seconds: now.as_second(), signatures, body };
    match send(receivers, outgoing).await {
        Ok(()) => {
            rows::told(tx, id, message.id).await?;
            // What was let be told again has no event of its own.
            if rows::next(tx, id).await?.is_some() {
                tx.emit(&Woken { webhook: id }).await?;
            }
            Ok(())
        }
        Err(error) => {
            let park = matches!(error, SendError::Gone) || webhook.failures.saturating_add(1) >= FAILURES_MAX;
            // Stays written when this transaction is given up.
            note_failure(tx.kernel().clone(), tx.tenant(), id, &error, park).await?;
            if park {
                return Ok(());
            }
            let what = "a receiver did not take its message".to_owned();
            Err(HandlerError::Outside { what, source: Box::new(error) })
        }
    }
}

async fn note_failure(
    kernel: Kernel,
    tenant: TenantId,
    webhook: Uuid,
    error: &SendError,
    park: bool,
) -> Result<(), sqlx::Error> {
    let mut tx = kernel.begin(tenant).await?;
    rows::failed(&mut tx, webhook, &error_chain(error), park).await?;
    tx.commit().await
}

/// The signatures by each secret that is good.
fn signatures(
    tx: &TenantTx,
    webhook: &Webhook,
    message: &str,
    unix_seconds: i64,
    body: &str,
) -> Result<String, VaultError> {
    let context = context(tx.tenant(), webhook.id);
    let sign = |sealed: &Vec<u8>| {
        let secret = tx.kernel().vault().open(&context, sealed)?;
        let secret = SigningSecret::kept(&secret).ok_or(VaultError::Damaged)?;
        Ok(secret.sign(message, unix_seconds, body))
    };
    let each: Result<Vec<String>, VaultError> = webhook.secrets.iter().map(sign).collect();
    Ok(each?.join(" "))
}

/// A new secret, and as it is kept.
pub(crate) fn new_secret(
    kernel: &Kernel,
    tenant: TenantId,
    webhook: Uuid,
) -> Result<(SigningSecret, Vec<u8>), VaultError> {
    let secret = SigningSecret::new(kernel.random().bytes());
    let sealed = kernel.vault().seal(kernel.random(), &context(tenant, webhook), secret.bytes())?;
    Ok((secret, sealed.0))
}

fn context(tenant: TenantId, webhook: Uuid) -> String {
    format!("openapi.webhook:{tenant}:{webhook}")
}

fn port_failed(error: PortError) -> HandlerError {
    HandlerError::Outside { what: "a booking could not be read".to_owned(), source: Box::new(error) }
}

fn vault_failed(error: VaultError) -> HandlerError {
    HandlerError::Outside { what: "a receiver's secret cannot be read".to_owned(), source: Box::new(error) }
}
