//! The SQL of booking.
//!
//! **Invariant:** whatever takes space locks its parts in id order first, sweeps the holds that have run out on
//! them, and looks at how many of its rows found room. The exclusion constraint prevents what this would miss.

/// Reads bookings' heads: their columns stand here only, what comes after them is the caller's.
macro_rules! heads {
    ($tx:ident, $rest:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Head,
            "SELECT id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose, purpose_kind,
                persons, age_group, gender, status, held_until, cancelled_at, approval_reasons, decide_by, decided_at,
                decision_reason, price_ore
           FROM booking.booking " + $rest,
            $($argument),+
        )
        .fetch_all($tx.conn())
    };
}

pub mod booked_times;
pub mod change;
pub mod closures;
pub mod contacts;
pub mod customers;
pub mod decision;
pub mod delegations;
pub mod desk;
pub mod enquiries;
pub mod extras;
pub mod fee;
pub mod guests;
pub mod heads;
pub mod hold;
pub mod mass;
pub mod records;
pub mod register;
pub mod rules;
pub mod thread;

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::{
    AgeGroup, Gender, Occupied, Participants, Purpose, PurposeKind, ROW_MINUTES_MAX, Span, State, Status,
    Used,
};
use cloud_contracts::Happening;
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{
    AuthorityId, BookingId, CustomerId, FacilityId, OccurrenceId, PartId, PersonId, ResourceId,
};
use uuid::Uuid;

/// Bookings in somebody's list at most, newest first.
const LISTED_MAX: i64 = 200;
/// Times in an officer's day at most: far beyond what the facilities of a municipality can hold.
const DAY_MAX: i64 = 5_000;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// The register has parts that booking was never told of.
    #[error("{unknown} of {wanted} parts are not registered for booking")]
    UnknownParts {
        /// How many are not here.
        unknown: usize,
        /// How many were to be taken.
        wanted: usize,
    },
    /// A row is not what its constraints promise.
    #[error("booking {0} cannot be read")]
    Unreadable(BookingId),
}

/// A booking that is to be written.
#[derive(Debug)]
pub struct NewBooking<'a> {
    /// Its id.
    pub id: BookingId,
    /// Whose facility it is.
    pub authority: AuthorityId,
    /// Where its first time is.
    pub facility: FacilityId,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer is called now.
    pub customer_name: &'a str,
    /// Who books.
    pub booker: PersonId,
    /// What for.
    pub purpose: &'a Purpose,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// Who takes part.
    pub participants: Participants,
    /// Why an officer decides, in words; empty where it is confirmed at once.
    pub approval_reasons: &'a [String],
    /// By when an officer decides, where that is promised.
    pub decide_by: Option<Date>,
    /// What it costs, in öre; `None` where the list is silent.
    pub price_ore: Option<i64>,
    /// Makes a repetition the same booking.
    pub request_key: Uuid,
}

/// A time that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewTime<'a> {
    /// Its id.
    pub id: OccurrenceId,
    /// What.
    pub resource: ResourceId,
    /// Where that is.
    pub facility: FacilityId,
    /// When.
    pub span: Span,
    /// When nobody else has its parts.
    pub occupies: Span,
    /// The parts that it takes.
    pub parts: &'a [PartId],
}

/// A booking as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Its number, as people see it.
    pub number: u64,
    /// Whose facility it is.
    pub authority: AuthorityId,
    /// Where its first time was when it was booked.
    pub facility: FacilityId,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer was called then.
    pub customer_name: String,
    /// Who booked.
    pub booker: PersonId,
    /// What for.
    pub purpose: String,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// Who takes part.
    pub participants: Participants,
    /// What has become of it.
    pub status: Status,
    /// Why an officer decides or decided, in words.
    pub approval_reasons: Vec<String>,
    /// By when an officer decides, where that was promised.
    pub decide_by: Option<Date>,
    /// What an officer said.
    pub decision_reason: Option<String>,
    /// What it costs, in öre; `None` where the list was silent.
    pub price_ore: Option<i64>,
    /// Its times, in order. Never empty.
    pub times: Vec<Time>,
}

/// One time of a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// Its id.
    pub id: OccurrenceId,
    /// What.
    pub resource: ResourceId,
    /// Where that is.
    pub facility: FacilityId,
    /// When.
    pub span: Span,
}

