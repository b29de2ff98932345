//! Messages as people and officers read of them.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use notifications_domain::Channel;
use protocols_ids::PersonId;
use uuid::Uuid;

use super::{About, Kind, Reader};

/// What became of a message, as the table has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// It waits, until then where it waits for an hour.
    Queued(Option<Timestamp>),
    /// Relay or provider has it; `Some(true)` where the network says that it arrived, `Some(false)` that it did not.
    Sent(Option<bool>),
    /// It was not sent, and why.
    Unsent(String),
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Written {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) about: About,
    pub(crate) reader: Reader,
    pub(crate) channel: Channel,
    pub(crate) recipient: Option<String>,
    pub(crate) state: State,
    pub(crate) at: Timestamp,
}

struct Row {
    id: Uuid,
    kind: String,
    about: Option<String>,
    about_id: Option<Uuid>,
    booking_id: Option<Uuid>,
    enquiry_id: Option<Uuid>,
    notice_id: Option<Uuid>,
    customer_matter_id: Option<Uuid>,
    fault_answer_id: Option<Uuid>,
    person_id: Option<Uuid>,
    guest_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    channel: String,
    recipient: Option<String>,
    status: String,
    reason: Option<String>,
    delivery: Option<String>,
    created_at: jiff_sqlx::Timestamp,
    settled_at: Option<jiff_sqlx::Timestamp>,
    send_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn read(self) -> Result<Written, sqlx::Error> {
        let odd = || sqlx::Error::Decode(format!("message {} is about nothing we know", self.id).into());
        let about = match (
            self.booking_id,
            self.enquiry_id,
            self.notice_id,
            self.customer_matter_id,
            self.fault_answer_id,
        ) {
            (Some(id), None, None, None, None) => About::Booking(id.into()),
            (None, Some(id), None, None, None) => About::Enquiry(id.into()),
            (None, None, Some(id), None, None) => About::Notice(id),
            (None, None, None, Some(id), None) => About::CustomerMatter(id),
            (None, None, None, None, Some(id)) => About::FaultAnswer(id),
            _ => return Err(odd()),
        };
        let reader = match (self.person_id, self.guest_id, self.contact_id) {
            (Some(id), None, None) => Reader::Person(id.into()),
            (None, Some(id), None) => Reader::Guest(id.into()),
            (None, None, Some(id)) => Reader::Contact(id.into()),
            (None, None, None) => Reader::Invited,
            _ => return Err(odd()),
        };
        let state = match self.status.as_str() {
            "queued" => State::Queued(self.send_at.map(jiff_sqlx::Timestamp::to_jiff)),
            "sent" => State::Sent(self.delivery.as_deref().map(|delivery| delivery == "arrived")),
            _ => State::Unsent(self.reason.clone().unwrap_or_default()),
        };
        Ok(Written {
            id: self.id,
            kind: Kind::parse(&self.kind, self.about.as_deref(), self.about_id)?,
            about,
            reader,
            channel: Channel::parse(&self.channel).ok_or_else(odd)?,
            recipient: self.recipient,
            state,
            at: self.settled_at.unwrap_or(self.created_at).to_jiff(),
        })
    }
}

/// The newest messages to a person that are older than `before`.
pub(crate) async fn of_person(
    tx: &mut TenantTx,
    person: PersonId,
    before: Option<Uuid>,
    at_most: i64,
) -> Result<Vec<Written>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, kind, about, about_id, booking_id, enquiry_id, notice_id, customer_matter_id, fault_answer_id, person_id, guest_id, contact_id, channel, recipient,
                status, reason, delivery, created_at, settled_at, send_at
           FROM notifications.message WHERE person_id = $1 AND id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
          ORDER BY id DESC LIMIT $3",
        person.uuid(),
        before,
        at_most
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// What did not reach anybody since then, newest first; what was overtaken by something else is not among it.
pub(crate) async fn unsent(
    tx: &mut TenantTx,
    since: Timestamp,
    reasons: &[&str],
    at_most: i64,
) -> Result<Vec<Written>, sqlx::Error> {
    let reasons: Vec<String> = reasons.iter().map(|reason| (*reason).to_owned()).collect();
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, kind, about, about_id, booking_id, enquiry_id, notice_id, customer_matter_id, fault_answer_id, person_id, guest_id, contact_id, channel, recipient,
                status, reason, delivery, created_at, settled_at, send_at
           FROM notifications.message
          WHERE (status IN ('failed', 'not_sent') OR delivery = 'lost') AND created_at > $1
            AND (reason = any($2) OR delivery = 'lost')
          ORDER BY created_at DESC, id LIMIT $3",
        since.to_sqlx(),
        &reasons,
        at_most
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// One message, locked.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Written>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, kind, about, about_id, booking_id, enquiry_id, notice_id, customer_matter_id, fault_answer_id, person_id, guest_id, contact_id, channel, recipient,
                status, reason, delivery, created_at, settled_at, send_at
           FROM notifications.message WHERE id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::read).transpose()
}

/// Has a message sent again, to this address.
pub(crate) async fn again(tx: &mut TenantTx, id: Uuid, recipient: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE notifications.message SET status = 'queued', reason = NULL, settled_at = NULL, send_at = NULL,
                delivery = NULL, delivered_at = NULL, provider_id = NULL, recipient = $2
          WHERE id = $1",
        id,
        recipient
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
