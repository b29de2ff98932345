//! What officers and those who booked write to each other, and what else those who booked were told.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, PersonId};
use uuid::Uuid;

use super::StoreError;

/// Texts of one booking at most: a conversation that is longer is held by telephone.
pub const THREAD_MAX: i64 = 200;
/// Messages to who booked that are shown at most, the newest first.
const TOLD_MAX: i64 = 50;
/// Bookings whose customers wait for an answer that are listed at most.
const WAITING_MAX: i64 = 50;

/// Something that was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    pub author: String,
    pub staff: bool,
    pub words: String,
    pub at: Timestamp,
}

/// A message that who booked was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub kind: String,
    pub about: Option<String>,
    pub channel: String,
    pub status: String,
    pub delivery: Option<String>,
    pub at: Timestamp,
}

/// A booking whose customer waits for an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub booking: BookingId,
    pub number: i64,
    pub customer_name: String,
    pub text: String,
    pub at: Timestamp,
}

/// What was written about a booking, the oldest first.
pub async fn of_booking(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<Text>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT author.name AS "name!", text.staff, text.text, text.written_at FROM booking.thread_text text
           JOIN pub.person_v1 author ON author.tenant_id = text.tenant_id AND author.id = text.author_id
          WHERE text.booking_id = $1 ORDER BY text.id LIMIT $2"#,
        booking.uuid(),
        THREAD_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let texts = rows.into_iter().map(|row| Text {
        author: row.name,
        staff: row.staff,
        words: row.text,
        at: row.written_at.to_jiff(),
    });
    Ok(texts.collect())
}

/// Writes something, unless the thread is full. The booking is locked by the caller.
pub async fn write(
    tx: &mut TenantTx,
    booking: BookingId,
    (author, staff): (PersonId, bool),
    text: &str,
) -> Result<Option<Uuid>, StoreError> {
    let (tenant, id, now) = (tx.tenant().uuid(), tx.new_id::<Uuid>(), tx.now().to_sqlx());
    let done = sqlx::query!(
        "INSERT INTO booking.thread_text (tenant_id, id, booking_id, author_id, staff, text, written_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
          WHERE (SELECT count(*) FROM booking.thread_text WHERE booking_id = $3) < $8",
        tenant,
        id,
        booking.uuid(),
        author.uuid(),
        staff,
        text,
        now as _,
        THREAD_MAX
    )
    .execute(tx.conn())
    .await?;
    Ok((done.rows_affected() > 0).then_some(id))
}

/// One text of a booking.
pub async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("SELECT text FROM booking.thread_text WHERE id = $1", id)
        .fetch_optional(tx.conn())
        .await?)
}

/// What who booked was sent about a booking, the newest first.
pub async fn told(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<Told>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind!", about, channel AS "channel!", status AS "status!", delivery,
                  coalesce(settled_at, created_at) AS "at!: jiff_sqlx::Timestamp"
             FROM pub.message_told_v1 WHERE booking_id = $1 ORDER BY message_id DESC LIMIT $2"#,
        booking.uuid(),
        TOLD_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let told = rows.into_iter().map(|row| Told {
        kind: row.kind,
        about: row.about,
        channel: row.channel,
        status: row.status,
        delivery: row.delivery,
        at: row.at.to_jiff(),
    });
    Ok(told.collect())
}

/// Bookings of these authorities of which the customer has written last, who has waited longest first.
pub async fn waiting(
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
    since: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    let authorities: Vec<Uuid> = authorities.iter().map(|authority| authority.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT booking.id, booking.number, booking.customer_name, last.text, last.written_at
           FROM booking.thread_text last
           JOIN booking.booking booking ON booking.tenant_id = last.tenant_id AND booking.id = last.booking_id
          WHERE booking.authority_id = any($1) AND NOT last.staff AND last.written_at > $2
            AND NOT EXISTS (SELECT FROM booking.thread_text later
                             WHERE later.tenant_id = last.tenant_id AND later.booking_id = last.booking_id
                               AND later.id > last.id)
          ORDER BY last.id LIMIT $3",
        &authorities,
        since.to_sqlx() as _,
        WAITING_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        booking: row.id.into(),
        number: row.number,
        customer_name: row.customer_name,
        text: row.text,
        at: row.written_at.to_jiff(),
    });
    Ok(waiting.collect())
}
