//! Booked times for calendars that are read again and again.

use booking_domain::State;
use cloud_contracts::{BookedState, BookedTime, TimesWanted, Whose};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{FacilityId, ResourceId};
use uuid::Uuid;

use super::StoreError;

struct Row {
    id: Uuid,
    booking_id: Uuid,
    number: i64,
    facility_id: Uuid,
    resource_id: Uuid,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    customer_id: Uuid,
    purpose: String,
    status: String,
    gone: bool,
    changed_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn time(self) -> Result<BookedTime, StoreError> {
        let booking = self.booking_id.into();
        let state = match State::parse(&self.status).ok_or(StoreError::Unreadable(booking))? {
            _ if self.gone => BookedState::Gone,
            State::Requested => BookedState::Asked,
            State::Confirmed => BookedState::Agreed,
            State::Held | State::Refused | State::Cancelled => BookedState::Gone,
        };
        Ok(BookedTime {
            id: self.id.into(),
            booking,
            number: self.number.unsigned_abs(),
            facility: self.facility_id.into(),
            resource: self.resource_id.into(),
            starts_at: self.starts_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            customer: self.customer_id.into(),
            purpose: self.purpose,
            state,
            changed_at: self.changed_at.to_jiff().max(made_at(self.id)),
        })
    }
}

/// When a time was made: its id says so (RFC 9562 §5.7), also where it came to its booking later.
fn made_at(id: Uuid) -> Timestamp {
    let made = id.get_timestamp().map(|made| made.to_unix());
    made.and_then(|(seconds, _)| Timestamp::from_second(i64::try_from(seconds).ok()?).ok())
        .unwrap_or(Timestamp::MIN)
}

fn most(wanted: TimesWanted) -> i64 {
    i64::try_from(wanted.most).unwrap_or(i64::MAX)
}

/// What is or was agreed of these resources of a facility. What went before an officer had approved it was never agreed.
pub async fn at(
    tx: &mut TenantTx,
    facility: FacilityId,
    resources: &[ResourceId],
    wanted: TimesWanted,
) -> Result<Vec<BookedTime>, StoreError> {
    let ids: Vec<Uuid> = resources.iter().map(|resource| resource.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, booking_id, number, facility_id, resource_id, starts_at, ends_at, customer_id, purpose, status,
                  gone AS "gone!", changed_at AS "changed_at!" FROM (
             SELECT time.id, time.booking_id, booking.number, time.facility_id, time.resource_id, time.starts_at,
                    time.ends_at, booking.customer_id, booking.purpose, booking.status,
                    coalesce(time.cancelled_at, booking.cancelled_at) IS NOT NULL AS gone,
                    greatest(booking.created_at, booking.decided_at, time.cancelled_at, booking.cancelled_at)
                      AS changed_at,
                    coalesce(time.cancelled_at, booking.cancelled_at, 'infinity') AS gone_at
               FROM booking.occurrence time
               JOIN booking.booking booking
                 ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
              WHERE time.facility_id = $1 AND time.resource_id = any($2)
                AND time.starts_at >= $3 AND time.starts_at < $4
                AND booking.status IN ('confirmed', 'cancelled')
                AND (cardinality(booking.approval_reasons) = 0
                     OR booking.decided_at < coalesce(time.cancelled_at, booking.cancelled_at, 'infinity'))) AS told
            WHERE gone_at > $5 ORDER BY starts_at, id LIMIT $6"#,
        facility.uuid(),
        &ids,
        wanted.during.starts_at.to_sqlx(),
        wanted.during.ends_at.to_sqlx(),
        wanted.gone_since.to_sqlx(),
        most(wanted)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::time).collect()
}

/// What somebody has.
pub async fn of(tx: &mut TenantTx, whose: Whose, wanted: TimesWanted) -> Result<Vec<BookedTime>, StoreError> {
    let (person, customer) = match whose {
        Whose::Person(person) => (Some(person.uuid()), None),
        Whose::Customer(customer) => (None, Some(customer.uuid())),
    };
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, booking_id, number, facility_id, resource_id, starts_at, ends_at, customer_id, purpose, status,
                  gone AS "gone!", changed_at AS "changed_at!" FROM (
             SELECT time.id, time.booking_id, booking.number, time.facility_id, time.resource_id, time.starts_at,
                    time.ends_at, booking.customer_id, booking.purpose, booking.status,
                    booking.status = 'refused' OR coalesce(time.cancelled_at, booking.cancelled_at) IS NOT NULL
                      AS gone,
                    greatest(booking.created_at, booking.decided_at, time.cancelled_at, booking.cancelled_at)
                      AS changed_at,
                    coalesce(time.cancelled_at, booking.cancelled_at,
                             CASE WHEN booking.status = 'refused' THEN booking.decided_at END, 'infinity') AS gone_at
               FROM booking.booking booking
               JOIN booking.occurrence time
                 ON time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
              WHERE (booking.booker_id = $1 OR booking.customer_id = $2) AND booking.status <> 'held'
                AND time.starts_at >= $3 AND time.starts_at < $4) AS told
            WHERE gone_at > $5 ORDER BY starts_at, id LIMIT $6"#,
        person,
        customer,
        wanted.during.starts_at.to_sqlx(),
        wanted.during.ends_at.to_sqlx(),
        wanted.gone_since.to_sqlx(),
        most(wanted)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::time).collect()
}
