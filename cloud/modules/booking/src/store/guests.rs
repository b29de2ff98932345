//! Whom a booker lets in by codes of their own. Nothing is deleted: who came has a name afterwards too.

use booking_domain::{Email, GuestTimes, PersonName};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, GuestId, OccurrenceId, PersonId};
use uuid::Uuid;

use super::StoreError;

/// A guest as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guest {
    /// Which.
    pub id: GuestId,
    /// What the booker calls them.
    pub name: String,
    /// Where they are written to.
    pub email: Option<String>,
    /// In which language.
    pub language: String,
    /// When they are let in.
    pub times: GuestTimes,
    /// When the right was taken back.
    pub taken_back_at: Option<Timestamp>,
}

/// A guest that is to be written.
#[derive(Debug)]
pub struct NewGuest<'a> {
    /// Its id.
    pub id: GuestId,
    /// What the booker calls them.
    pub name: &'a PersonName,
    /// Where they are written to.
    pub email: Option<&'a Email>,
    /// In which language.
    pub language: &'a str,
    /// When they are let in.
    pub times: &'a GuestTimes,
}

/// Everybody who was ever let in to a booking, in that order.
pub async fn of_booking(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<Guest>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT guest.id, guest.name, guest.email, guest.language, guest.all_times, guest.taken_back_at,
                  ARRAY(SELECT time.occurrence_id FROM booking.guest_time time
                         WHERE time.tenant_id = guest.tenant_id AND time.guest_id = guest.id) AS "times!"
             FROM booking.guest guest WHERE guest.booking_id = $1 ORDER BY guest.let_in_at, guest.id"#,
        booking.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let guest = rows.into_iter().map(|row| Guest {
        id: row.id.into(),
        name: row.name,
        email: row.email,
        language: row.language,
        times: if row.all_times {
            GuestTimes::All
        } else {
            GuestTimes::Chosen(row.times.into_iter().map(OccurrenceId::new).collect())
        },
        taken_back_at: row.taken_back_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(guest.collect())
}

/// Writes that somebody is let in.
pub async fn add(
    tx: &mut TenantTx,
    booking: BookingId,
    by: PersonId,
    guest: &NewGuest<'_>,
) -> Result<(), StoreError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO booking.guest
           (tenant_id, id, booking_id, name, email, language, all_times, let_in_by, let_in_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        guest.id.uuid(),
        booking.uuid(),
        guest.name.as_str(),
        guest.email.map(Email::as_str),
        guest.language,
        *guest.times == GuestTimes::All,
        by.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    match guest.times {
        GuestTimes::All => Ok(()),
        GuestTimes::Chosen(times) => add_times(tx, guest.id, times).await,
    }
}

/// Writes that a guest is let in at these times too.
pub async fn add_times(tx: &mut TenantTx, guest: GuestId, times: &[OccurrenceId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO booking.guest_time (tenant_id, guest_id, occurrence_id)
         SELECT $1, $2, * FROM unnest($3::uuid[]) ON CONFLICT DO NOTHING",
        tenant,
        guest.uuid(),
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that a guest's right is taken back; false where it was, or where there is no such guest of the booking.
pub async fn take_back(tx: &mut TenantTx, booking: BookingId, guest: GuestId) -> Result<bool, StoreError> {
    let now = tx.now().to_sqlx();
    let done = sqlx::query!(
        "UPDATE booking.guest SET taken_back_at = $3 WHERE booking_id = $1 AND id = $2 AND taken_back_at IS NULL",
        booking.uuid(),
        guest.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes guests of one booking as those of another too: each pair is the guest there and the guest here. Those of chosen
/// times come to what became of these; each pair is the time there and the time here.
pub async fn copy(
    tx: &mut TenantTx,
    to: BookingId,
    guests: &[(GuestId, GuestId)],
    times: &[(OccurrenceId, OccurrenceId)],
) -> Result<(), StoreError> {
    let now = tx.now().to_sqlx();
    let old: Vec<Uuid> = guests.iter().map(|(old, _)| old.uuid()).collect();
    let new: Vec<Uuid> = guests.iter().map(|(_, new)| new.uuid()).collect();
    let old_times: Vec<Uuid> = times.iter().map(|(old, _)| old.uuid()).collect();
    let new_times: Vec<Uuid> = times.iter().map(|(_, new)| new.uuid()).collect();
    sqlx::query!(
        "INSERT INTO booking.guest
           (tenant_id, id, booking_id, name, email, language, all_times, let_in_by, let_in_at)
         SELECT guest.tenant_id, pair.new, $1, guest.name, guest.email, guest.language, guest.all_times,
                guest.let_in_by, $2
           FROM unnest($3::uuid[], $4::uuid[]) AS pair (old, new)
           JOIN booking.guest guest ON guest.id = pair.old",
        to.uuid(),
        now,
        &old,
        &new
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO booking.guest_time (tenant_id, guest_id, occurrence_id)
         SELECT chosen.tenant_id, pair.new, time.new
           FROM unnest($1::uuid[], $2::uuid[]) AS pair (old, new)
           JOIN booking.guest_time chosen ON chosen.guest_id = pair.old
           JOIN unnest($3::uuid[], $4::uuid[]) AS time (old, new) ON time.old = chosen.occurrence_id",
        &old,
        &new,
        &old_times,
        &new_times
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that these guests come to nothing of their booking any more: what they came to is another's.
pub async fn leave(tx: &mut TenantTx, guests: &[GuestId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = guests.iter().map(|guest| guest.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE booking.guest SET taken_back_at = $2 WHERE id = any($1) AND taken_back_at IS NULL",
        &ids,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether each time of a booking has a code of its own.
pub async fn code_each_time(tx: &mut TenantTx, booking: BookingId) -> Result<bool, StoreError> {
    let each =
        sqlx::query_scalar!("SELECT code_each_time FROM booking.booking WHERE id = $1", booking.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(each.unwrap_or(false))
}

/// Writes whether each time of a booking has a code of its own.
pub async fn set_code_each_time(tx: &mut TenantTx, booking: BookingId, each: bool) -> Result<(), StoreError> {
    sqlx::query!("UPDATE booking.booking SET code_each_time = $2 WHERE id = $1", booking.uuid(), each)
        .execute(tx.conn())
        .await?;
    Ok(())
}
