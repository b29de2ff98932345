//! Grants that somebody still enters by, and the off-line PINs that were given out for them.

use access_domain::BookedTime;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_access::{LENGTHS_MINUTES, OfflineTime, SLOT_MS};
use protocols_ids::{BookingId, GatewayId, GrantId, OccurrenceId, ResourceId};
use protocols_wire::UnixMs;

use super::{counted, stored, time, wire_time};

/// A grant that is not taken back and not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveGrant {
    pub id: GrantId,
    pub booking: BookingId,
    pub gateway: GatewayId,
    pub occurrence: OccurrenceId,
    pub resource: ResourceId,
    pub time: BookedTime,
    pub opens_at: UnixMs,
    pub closes_at: UnixMs,
    pub known: bool,
    pub revision: Option<u64>,
}

/// A booking's own grants by which somebody may still enter; its guests' are theirs. In the order in which off-line PINs are allocated: every
/// transaction takes them in the same one, so that no two wait for each other.
pub(crate) async fn live_grants(
    tx: &mut TenantTx,
    booking: BookingId,
) -> Result<Vec<LiveGrant>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query!(
        "SELECT id, gateway_id, occurrence_id, resource_id, starts_at, ends_at, opens_at, closes_at, known,
                carried_revision
           FROM access.access_grant
          WHERE booking_id = $1 AND (bearer_id IS NULL OR bearer_id = occurrence_id)
            AND removed_at IS NULL AND closes_at > $2
          ORDER BY gateway_id, resource_id, starts_at, id",
        booking.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LiveGrant {
            id: row.id.into(),
            booking,
            gateway: row.gateway_id.into(),
            occurrence: row.occurrence_id.into(),
            resource: row.resource_id.into(),
            time: BookedTime {
                starts_at: wire_time(row.starts_at.to_jiff()),
                ends_at: wire_time(row.ends_at.to_jiff()),
            },
            opens_at: wire_time(row.opens_at.to_jiff()),
            closes_at: wire_time(row.closes_at.to_jiff()),
            known: row.known,
            revision: row.carried_revision.map(counted),
        })
        .collect())
}

/// The names of the doors to a resource at one gateway.
pub(crate) async fn door_names(
    tx: &mut TenantTx,
    gateway: GatewayId,
    resource: ResourceId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT d.name
           FROM access.resource_door r JOIN access.door d ON d.tenant_id = r.tenant_id AND d.id = r.door_id
          WHERE r.resource_id = $1 AND d.gateway_id = $2 AND d.in_use ORDER BY d.position, d.name",
        resource.uuid(),
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await
}

/// The off-line time that was given out for a time of a booking at a gateway.
pub(crate) async fn allocated(
    tx: &mut TenantTx,
    occurrence: OccurrenceId,
    gateway: GatewayId,
) -> Result<Option<OfflineTime>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT start_slot, length, serial FROM access.offline_pin
          WHERE occurrence_id = $1 AND gateway_id = $2",
        occurrence.uuid(),
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| OfflineTime {
        start_slot: counted(row.start_slot),
        length: u8::try_from(row.length).unwrap_or(0),
        serial: u8::try_from(row.serial).unwrap_or(0),
    }))
}

/// Gives an off-line time out for a grant; whether the database took it. It does not if the time was given out
/// before, or if the grant's own time of the booking has one. Waits for a transaction that is about to do the same.
pub(crate) async fn allocate(
    tx: &mut TenantTx,
    grant: &LiveGrant,
    offline: OfflineTime,
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    let done = sqlx::query!(
        "INSERT INTO access.offline_pin
           (tenant_id, gateway_id, group_id, start_slot, length, serial, booking_id, occurrence_id, allocated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        tenant,
        grant.gateway.uuid(),
        grant.resource.uuid(),
        stored(offline.start_slot),
        i16::from(offline.length),
        i16::from(offline.serial),
        grant.booking.uuid(),
        grant.occurrence.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets off-line PINs that were given out for times that ended before `before`. A start that has passed is never
/// booked again, so that none of them can be given out a second time.
pub(crate) async fn forget(tx: &mut TenantTx, before: Timestamp) -> Result<(), sqlx::Error> {
    let longest_ms = LENGTHS_MINUTES.iter().max().map_or(0, |minutes| i64::from(*minutes) * 60_000);
    let slot = before.as_millisecond().saturating_sub(longest_ms).div_euclid(SLOT_MS);
    sqlx::query!("DELETE FROM access.offline_pin WHERE start_slot < $1", slot).execute(tx.conn()).await?;
    Ok(())
}