impl NewTime<'_> {
    /// As it is read afterwards.
    pub const fn time(&self) -> Time {
        Time { id: self.id, resource: self.resource, facility: self.facility, span: self.span }
    }
}

impl Booking {
    /// Where its times are, each facility once.
    pub fn facilities(&self) -> BTreeSet<FacilityId> {
        self.times.iter().map(|time| time.facility).collect()
    }

    /// When the last time ends.
    pub fn ends_at(&self) -> Timestamp {
        self.times.iter().map(|time| time.span.ends_at()).max().unwrap_or(Timestamp::MIN)
    }
}

/// Space that is taken, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenPart {
    /// Which part.
    pub part: PartId,
    /// When.
    pub span: Span,
    /// By which booking.
    pub booking: BookingId,
    /// Who booked.
    pub booker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer was called then.
    pub customer_name: String,
    /// What for.
    pub purpose: String,
    /// Whether it is agreed, not asked for or held.
    pub confirmed: bool,
}

/// A time in an officer's day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayTime {
    /// Of which booking.
    pub booking: BookingId,
    /// Its number.
    pub number: u64,
    /// The time.
    pub time: Time,
    /// What the customer was called then.
    pub customer_name: String,
    /// How many come, where that was said.
    pub persons: Option<u32>,
    /// What an officer writes to those who must know.
    pub message: Option<String>,
    /// Whether the booking is cancelled.
    pub cancelled: bool,
}

/// What an earlier request became.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// Which booking.
    pub booking: BookingId,
    /// Its number.
    pub number: u64,
    /// What it is now.
    pub state: State,
}

/// The person's booking that an earlier request with this key became.
pub async fn by_request_key(
    tx: &mut TenantTx,
    booker: PersonId,
    request_key: Uuid,
) -> Result<Option<Earlier>, StoreError> {
    let row = sqlx::query!(
        "SELECT id, number, status FROM booking.booking WHERE booker_id = $1 AND request_key = $2",
        booker.uuid(),
        request_key
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let state = State::parse(&row.status).ok_or(StoreError::Unreadable(row.id.into()))?;
        Ok(Earlier { booking: row.id.into(), number: row.number.unsigned_abs(), state })
    })
    .transpose()
}

