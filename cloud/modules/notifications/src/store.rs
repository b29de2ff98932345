//! The only SQL of the module.

use cloud_kernel::TenantTx;
use cloud_ui::Lang;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, PersonId};
use uuid::Uuid;

/// What a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Requested,
    Confirmed,
    Refused,
    Changed,
    Cancelled,
    /// By a change of many.
    Rearranged,
    /// By a closure.
    Closed,
    /// The closure is over.
    Opened,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "booking_requested",
            Self::Confirmed => "booking_confirmed",
            Self::Refused => "booking_refused",
            Self::Changed => "booking_changed",
            Self::Cancelled => "booking_cancelled",
            Self::Rearranged => "rearranged",
            Self::Closed => "closed",
            Self::Opened => "opened",
        }
    }

    /// As the table keeps it: what is about something beside the booking is a change of it.
    const fn stored(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rearranged | Self::Closed | Self::Opened => (Self::Changed.as_str(), Some(self.as_str())),
            Self::Requested | Self::Confirmed | Self::Refused | Self::Changed | Self::Cancelled => {
                (self.as_str(), None)
            }
        }
    }

    fn parse(kind: &str, about: Option<&str>) -> Result<Self, sqlx::Error> {
        let all = [
            Self::Requested,
            Self::Confirmed,
            Self::Refused,
            Self::Changed,
            Self::Cancelled,
            Self::Rearranged,
            Self::Closed,
            Self::Opened,
        ];
        all.into_iter()
            .find(|known| known.stored() == (kind, about))
            .ok_or_else(|| sqlx::Error::Decode(format!("unknown kind of message {kind:?} {about:?}").into()))
    }
}

/// How a message ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    /// The relay has it.
    Sent,
    /// The relay will never take it, and why.
    Failed(&'static str),
    /// It was not tried, and why.
    NotSent(&'static str),
}

impl Settled {
    pub(crate) const fn status(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed(_) => "failed",
            Self::NotSent(_) => "not_sent",
        }
    }

    const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Sent => None,
            Self::Failed(reason) | Self::NotSent(reason) => Some(reason),
        }
    }
}

/// A message that waits.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) recipient: String,
    pub(crate) lang: Lang,
    /// The change or the closure that it is about.
    pub(crate) about: Option<Uuid>,
}

/// Records a message about a change of many or a closure, as [`record`].
pub(crate) async fn record_about(
    tx: &mut TenantTx,
    (kind, about): (Kind, Uuid),
    booking: BookingId,
    person: PersonId,
    recipient: Option<&str>,
    settled: Option<Settled>,
) -> Result<bool, sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    let (stored, of) = kind.stored();
    let done = sqlx::query!(
        "INSERT INTO notifications.message
           (tenant_id, id, kind, booking_id, person_id, recipient, status, reason, created_at, settled_at, about,
            about_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (tenant_id, booking_id, about, about_id) WHERE about_id IS NOT NULL DO NOTHING",
        tenant,
        id,
        stored,
        booking.uuid(),
        person.uuid(),
        recipient,
        settled.map_or("queued", Settled::status),
        settled.and_then(Settled::reason),
        now,
        settled.map(|_| now) as _,
        of,
        about
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Records a message, queued or settled already. False when the event has been here before.
pub(crate) async fn record(
    tx: &mut TenantTx,
    kind: Kind,
    booking: BookingId,
    person: PersonId,
    recipient: Option<&str>,
    settled: Option<Settled>,
) -> Result<bool, sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    let done = sqlx::query!(
        "INSERT INTO notifications.message
           (tenant_id, id, kind, booking_id, person_id, recipient, status, reason, created_at, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant_id, booking_id, kind) WHERE kind <> 'booking_changed' DO NOTHING",
        tenant,
        id,
        kind.as_str(),
        booking.uuid(),
        person.uuid(),
        recipient,
        settled.map_or("queued", Settled::status),
        settled.and_then(Settled::reason),
        now,
        settled.map(|_| now) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The oldest message that waits about a booking, locked.
pub(crate) async fn next_queued(
    tx: &mut TenantTx,
    booking: BookingId,
) -> Result<Option<Message>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, kind, about, about_id, person_id, recipient AS "recipient!" FROM notifications.message
            WHERE booking_id = $1 AND status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE"#,
        booking.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let contact = tx.contact(row.person_id.into()).await?;
    Ok(Some(Message {
        id: row.id,
        kind: Kind::parse(&row.kind, row.about.as_deref())?,
        about: row.about_id,
        recipient: row.recipient,
        lang: contact.map(|contact| crate::lang(&contact.language)).unwrap_or_default(),
    }))
}

/// Ends a message.
pub(crate) async fn settle(tx: &mut TenantTx, id: Uuid, settled: Settled) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE notifications.message SET status = $2, reason = $3, settled_at = $4 WHERE id = $1",
        id,
        settled.status(),
        settled.reason(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
