//! Questions about what cannot be booked directly, and what was written about them.

use booking_domain::{EnquiryState, Purpose, PurposeKind};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, CustomerId, EnquiryId, FacilityId, PersonId, ResourceId};
use uuid::Uuid;

/// Enquiries in a list at most.
const LISTED_MAX: i64 = 200;

/// An enquiry as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enquiry {
    /// Which.
    pub id: EnquiryId,
    /// Its number, as people see it.
    pub number: u64,
    /// Whose facility it is about.
    pub authority: AuthorityId,
    /// Where.
    pub facility: FacilityId,
    /// About what.
    pub resource: ResourceId,
    /// Who asks.
    pub asker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer was called then.
    pub customer_name: String,
    /// When roughly, in the asker's words.
    pub wished: String,
    /// The time that was pointed at.
    pub wished_at: Option<Timestamp>,
    /// What for.
    pub purpose: String,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// How many come.
    pub persons: Option<u32>,
    /// How it stands.
    pub state: EnquiryState,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Why it was ended without a booking.
    pub end_reason: Option<String>,
    /// What it became.
    pub booking: Option<BookingId>,
}

/// An enquiry that is to be written.
#[derive(Debug)]
pub struct NewEnquiry<'a> {
    /// Its id.
    pub id: EnquiryId,
    /// Whose facility it is about.
    pub authority: AuthorityId,
    /// Where.
    pub facility: FacilityId,
    /// About what.
    pub resource: ResourceId,
    /// Who asks.
    pub asker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer is called now.
    pub customer_name: &'a str,
    /// When roughly.
    pub wished: &'a str,
    /// The time that was pointed at.
    pub wished_at: Option<Timestamp>,
    /// What for.
    pub purpose: &'a Purpose,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// How many come.
    pub persons: Option<u32>,
}

/// A message about an enquiry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// What.
    pub text: String,
    /// Whether staff wrote it.
    pub staff: bool,
    /// Who, by name.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

struct Row {
    id: Uuid,
    number: i64,
    authority_id: Uuid,
    facility_id: Uuid,
    resource_id: Uuid,
    asker_id: Uuid,
    customer_id: Uuid,
    customer_name: String,
    wished: String,
    wished_at: Option<jiff_sqlx::Timestamp>,
    purpose: String,
    purpose_kind: String,
    persons: Option<i32>,
    status: String,
    asked_at: jiff_sqlx::Timestamp,
    end_reason: Option<String>,
    booking_id: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<Enquiry, sqlx::Error> {
        let unknown = |what: &str| sqlx::Error::Decode(format!("enquiry {}: {what}", self.id).into());
        Ok(Enquiry {
            state: EnquiryState::parse(&self.status).ok_or_else(|| unknown("its state"))?,
            purpose_kind: PurposeKind::parse(&self.purpose_kind).ok_or_else(|| unknown("its purpose"))?,
            id: self.id.into(),
            number: self.number.unsigned_abs(),
            authority: self.authority_id.into(),
            facility: self.facility_id.into(),
            resource: self.resource_id.into(),
            asker: self.asker_id.into(),
            customer: self.customer_id.into(),
            customer_name: self.customer_name,
            wished: self.wished,
            wished_at: self.wished_at.map(jiff_sqlx::Timestamp::to_jiff),
            purpose: self.purpose,
            persons: self.persons.and_then(|persons| u32::try_from(persons).ok()),
            asked_at: self.asked_at.to_jiff(),
            end_reason: self.end_reason,
            booking: self.booking_id.map(BookingId::new),
        })
    }
}

/// Writes an enquiry, with the next number of the series that bookings have, which it returns.
pub async fn insert(tx: &mut TenantTx, new: &NewEnquiry<'_>) -> Result<u64, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let number = sqlx::query_scalar!(
        "WITH number AS (
           INSERT INTO booking.number_series AS series (tenant_id, last) VALUES ($1, 1001)
           ON CONFLICT (tenant_id) DO UPDATE SET last = series.last + 1
           RETURNING last
         )
         INSERT INTO booking.enquiry
           (tenant_id, id, number, authority_id, facility_id, resource_id, asker_id, customer_id, customer_name,
            wished, wished_at, purpose, purpose_kind, persons, status, asked_at)
         SELECT $1, $2, last, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'waiting', $14 FROM number
         RETURNING number",
        tenant,
        new.id.uuid(),
        new.authority.uuid(),
        new.facility.uuid(),
        new.resource.uuid(),
        new.asker.uuid(),
        new.customer.uuid(),
        new.customer_name,
        new.wished,
        new.wished_at.map(Timestamp::to_sqlx) as _,
        new.purpose.as_str(),
        new.purpose_kind.key(),
        new.persons.and_then(|persons| i32::try_from(persons).ok()),
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(number.unsigned_abs())
}

