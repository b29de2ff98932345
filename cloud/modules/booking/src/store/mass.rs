//! Changes of many times: what may be chosen, what stands in the way, what was done, and undoing it.

pub mod offers;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::{PurposeKind, Span, Standing};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, ClosureId, FacilityId, OccurrenceId, PartId, ResourceId};
use uuid::Uuid;

use super::{Booking, Head, StoreError, Time, earliest_start, with_times};

/// Changes in an officer's list at most, newest first: those that anybody still asks about.
const LISTED_MAX: i64 = 20;

/// Times that are read for a choice at most, before days, clocks and places narrow it: more than a large facility has in
/// the two years that are looked at.
const FOUND_MAX: i64 = 20_000;

/// What is looked for among the times to come.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The booking with this number, whole; then nothing else narrows.
    pub number: Option<i64>,
    /// Words of the customer's name or of the purpose.
    pub words: String,
    /// The sort of purpose.
    pub kind: Option<PurposeKind>,
}

/// A time to come that may be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The time.
    pub time: Time,
    /// Of which booking.
    pub booking: BookingId,
    /// Its number.
    pub number: u64,
    /// What the customer was called then.
    pub customer_name: String,
    /// What for.
    pub purpose: String,
}

/// Times at a facility that begin in a span and are requested or confirmed, in order.
pub async fn choose(
    tx: &mut TenantTx,
    facility: FacilityId,
    during: Span,
    filter: &Filter,
) -> Result<Vec<Hit>, StoreError> {
    let rows = sqlx::query!(
        "SELECT time.id, time.booking_id, time.resource_id, time.starts_at, time.ends_at, booking.number,
                booking.customer_name, booking.purpose
           FROM booking.occurrence time
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE time.facility_id = $1 AND time.starts_at >= $2 AND time.starts_at < $3
            AND time.cancelled_at IS NULL AND booking.status IN ('requested', 'confirmed')
            AND ($4::bigint IS NULL OR booking.number = $4)
            AND ($5 = '' OR position(lower($5) in lower(booking.customer_name)) > 0
                 OR position(lower($5) in lower(booking.purpose)) > 0)
            AND ($6::text IS NULL OR booking.purpose_kind = $6)
          ORDER BY time.starts_at, booking.number, time.id LIMIT $7",
        facility.uuid(),
        during.starts_at().to_sqlx(),
        during.ends_at().to_sqlx(),
        filter.number,
        filter.words,
        filter.kind.map(PurposeKind::key),
        FOUND_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            let span = span.ok_or(StoreError::Unreadable(row.booking_id.into()))?;
            Ok(Hit {
                time: Time { id: row.id.into(), resource: row.resource_id.into(), facility, span },
                booking: row.booking_id.into(),
                number: row.number.unsigned_abs(),
                customer_name: row.customer_name,
                purpose: row.purpose,
            })
        })
        .collect()
}

/// Where the booking with this number has times to come, the facility in which it was made first.
pub async fn facilities_of_number(
    tx: &mut TenantTx,
    number: i64,
    authorities: &[AuthorityId],
) -> Result<Vec<FacilityId>, StoreError> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let now = tx.now().to_sqlx();
    let found = sqlx::query_scalar!(
        "SELECT time.facility_id
           FROM booking.booking booking
           JOIN booking.occurrence time ON time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
          WHERE booking.number = $1 AND booking.authority_id = any($2)
            AND time.cancelled_at IS NULL AND time.starts_at > $3
          GROUP BY time.facility_id, booking.facility_id
          ORDER BY time.facility_id <> booking.facility_id, time.facility_id",
        number,
        &ids,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(FacilityId::new).collect())
}

/// The chosen times that are still there and have not begun, each with its booking: in order, and of those that begin at
/// the same moment the one that was booked first.
pub async fn chosen(
    tx: &mut TenantTx,
    facility: FacilityId,
    times: &[OccurrenceId],
) -> Result<Vec<(BookingId, Time)>, StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|id| id.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        "SELECT time.id, time.booking_id, time.resource_id, time.starts_at, time.ends_at
           FROM booking.occurrence time
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE time.id = any($1) AND time.facility_id = $2 AND time.starts_at > $3
            AND time.cancelled_at IS NULL AND booking.status IN ('requested', 'confirmed')
          ORDER BY time.starts_at, booking.number, time.id",
        &ids,
        facility.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            let span = span.ok_or(StoreError::Unreadable(row.booking_id.into()))?;
            let time = Time { id: row.id.into(), resource: row.resource_id.into(), facility, span };
            Ok((row.booking_id.into(), time))
        })
        .collect()
}

