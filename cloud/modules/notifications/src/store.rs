//! The only SQL of the module.

pub(crate) mod list;
pub(crate) mod person;
pub(crate) mod records;
pub(crate) mod template;
pub(crate) mod watched;

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use notifications_domain::{Channel, Planned, Topic};
use protocols_ids::{BookingId, ContactId, EnquiryId, GuestId, PersonId};
use uuid::Uuid;

/// What a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Requested,
    Confirmed,
    Refused,
    Changed,
    Cancelled,
    /// By this change of many.
    Rearranged(Uuid),
    /// By this closure.
    Closed(Uuid),
    /// This closure is over.
    Opened(Uuid),
    GuestLetIn,
    GuestChanged,
    GuestTakenBack,
    ContactConfirmed,
    ContactChanged,
    ContactCancelled,
    ContactReleased,
    EnquiryReceived,
    EnquiryAnswered,
    EnquiryBooked,
    EnquiryClosed,
    CustomerInvited,
    ApplicationReceived,
    ApplicationApproved,
    ApplicationRefused,
    /// This text of the booking's thread.
    Written(Uuid),
    /// A time that somebody follows can be booked.
    WatchFound,
    /// What somebody reported is mended, or is no fault.
    FaultAnswered,
}

/// What a message is about; those about one thing are sent in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum About {
    Booking(BookingId),
    Enquiry(EnquiryId),
    /// An invitation or an application of the register of customers.
    CustomerMatter(Uuid),
    /// What was found together of what people follow.
    Notice(Uuid),
    /// An answer to somebody who reported a fault.
    FaultAnswer(Uuid),
}

impl About {
    /// The id of what it is about.
    pub(crate) const fn uuid(self) -> Uuid {
        match self {
            Self::Booking(id) => id.uuid(),
            Self::Enquiry(id) => id.uuid(),
            Self::CustomerMatter(id) | Self::Notice(id) | Self::FaultAnswer(id) => id,
        }
    }
}