/// One enquiry, locked until the transaction ends.
pub async fn find(tx: &mut TenantTx, id: EnquiryId) -> Result<Option<Enquiry>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, number, authority_id, facility_id, resource_id, asker_id, customer_id, customer_name, wished,
                  wished_at AS "wished_at: jiff_sqlx::Timestamp", purpose, purpose_kind, persons, status,
                  asked_at AS "asked_at: jiff_sqlx::Timestamp", end_reason, booking_id
             FROM booking.enquiry WHERE id = $1 FOR UPDATE"#,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::read).transpose()
}

/// What somebody has asked, newest first.
pub async fn of_person(tx: &mut TenantTx, asker: PersonId) -> Result<Vec<Enquiry>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, number, authority_id, facility_id, resource_id, asker_id, customer_id, customer_name, wished,
                  wished_at AS "wished_at: jiff_sqlx::Timestamp", purpose, purpose_kind, persons, status,
                  asked_at AS "asked_at: jiff_sqlx::Timestamp", end_reason, booking_id
             FROM booking.enquiry WHERE asker_id = $1 ORDER BY asked_at DESC, number DESC LIMIT $2"#,
        asker.uuid(),
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Enquiries of these authorities that have not ended: those that wait for an officer first, oldest first.
pub async fn open_of(tx: &mut TenantTx, authorities: &[AuthorityId]) -> Result<Vec<Enquiry>, sqlx::Error> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, number, authority_id, facility_id, resource_id, asker_id, customer_id, customer_name, wished,
                  wished_at AS "wished_at: jiff_sqlx::Timestamp", purpose, purpose_kind, persons, status,
                  asked_at AS "asked_at: jiff_sqlx::Timestamp", end_reason, booking_id
             FROM booking.enquiry WHERE authority_id = any($1) AND status IN ('waiting', 'answered')
            ORDER BY status DESC, asked_at, number LIMIT $2"#,
        &ids,
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Makes one person's enquiries wait for each other, so that no two find the last free place, and counts those that have
/// not ended.
pub async fn open_count(tx: &mut TenantTx, asker: PersonId) -> Result<usize, sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('enquiries ' || $1, 0))", asker.to_string())
        .execute(tx.conn())
        .await?;
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM booking.enquiry
            WHERE asker_id = $1 AND status IN ('waiting', 'answered')"#,
        asker.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Writes how an enquiry stands while it goes on.
pub async fn set_state(tx: &mut TenantTx, id: EnquiryId, state: EnquiryState) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE booking.enquiry SET status = $2 WHERE id = $1", id.uuid(), state.key())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends an enquiry: by a booking, or by a reason.
pub async fn end(
    tx: &mut TenantTx,
    id: EnquiryId,
    state: EnquiryState,
    by: PersonId,
    reason: Option<&str>,
    booking: Option<BookingId>,
) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE booking.enquiry SET status = $2, ended_at = $3, ended_by = $4, end_reason = $5, booking_id = $6
          WHERE id = $1",
        id.uuid(),
        state.key(),
        now,
        by.uuid(),
        reason,
        booking.map(BookingId::uuid)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was written about an enquiry, in order.
pub async fn messages(tx: &mut TenantTx, id: EnquiryId) -> Result<Vec<Written>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT message.text, message.staff, person.name AS "name!", message.written_at
             FROM booking.enquiry_message message
             JOIN pub.person_v1 person ON person.tenant_id = message.tenant_id AND person.id = message.author_id
            WHERE message.enquiry_id = $1 ORDER BY message.written_at, message.id"#,
        id.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Written {
            text: row.text,
            staff: row.staff,
            author: row.name,
            at: row.written_at.to_jiff(),
        })
        .collect())
}

/// Writes a message about an enquiry.
pub async fn add_message(
    tx: &mut TenantTx,
    id: EnquiryId,
    author: PersonId,
    staff: bool,
    text: &str,
) -> Result<(), sqlx::Error> {
    let (tenant, now, message) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO booking.enquiry_message (tenant_id, id, enquiry_id, author_id, staff, text, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        message,
        id.uuid(),
        author.uuid(),
        staff,
        text,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