/// The parts that these times take.
pub async fn parts_of(tx: &mut TenantTx, times: &[OccurrenceId]) -> Result<Vec<PartId>, StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|id| id.uuid()).collect();
    let parts = sqlx::query_scalar!(
        "SELECT DISTINCT part_id FROM booking.occupancy WHERE occurrence_id = any($1)",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(parts.into_iter().map(PartId::new).collect())
}

/// What takes any of these parts during some of a span, row by row. Bookings among `moving`, other authorities' and what
/// has begun do not yield, nor does any hold.
pub async fn standing(
    tx: &mut TenantTx,
    parts: &[PartId],
    during: Span,
    authority: AuthorityId,
    moving: &BTreeSet<BookingId>,
) -> Result<Vec<Standing>, StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let own: Vec<Uuid> = moving.iter().map(|booking| booking.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT taken.part_id, taken.starts_at, taken.ends_at, taken.occurrence_id, time.booking_id,
                  taken.hold_until IS NULL AND time.cancelled_at IS NULL AND time.starts_at > $5
                    AND booking.status IN ('requested', 'confirmed') AND booking.authority_id = $6
                    AND booking.id <> ALL($7) AS "yields!"
             FROM booking.occupancy taken
             JOIN booking.occurrence time ON time.tenant_id = taken.tenant_id AND time.id = taken.occurrence_id
             JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
            WHERE taken.part_id = any($1) AND taken.starts_at > $2 AND taken.starts_at < $3
              AND taken.ends_at > $4 AND (taken.hold_until IS NULL OR taken.hold_until > $5)
            ORDER BY taken.part_id, taken.starts_at"#,
        &ids,
        earliest_start(during).to_sqlx(),
        during.ends_at().to_sqlx(),
        during.starts_at().to_sqlx(),
        now,
        authority.uuid(),
        &own
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let booking: BookingId = row.booking_id.into();
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            Ok(Standing {
                part: row.part_id.into(),
                span: span.ok_or(StoreError::Unreadable(booking))?,
                occurrence: row.occurrence_id.into(),
                booking,
                yields: row.yields,
            })
        })
        .collect()
}

/// These bookings, by id.
pub async fn bookings(
    tx: &mut TenantTx,
    bookings: &BTreeSet<BookingId>,
) -> Result<BTreeMap<BookingId, Booking>, StoreError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let heads = heads!(tx, "WHERE id = any($1)", &ids).await?;
    Ok(with_times(tx, heads).await?.into_iter().map(|booking| (booking.id, booking)).collect())
}

/// Locks bookings, in id order, until the transaction ends.
pub async fn lock(tx: &mut TenantTx, bookings: &BTreeSet<BookingId>) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    sqlx::query_scalar!("SELECT id FROM booking.booking WHERE id = any($1) ORDER BY id FOR UPDATE", &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(())
}

/// What a change of many is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Times are moved.
    Move,
    /// Times are cancelled.
    Cancel,
    /// Something is closed, and what was booked there is cancelled.
    Close,
}

impl Action {
    /// As it is stored and sent.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Cancel => "cancel",
            Self::Close => "close",
        }
    }

    /// Reads what [`Action::key`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Move, Self::Cancel, Self::Close].into_iter().find(|action| action.key() == text)
    }
}

/// A change of many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its id.
    pub id: Uuid,
    /// Whose facility.
    pub authority: AuthorityId,
    /// Where.
    pub facility: FacilityId,
    /// Who made it, by name.
    pub by: String,
    /// What it was about.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// The closure that came with it.
    pub closure: Option<ClosureId>,
    /// When.
    pub made_at: Timestamp,
    /// Until when it can be undone.
    pub undo_until: Timestamp,
    /// When those whom it is about were told.
    pub told_at: Option<Timestamp>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// How many times it is about, those of others included.
    pub times: u64,
}

impl Change {
    /// Whether it can still be undone, as far as time goes.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.told_at.is_none() && self.undone_at.is_none() && now < self.undo_until
    }
}