/// Locks parts, in id order, until the transaction ends; then sweeps the holds on them that have run out.
pub async fn lock_parts(tx: &mut TenantTx, parts: &[PartId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let locked =
        sqlx::query_scalar!("SELECT id FROM booking.part WHERE id = any($1) ORDER BY id FOR UPDATE", &ids)
            .fetch_all(tx.conn())
            .await?;
    if locked.len() != parts.len() {
        return Err(StoreError::UnknownParts { unknown: parts.len() - locked.len(), wanted: parts.len() });
    }
    let now = tx.now().to_sqlx();
    sqlx::query!("DELETE FROM booking.occupancy WHERE part_id = any($1) AND hold_until <= $2", &ids, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Takes the parts of every time, until an instant where they are only held, in one statement; returns the times that found
/// no room. Unless there are none the caller gives the transaction up.
pub async fn occupy(
    tx: &mut TenantTx,
    times: &[NewTime<'_>],
    hold_until: Option<Timestamp>,
) -> Result<BTreeSet<OccurrenceId>, StoreError> {
    let (mut part_ids, mut occurrence_ids) = (Vec::new(), Vec::new());
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for time in times {
        for (part, row) in time.parts.iter().flat_map(|part| time.occupies.rows().map(move |row| (part, row)))
        {
            part_ids.push(part.uuid());
            occurrence_ids.push(time.id.uuid());
            starts.push(row.starts_at().to_sqlx());
            ends.push(row.ends_at().to_sqlx());
        }
    }
    let tenant = tx.tenant().uuid();
    let taken = sqlx::query!(
        "INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at, hold_until)
         SELECT $1, taken.*, $6 FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS taken
         ON CONFLICT DO NOTHING
         RETURNING occurrence_id",
        tenant,
        &part_ids,
        &occurrence_ids,
        &starts as _,
        &ends as _,
        hold_until.map(Timestamp::to_sqlx) as _
    )
    .fetch_all(tx.conn())
    .await?;
    let mut missing: BTreeMap<OccurrenceId, usize> =
        times.iter().map(|time| (time.id, time.parts.len() * time.occupies.rows().count())).collect();
    for row in taken {
        if let Some(rows) = missing.get_mut(&row.occurrence_id.into()) {
            *rows -= 1;
        }
    }
    Ok(missing.into_iter().filter(|(_, rows)| *rows > 0).map(|(id, _)| id).collect())
}

/// Writes the booking with its times and the next number, which it returns; `None` if the booker's request has
/// become a booking meanwhile. The number comes here, late, because its row is one for the whole tenant and
/// stays locked until the transaction ends.
pub async fn insert(
    tx: &mut TenantTx,
    booking: &NewBooking<'_>,
    times: &[NewTime<'_>],
) -> Result<Option<u64>, StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.id.uuid()).collect();
    let resources: Vec<Uuid> = times.iter().map(|time| time.resource.uuid()).collect();
    let facilities: Vec<Uuid> = times.iter().map(|time| time.facility.uuid()).collect();
    let starts: Vec<_> = times.iter().map(|time| time.span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = times.iter().map(|time| time.span.ends_at().to_sqlx()).collect();
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let number = sqlx::query_scalar!(
        "WITH number AS (
           INSERT INTO booking.number_series AS series (tenant_id, last) VALUES ($1, 1001)
           ON CONFLICT (tenant_id) DO UPDATE SET last = series.last + 1
           RETURNING last
         ), booking AS (
           INSERT INTO booking.booking
             (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose,
              status, price_ore, created_at, request_key, purpose_kind, persons, age_group, gender,
              approval_reasons, decide_by)
           SELECT $1, $2, last, $3, $4, $5, $6, $7, $8,
                  CASE WHEN cardinality($20::text[]) = 0 THEN 'confirmed' ELSE 'requested' END,
                  $9, $10, $11, $16, $17, $18, $19, $20, $21::date FROM number
           ON CONFLICT (tenant_id, booker_id, request_key) DO NOTHING
           RETURNING id, number
         ), occurrences AS (
           INSERT INTO booking.occurrence
             (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
           SELECT $1, time.id, booking.id, time.resource_id, time.facility_id, time.starts_at, time.ends_at
             FROM booking, unnest($12::uuid[], $13::uuid[], $22::uuid[], $14::timestamptz[], $15::timestamptz[])
                             AS time (id, resource_id, facility_id, starts_at, ends_at)
         )
         SELECT number FROM booking",
        tenant,
        booking.id.uuid(),
        booking.authority.uuid(),
        booking.facility.uuid(),
        booking.customer.uuid(),
        booking.customer_name,
        booking.booker.uuid(),
        booking.purpose.as_str(),
        booking.price_ore,
        now,
        booking.request_key,
        &ids,
        &resources,
        &starts as _,
        &ends as _,
        booking.purpose_kind.key(),
        booking.participants.persons.and_then(|persons| i32::try_from(persons).ok()),
        booking.participants.age_group.map(AgeGroup::key),
        booking.participants.gender.map(Gender::key),
        booking.approval_reasons,
        booking.decide_by.map(Date::to_sqlx) as _,
        &facilities
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(number.map(i64::unsigned_abs))
}

/// Locks a booking until the transaction ends, so that its status is what it was read as.
pub async fn lock(tx: &mut TenantTx, id: BookingId) -> Result<(), StoreError> {
    sqlx::query!("SELECT id FROM booking.booking WHERE id = $1 FOR UPDATE", id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(())
}

/// The parts that a booking takes, in the order in which they are locked.
pub async fn parts_of(tx: &mut TenantTx, id: BookingId) -> Result<Vec<PartId>, StoreError> {
    let parts = sqlx::query_scalar!(
        "SELECT DISTINCT taken.part_id FROM booking.occurrence time
           JOIN booking.occupancy taken ON taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id
          WHERE time.booking_id = $1 ORDER BY taken.part_id",
        id.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(parts.into_iter().map(PartId::new).collect())
}

/// Writes that a booking is cancelled, and gives back what it takes.
pub async fn cancel(tx: &mut TenantTx, id: BookingId, at: Timestamp) -> Result<(), StoreError> {
    let at = at.to_sqlx();
    sqlx::query!(
        "WITH booking AS (
           UPDATE booking.booking SET status = 'cancelled', cancelled_at = $2, held_until = NULL WHERE id = $1
         ), occurrences AS (
           UPDATE booking.occurrence SET cancelled_at = $2 WHERE booking_id = $1 AND cancelled_at IS NULL
         )
         DELETE FROM booking.occupancy taken USING booking.occurrence time
          WHERE time.booking_id = $1
            AND taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id",
        id.uuid(),
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) struct Head {
    id: Uuid,
    number: i64,
    authority_id: Uuid,
    facility_id: Uuid,
    customer_id: Uuid,
    customer_name: String,
    booker_id: Uuid,
    purpose: String,
    purpose_kind: String,
    persons: Option<i32>,
    age_group: Option<String>,
    gender: Option<String>,
    status: String,
    held_until: Option<jiff_sqlx::Timestamp>,
    cancelled_at: Option<jiff_sqlx::Timestamp>,
    approval_reasons: Vec<String>,
    decide_by: Option<jiff_sqlx::Date>,
    decided_at: Option<jiff_sqlx::Timestamp>,
    decision_reason: Option<String>,
    price_ore: Option<i64>,
}

impl Head {
    fn status(&self) -> Result<Status, StoreError> {
        match (self.status.as_str(), self.held_until, self.cancelled_at, self.decided_at) {
            ("held", Some(until), None, _) => Ok(Status::Held { until: until.to_jiff() }),
            ("requested", None, None, _) => Ok(Status::Requested),
            ("confirmed", None, None, _) => Ok(Status::Confirmed),
            ("refused", None, None, Some(at)) => Ok(Status::Refused { at: at.to_jiff() }),
            ("cancelled", None, Some(at), _) => Ok(Status::Cancelled { at: at.to_jiff() }),
            _ => Err(StoreError::Unreadable(self.id.into())),
        }
    }

    fn participants(&self) -> Participants {
        Participants {
            persons: self.persons.and_then(|persons| u32::try_from(persons).ok()),
            age_group: self.age_group.as_deref().and_then(AgeGroup::parse),
            gender: self.gender.as_deref().and_then(Gender::parse),
        }
    }
}

/// One booking.
pub async fn find(tx: &mut TenantTx, id: BookingId) -> Result<Option<Booking>, StoreError> {
    let heads = heads!(tx, "WHERE id = $1 AND destroyed_at IS NULL", id.uuid()).await?;
    Ok(with_times(tx, heads).await?.pop())
}

/// What a person has booked, and what is booked for the customer; newest first.
pub async fn of_person(
    tx: &mut TenantTx,
    booker: PersonId,
    customer: Option<CustomerId>,
) -> Result<Vec<Booking>, StoreError> {
    let heads = heads!(
        tx,
        "WHERE (booker_id = $1 OR customer_id = $2) AND status <> 'held'
          ORDER BY created_at DESC, number DESC LIMIT $3",
        booker.uuid(),
        customer.map(CustomerId::uuid),
        LISTED_MAX
    )
    .await?;
    with_times(tx, heads).await
}

async fn with_times(tx: &mut TenantTx, heads: Vec<Head>) -> Result<Vec<Booking>, StoreError> {
    let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
    let rows = sqlx::query!(
        // Of a booking that is cancelled the times that it had then; of others those that it has.
        "SELECT time.id, time.booking_id, time.resource_id, time.facility_id, time.starts_at, time.ends_at
           FROM booking.occurrence time
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE time.booking_id = any($1) AND time.cancelled_at IS NOT DISTINCT FROM booking.cancelled_at
          ORDER BY time.starts_at, time.id",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let mut times: BTreeMap<Uuid, Vec<Time>> = BTreeMap::new();
    for row in rows {
        let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())
            .ok_or(StoreError::Unreadable(row.booking_id.into()))?;
        let time = Time {
            id: row.id.into(),
            resource: row.resource_id.into(),
            facility: row.facility_id.into(),
            span,
        };
        times.entry(row.booking_id).or_default().push(time);
    }
    heads
        .into_iter()
        .map(|head| {
            Ok(Booking {
                id: head.id.into(),
                number: head.number.unsigned_abs(),
                authority: head.authority_id.into(),
                facility: head.facility_id.into(),
                customer: head.customer_id.into(),
                status: head.status()?,
                purpose_kind: PurposeKind::parse(&head.purpose_kind)
                    .ok_or(StoreError::Unreadable(head.id.into()))?,
                participants: head.participants(),
                approval_reasons: head.approval_reasons,
                decide_by: head.decide_by.map(jiff_sqlx::Date::to_jiff),
                decision_reason: head.decision_reason,
                times: times.remove(&head.id).ok_or(StoreError::Unreadable(head.id.into()))?,
                customer_name: head.customer_name,
                booker: head.booker_id.into(),
                purpose: head.purpose,
                price_ore: head.price_ore,
            })
        })
        .collect()
}

/// What takes any of the parts during some of a span.
pub async fn taken(tx: &mut TenantTx, parts: &[PartId], during: Span) -> Result<Vec<TakenPart>, StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT taken.part_id, taken.starts_at, taken.ends_at, booking.id, booking.booker_id,
                booking.customer_id, booking.customer_name, booking.purpose,
                booking.status = 'confirmed' AS "confirmed!"
           FROM booking.occupancy taken
           JOIN booking.occurrence time ON time.tenant_id = taken.tenant_id AND time.id = taken.occurrence_id
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE taken.part_id = any($1) AND taken.starts_at > $2 AND taken.starts_at < $3
            AND taken.ends_at > $4 AND (taken.hold_until IS NULL OR taken.hold_until > $5)"#,
        &ids,
        earliest_start(during).to_sqlx(),
        during.ends_at().to_sqlx(),
        during.starts_at().to_sqlx(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            Ok(TakenPart {
                part: row.part_id.into(),
                span: span.ok_or(StoreError::Unreadable(row.id.into()))?,
                booking: row.id.into(),
                booker: row.booker_id.into(),
                customer: row.customer_id.into(),
                customer_name: row.customer_name,
                purpose: row.purpose,
                confirmed: row.confirmed,
            })
        })
        .collect()
}

/// Every time at these facilities during some of a span, cancelled ones too, in order.
pub async fn day(
    tx: &mut TenantTx,
    facilities: &[FacilityId],
    during: Span,
) -> Result<Vec<DayTime>, StoreError> {
    let ids: Vec<Uuid> = facilities.iter().map(|facility| facility.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT time.id, time.booking_id, time.resource_id, time.facility_id, time.starts_at, time.ends_at,
                  booking.number, booking.customer_name, booking.persons, booking.contact_message,
                  booking.status IN ('cancelled', 'refused') OR time.cancelled_at IS NOT NULL AS "cancelled!"
             FROM booking.occurrence time
             JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
              AND booking.status <> 'held'
            WHERE time.facility_id = any($1) AND time.starts_at > $2 AND time.starts_at < $3
              AND time.ends_at > $4
            ORDER BY time.starts_at, booking.number LIMIT $5"#,
        &ids,
        earliest_start(during).to_sqlx(),
        during.ends_at().to_sqlx(),
        during.starts_at().to_sqlx(),
        DAY_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())
                .ok_or(StoreError::Unreadable(row.booking_id.into()))?;
            Ok(DayTime {
                booking: row.booking_id.into(),
                number: row.number.unsigned_abs(),
                time: Time {
                    id: row.id.into(),
                    resource: row.resource_id.into(),
                    facility: row.facility_id.into(),
                    span,
                },
                customer_name: row.customer_name,
                persons: row.persons.and_then(|persons| u32::try_from(persons).ok()),
                message: row.contact_message,
                cancelled: row.cancelled,
            })
        })
        .collect()
}

/// The times that a customer has between two instants, for quotas.
pub async fn used(tx: &mut TenantTx, customer: CustomerId, during: Span) -> Result<Vec<Used>, StoreError> {
    let rows = sqlx::query!(
        "SELECT time.resource_id, time.facility_id, booking.authority_id, booking.id, time.starts_at, time.ends_at
           FROM booking.booking booking
           JOIN booking.occurrence time ON time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
          WHERE booking.customer_id = $1 AND booking.status IN ('requested', 'confirmed')
            AND time.cancelled_at IS NULL AND time.starts_at >= $2 AND time.starts_at < $3",
        customer.uuid(),
        during.starts_at().to_sqlx(),
        during.ends_at().to_sqlx()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            Ok(Used {
                resource: row.resource_id.into(),
                facility: row.facility_id.into(),
                authority: row.authority_id.into(),
                span: span.ok_or(StoreError::Unreadable(row.id.into()))?,
            })
        })
        .collect()
}

/// Whether a customer has had a booking before.
pub async fn has_booked(tx: &mut TenantTx, customer: CustomerId) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM booking.booking WHERE customer_id = $1 AND status = 'confirmed') AS "found!""#,
        customer.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// What takes any of the parts during some of these spans, by which booking, each once: all that finding asks, of hundreds
/// of parts. No two rows of a part overlap, dead holds included, so that of those that began before a span only the last
/// can reach in: nothing but what is answered is read, where [`taken`] goes through a week before. In order, so that also a planner without
/// statistics takes the index by start, and not the one that keeps two rows from overlapping, which reads all of a part.
pub async fn occupied(
    tx: &mut TenantTx,
    parts: &[PartId],
    during: &[Span],
) -> Result<Vec<Occupied>, StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let from: Vec<_> = during.iter().map(|span| span.starts_at().to_sqlx()).collect();
    let to: Vec<_> = during.iter().map(|span| span.ends_at().to_sqlx()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT DISTINCT taken.part_id AS "part_id!", taken.starts_at AS "starts_at!", taken.ends_at AS "ends_at!",
                  time.booking_id
             FROM unnest($1::uuid[]) AS wanted (part_id)
            CROSS JOIN unnest($2::timestamptz[], $3::timestamptz[]) AS during (starts_at, ends_at)
            CROSS JOIN LATERAL (
                    (SELECT one.* FROM booking.occupancy one
                      WHERE one.part_id = wanted.part_id AND one.starts_at <= during.starts_at
                      ORDER BY one.starts_at DESC LIMIT 1)
                    UNION ALL
                    (SELECT one.* FROM booking.occupancy one
                      WHERE one.part_id = wanted.part_id
                        AND one.starts_at > during.starts_at AND one.starts_at < during.ends_at
                      ORDER BY one.starts_at)) taken
             JOIN booking.occurrence time
               ON time.tenant_id = taken.tenant_id AND time.id = taken.occurrence_id
            WHERE taken.ends_at > during.starts_at AND (taken.hold_until IS NULL OR taken.hold_until > $4)"#,
        &ids,
        &from as _,
        &to as _,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let booking = row.booking_id.into();
            let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
            let span = span.ok_or(StoreError::Unreadable(booking))?;
            Ok(Occupied { part: row.part_id.into(), span, booking, mine: false })
        })
        .collect()
}

