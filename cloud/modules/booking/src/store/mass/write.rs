//! Carrying out a change of many, and undoing it.

use std::collections::BTreeSet;

use booking_domain::Occurrence;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, ClosureId, FacilityId, OccurrenceId, PartId, PersonId};
use uuid::Uuid;

use super::{Action, Before};
use crate::store::{Booking, StoreError, Time};

/// A change that is to be written.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// Its id.
    pub id: Uuid,
    /// Whose facility.
    pub authority: AuthorityId,
    /// Where.
    pub facility: FacilityId,
    /// Who.
    pub by: PersonId,
    /// What.
    pub action: Action,
    /// Why.
    pub reason: &'a str,
    /// The closure that comes with it.
    pub closure: Option<ClosureId>,
    /// Until when it can be undone.
    pub undo_until: Timestamp,
}

/// What becomes of one time.
#[derive(Clone, Debug)]
pub struct NewFate<'a> {
    /// The time as it is.
    pub time: Time,
    /// Of which booking.
    pub booking: BookingId,
    /// Whether others need its space.
    pub displaced: bool,
    /// Where it goes, with its new id.
    pub moved_to: Option<(OccurrenceId, &'a Occurrence)>,
    /// What it is offered, and until when.
    pub offer: Option<(&'a Occurrence, Timestamp)>,
}

/// Writes the change, what its bookings were, the new times, what becomes of each old one, and the space that the old
/// ones had; then gives that space up.
pub async fn write(
    tx: &mut TenantTx,
    change: &NewChange<'_>,
    bookings: &[&Booking],
    fates: &[NewFate<'_>],
) -> Result<(), StoreError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO booking.mass_change
           (tenant_id, id, authority_id, facility_id, by_id, action, reason, closure_id, made_at, undo_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant,
        change.id,
        change.authority.uuid(),
        change.facility.uuid(),
        change.by.uuid(),
        change.action.key(),
        change.reason,
        change.closure.map(ClosureId::uuid),
        now,
        change.undo_until.to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.id.uuid()).collect();
    let prices: Vec<Option<i64>> = bookings.iter().map(|booking| booking.price_ore).collect();
    sqlx::query!(
        "INSERT INTO booking.mass_booking (tenant_id, change_id, booking_id, status_before, price_before_ore)
         SELECT $1, $2, booking.id, booking.status, was.price_ore
           FROM unnest($3::uuid[], $4::bigint[]) AS was (id, price_ore)
           JOIN booking.booking booking ON booking.tenant_id = $1 AND booking.id = was.id",
        tenant,
        change.id,
        &ids,
        &prices as _
    )
    .execute(tx.conn())
    .await?;
    new_times(tx, change.facility, fates).await?;
    new_fates(tx, change.id, fates).await?;
    let old: Vec<Uuid> = fates.iter().map(|fate| fate.time.id.uuid()).collect();
    sqlx::query!(
        "INSERT INTO booking.mass_space (tenant_id, change_id, occurrence_id, part_id, starts_at, ends_at)
         SELECT tenant_id, $1, occurrence_id, part_id, starts_at, ends_at FROM booking.occupancy
          WHERE occurrence_id = any($2)",
        change.id,
        &old
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "WITH given_up AS (
           UPDATE booking.occurrence SET cancelled_at = $2 WHERE id = any($1)
         )
         DELETE FROM booking.occupancy WHERE occurrence_id = any($1)",
        &old,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn new_times(tx: &mut TenantTx, facility: FacilityId, fates: &[NewFate<'_>]) -> Result<(), StoreError> {
    let new: Vec<(BookingId, OccurrenceId, &Occurrence)> =
        fates.iter().filter_map(|fate| fate.moved_to.map(|(id, to)| (fate.booking, id, to))).collect();
    let ids: Vec<Uuid> = new.iter().map(|(_, id, _)| id.uuid()).collect();
    let bookings: Vec<Uuid> = new.iter().map(|(booking, _, _)| booking.uuid()).collect();
    let resources: Vec<Uuid> = new.iter().map(|(_, _, to)| to.resource().uuid()).collect();
    let starts: Vec<_> = new.iter().map(|(_, _, to)| to.span().starts_at().to_sqlx()).collect();
    let ends: Vec<_> = new.iter().map(|(_, _, to)| to.span().ends_at().to_sqlx()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
         SELECT $1, time.id, time.booking_id, time.resource_id, $2, time.starts_at, time.ends_at
           FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
                  AS time (id, booking_id, resource_id, starts_at, ends_at)",
        tenant,
        facility.uuid(),
        &ids,
        &bookings,
        &resources,
        &starts as _,
        &ends as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn new_fates(tx: &mut TenantTx, change: Uuid, fates: &[NewFate<'_>]) -> Result<(), StoreError> {
    let old: Vec<Uuid> = fates.iter().map(|fate| fate.time.id.uuid()).collect();
    let bookings: Vec<Uuid> = fates.iter().map(|fate| fate.booking.uuid()).collect();
    let displaced: Vec<bool> = fates.iter().map(|fate| fate.displaced).collect();
    let moved: Vec<Option<Uuid>> = fates.iter().map(|fate| fate.moved_to.map(|(id, _)| id.uuid())).collect();
    let resources: Vec<Option<Uuid>> =
        fates.iter().map(|fate| fate.offer.map(|(one, _)| one.resource().uuid())).collect();
    let starts: Vec<_> =
        fates.iter().map(|fate| fate.offer.map(|(one, _)| one.span().starts_at().to_sqlx())).collect();
    let ends: Vec<_> =
        fates.iter().map(|fate| fate.offer.map(|(one, _)| one.span().ends_at().to_sqlx())).collect();
    let until: Vec<_> = fates.iter().map(|fate| fate.offer.map(|(_, until)| until.to_sqlx())).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO booking.mass_time
           (tenant_id, change_id, occurrence_id, booking_id, displaced, moved_to, offer_resource_id, offer_starts_at,
            offer_ends_at, offer_until)
         SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[], $5::boolean[], $6::uuid[], $7::uuid[],
                                      $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])",
        tenant,
        change,
        &old,
        &bookings,
        &displaced,
        &moved as _,
        &resources as _,
        &starts as _,
        &ends as _,
        &until as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps the space of offers for whoever they are made to; whether all of it was free.
pub async fn hold_offers(tx: &mut TenantTx, fates: &[NewFate<'_>]) -> Result<bool, StoreError> {
    let (mut parts, mut old, mut until) = (Vec::new(), Vec::new(), Vec::new());
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for (time, offer, kept) in fates.iter().filter_map(|fate| fate.offer.map(|(o, u)| (fate.time.id, o, u))) {
        for (part, row) in
            offer.parts().iter().flat_map(|part| offer.occupies().rows().map(move |row| (part, row)))
        {
            parts.push(part.uuid());
            old.push(time.uuid());
            starts.push(row.starts_at().to_sqlx());
            ends.push(row.ends_at().to_sqlx());
            until.push(kept.to_sqlx());
        }
    }
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at, hold_until)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
         ON CONFLICT DO NOTHING",
        tenant,
        &parts,
        &old,
        &starts as _,
        &ends as _,
        &until as _
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(done.rows_affected()).is_ok_and(|rows| rows == parts.len()))
}

/// Keeps what the change freed and nobody got, until it can no longer be undone: then the holds are dead by themselves.
pub async fn hold_freed(tx: &mut TenantTx, change: Uuid, until: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO booking.occupancy (tenant_id, part_id, starts_at, ends_at, occurrence_id, hold_until)
         SELECT was.tenant_id, was.part_id, lower(gap), upper(gap), was.occurrence_id, $2
           FROM booking.mass_space was
          CROSS JOIN LATERAL unnest(
                  tstzmultirange(tstzrange(was.starts_at, was.ends_at)) - coalesce((
                    SELECT range_agg(taken.during) FROM booking.occupancy taken
                     WHERE taken.part_id = was.part_id AND taken.starts_at < was.ends_at
                       AND taken.starts_at > was.starts_at - interval '168 hours'
                       AND taken.ends_at > was.starts_at), '{}')) AS gap
          WHERE was.change_id = $1
         ON CONFLICT DO NOTHING",
        change,
        until.to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that bookings that have no time left are cancelled.
pub async fn cancel_empty(tx: &mut TenantTx, bookings: &[BookingId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE booking.booking SET status = 'cancelled', cancelled_at = $2, held_until = NULL WHERE id = any($1)",
        &ids,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what bookings cost from now on.
pub async fn price(tx: &mut TenantTx, prices: &[(BookingId, Option<i64>)]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = prices.iter().map(|(id, _)| id.uuid()).collect();
    let ore: Vec<Option<i64>> = prices.iter().map(|(_, ore)| *ore).collect();
    sqlx::query!(
        "UPDATE booking.booking booking SET price_ore = new.ore
           FROM unnest($1::uuid[], $2::bigint[]) AS new (id, ore) WHERE booking.id = new.id",
        &ids,
        &ore as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that those whom a change is about are told now. False where that was done, or the change was undone.
pub async fn told(tx: &mut TenantTx, change: Uuid) -> Result<bool, StoreError> {
    let now = tx.now().to_sqlx();
    let done = sqlx::query!(
        "UPDATE booking.mass_change SET told_at = $2, undo_until = least(undo_until, $2)
          WHERE id = $1 AND told_at IS NULL AND undone_at IS NULL",
        change,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Frees what was only kept for an undoing.
pub async fn free(tx: &mut TenantTx, change: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM booking.occupancy taken USING booking.mass_time changed
          WHERE changed.change_id = $1 AND taken.tenant_id = changed.tenant_id
            AND taken.occurrence_id = changed.occurrence_id AND taken.hold_until IS NOT NULL
            AND (changed.offer_until IS NULL OR taken.hold_until <> changed.offer_until)",
        change
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The parts that an undoing gives up or takes again, in the order in which they are locked.
pub async fn parts(tx: &mut TenantTx, change: Uuid) -> Result<Vec<PartId>, StoreError> {
    let parts = sqlx::query_scalar!(
        r#"SELECT part_id AS "part_id!" FROM booking.mass_space WHERE change_id = $1
           UNION
           SELECT taken.part_id FROM booking.mass_time changed
             JOIN booking.occupancy taken ON taken.tenant_id = changed.tenant_id
              AND taken.occurrence_id IN (changed.occurrence_id, changed.moved_to)
            WHERE changed.change_id = $1
           ORDER BY 1"#,
        change
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(parts.into_iter().map(PartId::new).collect())
}

/// Puts back what a change took away: each old time becomes a new one in the space that it had. Returns the bookings
/// whose space others have meanwhile; unless there are none the caller gives the transaction up. `restored` has the new
/// id of each old time.
pub async fn undo(
    tx: &mut TenantTx,
    change: Uuid,
    by: PersonId,
    restored: &[(OccurrenceId, OccurrenceId)],
    before: &[Before],
) -> Result<BTreeSet<BookingId>, StoreError> {
    let old: Vec<Uuid> = restored.iter().map(|(old, _)| old.uuid()).collect();
    let new: Vec<Uuid> = restored.iter().map(|(_, new)| new.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH moved AS (
           UPDATE booking.occurrence time SET cancelled_at = $2 FROM booking.mass_time changed
            WHERE changed.change_id = $1 AND time.tenant_id = changed.tenant_id AND time.id = changed.moved_to
         )
         DELETE FROM booking.occupancy taken USING booking.mass_time changed
          WHERE changed.change_id = $1 AND taken.tenant_id = changed.tenant_id
            AND taken.occurrence_id IN (changed.occurrence_id, changed.moved_to)",
        change,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
         SELECT was.tenant_id, again.new, was.booking_id, was.resource_id, was.facility_id, was.starts_at, was.ends_at
           FROM unnest($1::uuid[], $2::uuid[]) AS again (old, new)
           JOIN booking.occurrence was ON was.id = again.old",
        &old,
        &new
    )
    .execute(tx.conn())
    .await?;
    let missing = sqlx::query_scalar!(
        r#"WITH wanted AS (
             SELECT was.tenant_id, was.part_id, again.new AS occurrence_id, was.starts_at, was.ends_at
               FROM unnest($2::uuid[], $3::uuid[]) AS again (old, new)
               JOIN booking.mass_space was ON was.change_id = $1 AND was.occurrence_id = again.old
           ), taken AS (
             INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at)
             SELECT tenant_id, part_id, occurrence_id, starts_at, ends_at FROM wanted
             ON CONFLICT DO NOTHING RETURNING part_id, occurrence_id, starts_at
           )
           SELECT DISTINCT time.booking_id FROM wanted
             JOIN booking.mass_time time ON time.change_id = $1
             JOIN unnest($2::uuid[], $3::uuid[]) AS again (old, new)
               ON again.new = wanted.occurrence_id AND again.old = time.occurrence_id
            WHERE NOT EXISTS (SELECT FROM taken
                               WHERE taken.part_id = wanted.part_id AND taken.occurrence_id = wanted.occurrence_id
                                 AND taken.starts_at = wanted.starts_at)"#,
        change,
        &old,
        &new
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = before.iter().map(|before| before.booking.uuid()).collect();
    let confirmed: Vec<bool> = before.iter().map(|before| before.confirmed).collect();
    let prices: Vec<Option<i64>> = before.iter().map(|before| before.price_ore).collect();
    sqlx::query!(
        "UPDATE booking.booking booking
            SET status = CASE WHEN was.confirmed THEN 'confirmed' ELSE 'requested' END, cancelled_at = NULL,
                price_ore = was.ore
           FROM unnest($1::uuid[], $2::boolean[], $3::bigint[]) AS was (id, confirmed, ore)
          WHERE booking.id = was.id",
        &ids,
        &confirmed,
        &prices as _
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE booking.mass_change SET undone_at = $2, undone_by = $3 WHERE id = $1",
        change,
        now,
        by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(missing.into_iter().map(BookingId::new).collect())
}