struct ChangeRow {
    id: Uuid,
    authority_id: Uuid,
    facility_id: Uuid,
    by: String,
    action: String,
    reason: String,
    closure_id: Option<Uuid>,
    made_at: jiff_sqlx::Timestamp,
    undo_until: jiff_sqlx::Timestamp,
    told_at: Option<jiff_sqlx::Timestamp>,
    undone_at: Option<jiff_sqlx::Timestamp>,
    times: i64,
}

impl ChangeRow {
    fn read(self) -> Result<Change, StoreError> {
        Ok(Change {
            action: Action::parse(&self.action).ok_or(StoreError::Unreadable(self.id.into()))?,
            id: self.id,
            authority: self.authority_id.into(),
            facility: self.facility_id.into(),
            by: self.by,
            reason: self.reason,
            closure: self.closure_id.map(ClosureId::new),
            made_at: self.made_at.to_jiff(),
            undo_until: self.undo_until.to_jiff(),
            told_at: self.told_at.map(jiff_sqlx::Timestamp::to_jiff),
            undone_at: self.undone_at.map(jiff_sqlx::Timestamp::to_jiff),
            times: self.times.unsigned_abs(),
        })
    }
}

/// One change.
pub async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Change>, StoreError> {
    let row = sqlx::query_as!(
        ChangeRow,
        r#"SELECT change.id, change.authority_id, change.facility_id, person.name AS "by!", change.action,
                  change.reason, change.closure_id, change.made_at, change.undo_until, change.told_at,
                  change.undone_at,
                  (SELECT count(*) FROM booking.mass_time time
                    WHERE time.tenant_id = change.tenant_id AND time.change_id = change.id) AS "times!"
             FROM booking.mass_change change
             JOIN pub.person_v1 person ON person.tenant_id = change.tenant_id AND person.id = change.by_id
            WHERE change.id = $1"#,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(ChangeRow::read).transpose()
}

/// Locks a change until the transaction ends.
pub async fn lock_change(tx: &mut TenantTx, id: Uuid) -> Result<(), StoreError> {
    sqlx::query_scalar!("SELECT id FROM booking.mass_change WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(tx.conn())
        .await?;
    Ok(())
}

/// The latest changes of these authorities.
pub async fn latest(tx: &mut TenantTx, authorities: &[AuthorityId]) -> Result<Vec<Change>, StoreError> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT change.id, change.authority_id, change.facility_id, person.name AS "by!", change.action,
                  change.reason, change.closure_id, change.made_at, change.undo_until, change.told_at,
                  change.undone_at,
                  (SELECT count(*) FROM booking.mass_time time
                    WHERE time.tenant_id = change.tenant_id AND time.change_id = change.id) AS "times!"
             FROM booking.mass_change change
             JOIN pub.person_v1 person ON person.tenant_id = change.tenant_id AND person.id = change.by_id
            WHERE change.authority_id = any($1)
            ORDER BY change.made_at DESC, change.id LIMIT $2"#,
        &ids,
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(ChangeRow::read).collect()
}

/// What became of an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Nobody has answered.
    Open,
    /// It was taken; what it became.
    Taken(OccurrenceId),
    /// It was declined.
    Declined,
}

/// Another time that somebody is offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Of what.
    pub resource: ResourceId,
    /// When.
    pub span: Span,
    /// Until when it is kept.
    pub until: Timestamp,
    /// What became of it.
    pub answer: Answer,
}

impl Offer {
    /// As a time, which it is when it is taken.
    pub const fn time(&self, id: OccurrenceId, facility: FacilityId) -> Time {
        Time { id, resource: self.resource, facility, span: self.span }
    }
}

/// What a change did to one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// By which change.
    pub change: Uuid,
    /// The time as it was.
    pub time: Time,
    /// Of which booking.
    pub booking: BookingId,
    /// Its number.
    pub number: u64,
    /// What the customer was called then.
    pub customer_name: String,
    /// Whether others needed its space; otherwise it was chosen.
    pub displaced: bool,
    /// Where it was moved.
    pub moved_to: Option<Time>,
    /// What it was offered.
    pub offer: Option<Offer>,
    /// Why, for whoever booked.
    pub reason: String,
    /// When that was.
    pub made_at: Timestamp,
}