/// What is confirmed at these facilities during some of a span, in order.
pub async fn happening(
    tx: &mut TenantTx,
    facilities: &[FacilityId],
    during: Span,
) -> Result<Vec<Happening>, StoreError> {
    let ids: Vec<Uuid> = facilities.iter().map(|facility| facility.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT time.facility_id, time.resource_id, time.starts_at, time.ends_at, booking.customer_id,
                booking.purpose
           FROM booking.occurrence time
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE time.facility_id = any($1) AND time.starts_at > $2 AND time.starts_at < $3
            AND time.ends_at > $4 AND time.cancelled_at IS NULL AND booking.status = 'confirmed'
          ORDER BY time.starts_at, time.ends_at, time.id LIMIT $5",
        &ids,
        earliest_start(during).to_sqlx(),
        during.ends_at().to_sqlx(),
        during.starts_at().to_sqlx(),
        DAY_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let happening = rows.into_iter().map(|row| Happening {
        facility: row.facility_id.into(),
        resource: row.resource_id.into(),
        starts_at: row.starts_at.to_jiff(),
        ends_at: row.ends_at.to_jiff(),
        customer: row.customer_id.into(),
        purpose: row.purpose,
    });
    Ok(happening.collect())
}

/// What overlaps the span began after this: no row is longer.
fn earliest_start(during: Span) -> Timestamp {
    let longest = SignedDuration::from_mins(ROW_MINUTES_MAX.into());
    during.starts_at().checked_sub(longest).unwrap_or(Timestamp::MIN)
}