/// Who reads a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    /// Who booked.
    Person(PersonId),
    /// Whom the booker lets in.
    Guest(GuestId),
    /// Who must know.
    Contact(ContactId),
    /// Whoever reads what is sent to an address: somebody who has not signed in.
    Invited,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "booking_requested",
            Self::Confirmed => "booking_confirmed",
            Self::Refused => "booking_refused",
            Self::Changed => "booking_changed",
            Self::Cancelled => "booking_cancelled",
            Self::Rearranged(_) => "rearranged",
            Self::Closed(_) => "closed",
            Self::Opened(_) => "opened",
            Self::Written(_) => "written",
            Self::GuestLetIn => "guest_let_in",
            Self::GuestChanged => "guest_changed",
            Self::GuestTakenBack => "guest_taken_back",
            Self::ContactConfirmed => "contact_confirmed",
            Self::ContactChanged => "contact_changed",
            Self::ContactCancelled => "contact_cancelled",
            Self::ContactReleased => "contact_released",
            Self::EnquiryReceived => "enquiry_received",
            Self::EnquiryAnswered => "enquiry_answered",
            Self::EnquiryBooked => "enquiry_booked",
            Self::EnquiryClosed => "enquiry_closed",
            Self::CustomerInvited => "customer_invited",
            Self::ApplicationReceived => "application_received",
            Self::ApplicationApproved => "application_approved",
            Self::ApplicationRefused => "application_refused",
            Self::WatchFound => "watch_found",
            Self::FaultAnswered => "fault_answered",
        }
    }

    /// What people choose channels by.
    pub(crate) const fn topic(self) -> Topic {
        match self {
            Self::Rearranged(_) | Self::Closed(_) | Self::Opened(_) => Topic::Disruptions,
            Self::WatchFound => Topic::Watched,
            Self::Requested
            | Self::Confirmed
            | Self::Refused
            | Self::Changed
            | Self::Cancelled
            | Self::GuestLetIn
            | Self::GuestChanged
            | Self::GuestTakenBack
            | Self::ContactConfirmed
            | Self::ContactChanged
            | Self::ContactCancelled
            | Self::ContactReleased
            | Self::EnquiryReceived
            | Self::EnquiryAnswered
            | Self::EnquiryBooked
            | Self::EnquiryClosed
            | Self::CustomerInvited
            | Self::ApplicationReceived
            | Self::ApplicationApproved
            | Self::ApplicationRefused
            | Self::FaultAnswered
            | Self::Written(_) => Topic::Bookings,
        }
    }

    /// As the table keeps it: what is about something beside the booking is a change of it.
    const fn stored(self) -> (&'static str, Option<(&'static str, Uuid)>) {
        match self {
            Self::Rearranged(id) | Self::Closed(id) | Self::Opened(id) | Self::Written(id) => {
                (Self::Changed.as_str(), Some((self.as_str(), id)))
            }
            Self::Requested
            | Self::Confirmed
            | Self::Refused
            | Self::Changed
            | Self::Cancelled
            | Self::GuestLetIn
            | Self::GuestChanged
            | Self::GuestTakenBack
            | Self::ContactConfirmed
            | Self::ContactChanged
            | Self::ContactCancelled
            | Self::ContactReleased
            | Self::EnquiryReceived
            | Self::EnquiryAnswered
            | Self::EnquiryBooked
            | Self::EnquiryClosed
            | Self::CustomerInvited
            | Self::ApplicationReceived
            | Self::ApplicationApproved
            | Self::ApplicationRefused
            | Self::WatchFound
            | Self::FaultAnswered => (self.as_str(), None),
        }
    }

    pub(crate) fn parse(
        kind: &str,
        about: Option<&str>,
        about_id: Option<Uuid>,
    ) -> Result<Self, sqlx::Error> {
        let all = [
            Self::Requested,
            Self::Confirmed,
            Self::Refused,
            Self::Changed,
            Self::Cancelled,
            Self::GuestLetIn,
            Self::GuestChanged,
            Self::GuestTakenBack,
            Self::ContactConfirmed,
            Self::ContactChanged,
            Self::ContactCancelled,
            Self::ContactReleased,
            Self::EnquiryReceived,
            Self::EnquiryAnswered,
            Self::EnquiryBooked,
            Self::EnquiryClosed,
            Self::CustomerInvited,
            Self::ApplicationReceived,
            Self::ApplicationApproved,
            Self::ApplicationRefused,
            Self::WatchFound,
            Self::FaultAnswered,
        ];
        let of = about_id
            .into_iter()
            .flat_map(|id| [Self::Rearranged(id), Self::Closed(id), Self::Opened(id), Self::Written(id)]);
        all.into_iter()
            .chain(of)
            .find(|known| known.stored() == (kind, about.zip(about_id)))
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
    pub(crate) reader: Reader,
    pub(crate) channel: Channel,
    pub(crate) recipient: String,
}

/// A message to be recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct New<'a> {
    pub(crate) kind: Kind,
    pub(crate) about: About,
    pub(crate) reader: Reader,
    pub(crate) recipient: Option<&'a str>,
    pub(crate) planned: Planned,
}

