//! Times that are held while somebody looks at price and terms.
//!
//! A hold is a booking whose rows of space have an end. Once that has passed it holds nothing, whoever has swept its
//! rows; it is never shown among bookings, and taken again it is the same row.

use std::collections::BTreeSet;

use booking_domain::Span;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, FacilityId, OccurrenceId, PartId, PersonId};
use uuid::Uuid;

use super::{Booking, Head, StoreError, with_times};

/// One hold of a person after the other, until the transaction ends, so that they are counted.
pub async fn one_at_a_time(tx: &mut TenantTx, person: PersonId) -> Result<(), StoreError> {
    let name = format!("hold {} {person}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 43))", name).execute(tx.conn()).await?;
    Ok(())
}

/// What a person holds now, locked until the transaction ends. Locked before any part, as every change of a booking is.
pub async fn lock_of(tx: &mut TenantTx, person: PersonId) -> Result<Vec<BookingId>, StoreError> {
    let now = tx.now().to_sqlx();
    let ids = sqlx::query_scalar!(
        "SELECT id FROM booking.booking WHERE booker_id = $1 AND status = 'held' AND held_until > $2
          ORDER BY id FOR UPDATE",
        person.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(BookingId::new).collect())
}

/// What a person holds now.
pub async fn of_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Booking>, StoreError> {
    let now = tx.now().to_sqlx();
    let heads = sqlx::query_as!(
        Head,
        "SELECT id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose, purpose_kind,
                persons, age_group, gender, status, held_until, cancelled_at, approval_reasons, decide_by, decided_at,
                decision_reason, price_ore
           FROM booking.booking WHERE booker_id = $1 AND status = 'held' AND held_until > $2
          ORDER BY held_until, id",
        person.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    with_times(tx, heads).await
}

/// Which of these holds have any of the parts during any of the spans.
pub async fn in_the_way(
    tx: &mut TenantTx,
    holds: &[BookingId],
    parts: &[PartId],
    spans: &[Span],
) -> Result<Vec<BookingId>, StoreError> {
    let holds: Vec<Uuid> = holds.iter().map(|hold| hold.uuid()).collect();
    let parts: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let starts: Vec<_> = spans.iter().map(|span| span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = spans.iter().map(|span| span.ends_at().to_sqlx()).collect();
    let ids = sqlx::query_scalar!(
        "SELECT DISTINCT time.booking_id
           FROM booking.occurrence time
           JOIN booking.occupancy taken ON taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id
           JOIN unnest($3::timestamptz[], $4::timestamptz[]) AS wanted (starts_at, ends_at)
             ON taken.starts_at < wanted.ends_at AND wanted.starts_at < taken.ends_at
          WHERE time.booking_id = any($1) AND taken.part_id = any($2)",
        &holds,
        &parts,
        &starts as _,
        &ends as _
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(BookingId::new).collect())
}

/// Writes that a booking is held until then, as the space is that was taken for it.
pub async fn keep(tx: &mut TenantTx, booking: BookingId, until: Timestamp) -> Result<(), StoreError> {
    let until = until.to_sqlx();
    sqlx::query!(
        "UPDATE booking.booking SET status = 'held', held_until = $2 WHERE id = $1",
        booking.uuid(),
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets go of holds: they end now, and their space is free.
pub async fn let_go(tx: &mut TenantTx, holds: &[BookingId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = holds.iter().map(|hold| hold.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH booking AS (
           UPDATE booking.booking SET held_until = least(held_until, $2) WHERE id = any($1) AND status = 'held'
           RETURNING tenant_id, id
         )
         DELETE FROM booking.occupancy taken USING booking, booking.occurrence time
          WHERE time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
            AND taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id",
        &ids,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What becomes of a hold that is booked.
#[derive(Clone, Copy, Debug)]
pub struct Booked<'a> {
    /// Why an officer decides; empty where it is confirmed.
    pub approval_reasons: &'a [String],
    /// By when an officer decides, where that is promised.
    pub decide_by: Option<Date>,
}

/// Writes that what was held is booked, or asked for; how many rows of space it still had.
pub async fn book(tx: &mut TenantTx, booking: BookingId, as_what: Booked<'_>) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "WITH booking AS (
           UPDATE booking.booking
              SET status = CASE WHEN cardinality($2::text[]) = 0 THEN 'confirmed' ELSE 'requested' END,
                  held_until = NULL, approval_reasons = $2, decide_by = $3::date
            WHERE id = $1
         )
         UPDATE booking.occupancy taken SET hold_until = NULL FROM booking.occurrence time
          WHERE time.booking_id = $1
            AND taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id",
        booking.uuid(),
        as_what.approval_reasons,
        as_what.decide_by.map(Date::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Where a hold that ran out held its times; nowhere where it did not, or is none any more.
pub async fn ran_out_at(tx: &mut TenantTx, booking: BookingId) -> Result<BTreeSet<FacilityId>, StoreError> {
    let now = tx.now().to_sqlx();
    let facilities = sqlx::query_scalar!(
        "SELECT DISTINCT time.facility_id FROM booking.booking held
           JOIN booking.occurrence time ON time.tenant_id = held.tenant_id AND time.booking_id = held.id
          WHERE held.id = $1 AND held.status = 'held' AND held.held_until <= $2",
        booking.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(facilities.into_iter().map(FacilityId::new).collect())
}

/// Holds that ran out by then, locked, the oldest of them: those that nobody holds again at this moment, and of which no
/// officer has written anything.
pub async fn ran_out_before(
    tx: &mut TenantTx,
    before: Timestamp,
    at_most: usize,
) -> Result<Vec<BookingId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT held.id FROM booking.booking held
          WHERE held.status = 'held' AND held.held_until <= $1
            AND NOT EXISTS (SELECT FROM booking.note note
                             WHERE note.tenant_id = held.tenant_id AND note.booking_id = held.id)
            AND NOT EXISTS (SELECT FROM booking.contact_choice choice
                             WHERE choice.tenant_id = held.tenant_id AND choice.booking_id = held.id)
          ORDER BY held.held_until LIMIT $2 FOR UPDATE SKIP LOCKED",
        before.to_sqlx(),
        i64::try_from(at_most).unwrap_or(i64::MAX)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(BookingId::new).collect())
}

/// The parts that rows of these holds are still on, in the order in which they are locked.
pub async fn space_of(tx: &mut TenantTx, holds: &[BookingId]) -> Result<Vec<PartId>, StoreError> {
    let ids: Vec<Uuid> = holds.iter().map(|hold| hold.uuid()).collect();
    let parts = sqlx::query_scalar!(
        "SELECT DISTINCT taken.part_id FROM booking.occurrence time
           JOIN booking.occupancy taken ON taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id
          WHERE time.booking_id = any($1) ORDER BY taken.part_id",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(parts.into_iter().map(PartId::new).collect())
}

/// Erases holds with all that was chosen for them. What is booked the database keeps.
pub async fn erase(tx: &mut TenantTx, holds: &[BookingId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = holds.iter().map(|hold| hold.uuid()).collect();
    let times = sqlx::query_scalar!("SELECT id FROM booking.occurrence WHERE booking_id = any($1)", &ids)
        .fetch_all(tx.conn())
        .await?;
    let times: Vec<OccurrenceId> = times.into_iter().map(OccurrenceId::new).collect();
    drop_times(tx, &times).await?;
    sqlx::query!("DELETE FROM booking.booking WHERE id = any($1) AND status = 'held'", &ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Takes times out of holds, as if they had never been asked for.
pub async fn drop_times(tx: &mut TenantTx, times: &[OccurrenceId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    sqlx::query!("DELETE FROM booking.accessory WHERE occurrence_id = any($1)", &ids)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM booking.occupancy WHERE occurrence_id = any($1)", &ids)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM booking.occurrence WHERE id = any($1)", &ids).execute(tx.conn()).await?;
    Ok(())
}
