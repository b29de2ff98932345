//! Requests that an officer decides, and what staff say of a booking among themselves.

use std::collections::BTreeMap;

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, PersonId};
use uuid::Uuid;

use super::{Booking, Head, StoreError, with_times};

/// Requests in an officer's queue at most, the first of them; the page says when there are more.
pub const QUEUE_MAX: i64 = 200;

/// The requests of these authorities, those with priority first, then oldest first.
pub async fn queue(tx: &mut TenantTx, authorities: &[AuthorityId]) -> Result<Vec<Booking>, StoreError> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let heads = heads!(
        tx,
        "WHERE status = 'requested' AND authority_id = any($1)
          ORDER BY priority, created_at, number LIMIT $2",
        &ids,
        QUEUE_MAX
    )
    .await?;
    with_times(tx, heads).await
}

/// Writes that a request goes first in the queue, with which group of the rules.
pub async fn goes_first(
    tx: &mut TenantTx,
    id: BookingId,
    place: usize,
    group: &str,
) -> Result<(), StoreError> {
    // No list of groups is longer than the column can count.
    let place = i16::try_from(place).unwrap_or(i16::MAX);
    sqlx::query!(
        "UPDATE booking.booking SET priority = $2, priority_name = $3 WHERE id = $1",
        id.uuid(),
        place,
        group
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The groups with which these requests go first, of those that do.
pub async fn groups(
    tx: &mut TenantTx,
    requests: &[Booking],
) -> Result<BTreeMap<BookingId, String>, StoreError> {
    let ids: Vec<Uuid> = requests.iter().map(|request| request.id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, priority_name AS "name!" FROM booking.booking
            WHERE id = any($1) AND priority_name IS NOT NULL"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.name)).collect())
}

/// Who decides, by what right, and why.
#[derive(Clone, Copy, Debug)]
pub struct Ruling<'a> {
    /// Who.
    pub by: PersonId,
    /// By which delegation; `None` where the authority has written none.
    pub delegation: Option<Uuid>,
    /// Why; empty where nothing is said.
    pub reason: &'a str,
}

/// Writes that a request was granted.
pub async fn approve(tx: &mut TenantTx, id: BookingId, ruling: Ruling<'_>) -> Result<(), StoreError> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE booking.booking
            SET status = 'confirmed', decided_at = $2, decided_by = $3, decision_reason = nullif($4, ''),
                delegation_id = $5
          WHERE id = $1",
        id.uuid(),
        now,
        ruling.by.uuid(),
        ruling.reason,
        ruling.delegation
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that a request was refused, and gives back what it kept.
pub async fn refuse(tx: &mut TenantTx, id: BookingId, ruling: Ruling<'_>) -> Result<(), StoreError> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH booking AS (
           UPDATE booking.booking
              SET status = 'refused', decided_at = $2, decided_by = $3, decision_reason = $4, delegation_id = $5
            WHERE id = $1
         )
         DELETE FROM booking.occupancy taken USING booking.occurrence time
          WHERE time.booking_id = $1
            AND taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id",
        id.uuid(),
        now,
        ruling.by.uuid(),
        ruling.reason,
        ruling.delegation
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What somebody of the staff said of a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What.
    pub text: String,
    /// Who, by name.
    pub author: String,
    /// When.
    pub written_at: Timestamp,
}

/// Notes on one booking at most that are shown, newest first.
const NOTES_MAX: i64 = 100;

/// What was said of a booking, newest first.
pub async fn notes(tx: &mut TenantTx, id: BookingId) -> Result<Vec<Note>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT note.text, person.name AS "name!", note.written_at
           FROM booking.note note
           JOIN pub.person_v1 person ON person.tenant_id = note.tenant_id AND person.id = note.author_id
          WHERE note.booking_id = $1 ORDER BY note.written_at DESC, note.id LIMIT $2"#,
        id.uuid(),
        NOTES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Note { text: row.text, author: row.name, written_at: row.written_at.to_jiff() })
        .collect())
}

/// Writes a note.
pub async fn add_note(
    tx: &mut TenantTx,
    id: BookingId,
    author: PersonId,
    text: &str,
) -> Result<(), StoreError> {
    let (tenant, now, note) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO booking.note (tenant_id, id, booking_id, author_id, text, written_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        note,
        id.uuid(),
        author.uuid(),
        text,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