/// Records a message, queued or settled already. False when the event has been here before.
pub(crate) async fn record(
    tx: &mut TenantTx,
    new: &New<'_>,
    settled: Option<Settled>,
) -> Result<bool, sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    let later = Some(new.planned.at).filter(|at| *at > tx.now() && settled.is_none());
    let (stored, of) = new.kind.stored();
    let (person, guest, contact) = match new.reader {
        Reader::Person(person) => (Some(person.uuid()), None, None),
        Reader::Guest(guest) => (None, Some(guest.uuid()), None),
        Reader::Contact(contact) => (None, None, Some(contact.uuid())),
        Reader::Invited => (None, None, None),
    };
    let (booking, enquiry, matter, answer) = match new.about {
        About::Booking(id) => (Some(id.uuid()), None, None, None),
        About::Enquiry(id) => (None, Some(id.uuid()), None, None),
        About::CustomerMatter(id) => (None, None, Some(id), None),
        About::FaultAnswer(id) => (None, None, None, Some(id)),
        // These are recorded many at a time.
        About::Notice(_) => (None, None, None, None),
    };
    let done = sqlx::query!(
        "INSERT INTO notifications.message
           (tenant_id, id, kind, booking_id, person_id, recipient, status, reason, created_at, settled_at, guest_id,
            contact_id, enquiry_id, about, about_id, channel, send_at, customer_matter_id,
            fault_answer_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         ON CONFLICT DO NOTHING",
        tenant,
        id,
        stored,
        booking,
        person,
        new.recipient,
        settled.map_or("queued", Settled::status),
        settled.and_then(Settled::reason),
        now,
        settled.map(|_| now) as _,
        guest,
        contact,
        enquiry,
        of.map(|(of, _)| of),
        of.map(|(_, id)| id),
        new.planned.channel.as_str(),
        later.map(Timestamp::to_sqlx) as _,
        matter,
        answer
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The oldest message that may be sent now about something by a channel, locked.
pub(crate) async fn next_queued(
    tx: &mut TenantTx,
    about: About,
    channel: Channel,
) -> Result<Option<Message>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        r#"SELECT id, kind, about, about_id, person_id, guest_id, contact_id, recipient AS "recipient!"
             FROM notifications.message
            WHERE (booking_id = $1 OR enquiry_id = $1 OR customer_matter_id = $1 OR fault_answer_id = $1)
              AND channel = $2 AND status = 'queued'
              AND (send_at IS NULL OR send_at <= $3)
            ORDER BY id LIMIT 1 FOR UPDATE"#,
        about.uuid(),
        channel.as_str(),
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let reader = match (row.person_id, row.guest_id, row.contact_id) {
        (Some(person), None, None) => Reader::Person(person.into()),
        (None, Some(guest), None) => Reader::Guest(guest.into()),
        (None, None, Some(contact)) => Reader::Contact(contact.into()),
        (None, None, None)
            if [Kind::CustomerInvited, Kind::FaultAnswered].iter().any(|kind| row.kind == kind.as_str()) =>
        {
            Reader::Invited
        }
        _ => {
            return Err(sqlx::Error::Decode(format!("message {} has no one reader", row.id).into()));
        }
    };
    Ok(Some(Message {
        id: row.id,
        kind: Kind::parse(&row.kind, row.about.as_deref(), row.about_id)?,
        reader,
        channel,
        recipient: row.recipient,
    }))
}

/// When the first of what still waits about something by a channel may be sent.
pub(crate) async fn next_at(
    tx: &mut TenantTx,
    about: About,
    channel: Channel,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!(
        "SELECT min(send_at) FROM notifications.message
          WHERE (booking_id = $1 OR enquiry_id = $1 OR notice_id = $1) AND channel = $2 AND status = 'queued'",
        about.uuid(),
        channel.as_str()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Ends a message; what the provider calls it, where it is one that reports.
pub(crate) async fn settle(
    tx: &mut TenantTx,
    id: Uuid,
    settled: Settled,
    provider_id: Option<&str>,
) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE notifications.message SET status = $2, reason = $3, settled_at = $4, provider_id = $5 WHERE id = $1",
        id,
        settled.status(),
        settled.reason(),
        now,
        provider_id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what the network says of a short message that was sent. The first word stays: what has arrived is not lost
/// afterwards. False where there is nothing to say it of.
pub(crate) async fn delivered(tx: &mut TenantTx, id: Uuid, arrived: bool) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let done = sqlx::query!(
        "UPDATE notifications.message SET delivery = $2, delivered_at = $3
          WHERE id = $1 AND channel = 'sms' AND status = 'sent' AND delivery IS NULL",
        id,
        if arrived { "arrived" } else { "lost" },
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