/// What a change did, time by time; or what all changes that were not undone did to a booking.
pub async fn changed(
    tx: &mut TenantTx,
    change: Option<Uuid>,
    booking: Option<BookingId>,
) -> Result<Vec<Changed>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT changed.change_id, changed.occurrence_id, changed.booking_id, changed.displaced, changed.moved_to,
                  changed.offer_resource_id, changed.offer_starts_at, changed.offer_ends_at, changed.offer_until,
                  changed.answer, changed.taken_id, change.reason, change.made_at, booking.number,
                  booking.customer_name, old.resource_id, old.facility_id, old.starts_at, old.ends_at,
                  new.resource_id AS "new_resource_id?", new.facility_id AS "new_facility_id?",
                  new.starts_at AS "new_starts_at?", new.ends_at AS "new_ends_at?"
             FROM booking.mass_time changed
             JOIN booking.mass_change change ON change.tenant_id = changed.tenant_id AND change.id = changed.change_id
             JOIN booking.booking booking
               ON booking.tenant_id = changed.tenant_id AND booking.id = changed.booking_id
             JOIN booking.occurrence old
               ON old.tenant_id = changed.tenant_id AND old.id = changed.occurrence_id
             LEFT JOIN booking.occurrence new ON new.tenant_id = changed.tenant_id AND new.id = changed.moved_to
            WHERE ($1::uuid IS NULL OR changed.change_id = $1)
              AND ($2::uuid IS NULL OR (changed.booking_id = $2 AND change.undone_at IS NULL))
              AND ($1::uuid IS NOT NULL OR $2::uuid IS NOT NULL)
            ORDER BY change.made_at, changed.displaced, old.starts_at, booking.number, old.id"#,
        change,
        booking.map(BookingId::uuid)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let wrong = || StoreError::Unreadable(row.booking_id.into());
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff()).ok_or_else(wrong)?;
            let place = row.new_resource_id.zip(row.new_facility_id);
            let moved_to = match (row.moved_to, place, row.new_starts_at, row.new_ends_at) {
                (Some(id), Some((resource, facility)), Some(from), Some(to)) => {
                    let span = Span::new(from.to_jiff(), to.to_jiff()).ok_or_else(wrong)?;
                    Some(Time { id: id.into(), resource: resource.into(), facility: facility.into(), span })
                }
                _ => None,
            };
            let offered = (row.offer_resource_id, row.offer_starts_at, row.offer_ends_at, row.offer_until);
            let offer = match offered {
                (Some(resource), Some(from), Some(to), Some(until)) => Some(Offer {
                    resource: resource.into(),
                    span: Span::new(from.to_jiff(), to.to_jiff()).ok_or_else(wrong)?,
                    until: until.to_jiff(),
                    answer: match (row.answer.as_deref(), row.taken_id) {
                        (None, _) => Answer::Open,
                        (Some("taken"), Some(id)) => Answer::Taken(id.into()),
                        (Some(_), _) => Answer::Declined,
                    },
                }),
                _ => None,
            };
            Ok(Changed {
                change: row.change_id,
                time: Time {
                    id: row.occurrence_id.into(),
                    resource: row.resource_id.into(),
                    facility: row.facility_id.into(),
                    span,
                },
                booking: row.booking_id.into(),
                number: row.number.unsigned_abs(),
                customer_name: row.customer_name,
                displaced: row.displaced,
                moved_to,
                offer,
                reason: row.reason,
                made_at: row.made_at.to_jiff(),
            })
        })
        .collect()
}

/// What a booking was before a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before {
    /// Which booking.
    pub booking: BookingId,
    /// Whether it was confirmed; otherwise requested.
    pub confirmed: bool,
    /// What it cost.
    pub price_ore: Option<i64>,
}

/// What the bookings of a change were before it.
pub async fn before(tx: &mut TenantTx, change: Uuid) -> Result<Vec<Before>, StoreError> {
    let rows = sqlx::query!(
        "SELECT booking_id, status_before, price_before_ore FROM booking.mass_booking WHERE change_id = $1
          ORDER BY booking_id",
        change
    )
    .fetch_all(tx.conn())
    .await?;
    let read = rows.into_iter().map(|row| Before {
        booking: row.booking_id.into(),
        confirmed: row.status_before == "confirmed",
        price_ore: row.price_before_ore,
    });
    Ok(read.collect())
}
