//! Grants and codes.

use access_domain::{BookedTime, DoorTiming, GrantView, Link, OpenSpan, Reach};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{
    BookingId, CredentialId, DoorId, GatewayId, GrantId, GuestId, OccurrenceId, ResourceId, ZoneId,
};
use protocols_wire::{CONTRACT_VERSION, UnixMs};
use uuid::Uuid;

use super::gateway::SILENT_AFTER;
use super::{calendar_time, counted, stored, time, wire_time};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a resource needs, gateway by gateway.
pub(crate) async fn reaches(
    tx: &mut TenantTx,
    resource: ResourceId,
) -> Result<Vec<(GatewayId, Reach)>, sqlx::Error> {
    let doors = sqlx::query!(
        "SELECT d.gateway_id, d.id, d.lead_minutes, d.lag_minutes
           FROM access.resource_door r JOIN access.door d ON d.tenant_id = r.tenant_id AND d.id = r.door_id
          WHERE r.resource_id = $1 AND d.in_use ORDER BY d.gateway_id, d.position, d.id",
        resource.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let zones = sqlx::query!(
        "SELECT z.gateway_id, z.id
           FROM access.resource_zone r JOIN access.zone z ON z.tenant_id = r.tenant_id AND z.id = r.zone_id
          WHERE r.resource_id = $1 AND z.in_use ORDER BY z.gateway_id, z.id",
        resource.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let mut reaches: Vec<(GatewayId, Reach)> = Vec::new();
    for door in doors {
        let gateway = GatewayId::new(door.gateway_id);
        let timing = DoorTiming {
            door: DoorId::new(door.id),
            lead_minutes: u16::try_from(door.lead_minutes).unwrap_or(0),
            lag_minutes: u16::try_from(door.lag_minutes).unwrap_or(0),
        };
        match reaches.last_mut() {
            Some((last, reach)) if *last == gateway => reach.doors.push(timing),
            Some(_) | None => reaches.push((gateway, Reach { doors: vec![timing], zones: Vec::new() })),
        }
    }
    for zone in zones {
        if let Some((_, reach)) = reaches.iter_mut().find(|(gateway, _)| gateway.uuid() == zone.gateway_id) {
            reach.zones.push(ZoneId::new(zone.id));
        }
    }
    Ok(reaches)
}

/// A grant that is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewGrant {
    pub gateway: GatewayId,
    pub occurrence: OccurrenceId,
    pub resource: ResourceId,
    pub time: BookedTime,
    pub span: OpenSpan,
}

/// Whose a code is: the booking's own for all its times, that of one time where each has its own, or a guest's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Holder {
    pub booking: BookingId,
    /// The time or the guest.
    pub bearer: Option<Uuid>,
}

impl Holder {
    /// What the holder's rows are found by.
    pub(super) fn id(self) -> Uuid {
        self.bearer.unwrap_or(self.booking.uuid())
    }
}

/// Who has a code of a booking now.
pub(crate) async fn holders(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<Holder>, sqlx::Error> {
    let bearers = sqlx::query_scalar!(
        "SELECT bearer_id FROM access.credential WHERE booking_id = $1 AND withdrawn_at IS NULL ORDER BY id",
        booking.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(bearers.into_iter().map(|bearer| Holder { booking, bearer }).collect())
}

/// Writes grants with this code, by one statement; returns how many the database took. It refuses a row whose code another
/// holder has at the same gateway at a time that overlaps.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    holder: Holder,
    number: u64,
    secret_index: &[u8],
    grants: &[NewGrant],
) -> Result<usize, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = grants.iter().map(|_| tx.new_id::<GrantId>().uuid()).collect();
    let gateways: Vec<Uuid> = grants.iter().map(|grant| grant.gateway.uuid()).collect();
    let occurrences: Vec<Uuid> = grants.iter().map(|grant| grant.occurrence.uuid()).collect();
    let resources: Vec<Uuid> = grants.iter().map(|grant| grant.resource.uuid()).collect();
    let times = |of: fn(&NewGrant) -> UnixMs| -> Vec<jiff_sqlx::Timestamp> {
        grants.iter().map(|grant| time(calendar_time(of(grant)))).collect()
    };
    let done = sqlx::query!(
        "INSERT INTO access.access_grant
           (tenant_id, id, gateway_id, booking_id, booking_number, occurrence_id, resource_id, secret_index,
            starts_at, ends_at, opens_at, closes_at, bearer_id)
         SELECT $1, new.id, new.gateway_id, $2, $3, new.occurrence_id, new.resource_id, $4,
                new.starts_at, new.ends_at, new.opens_at, new.closes_at, $5
           FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::timestamptz[], $11::timestamptz[],
                       $12::timestamptz[], $13::timestamptz[])
             AS new (id, gateway_id, occurrence_id, resource_id, starts_at, ends_at, opens_at, closes_at)
         ON CONFLICT DO NOTHING",
        tenant,
        holder.booking.uuid(),
        stored(number),
        secret_index,
        holder.bearer,
        &ids,
        &gateways,
        &occurrences,
        &resources,
        &times(|grant| grant.time.starts_at) as _,
        &times(|grant| grant.time.ends_at) as _,
        &times(|grant| grant.span.opens_at) as _,
        &times(|grant| grant.span.closes_at) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(0))
}

/// Takes away those of a holder's grants that were written a moment ago with a code that is taken.
pub(crate) async fn discard_new(
    tx: &mut TenantTx,
    holder: Holder,
    new: &[NewGrant],
) -> Result<(), sqlx::Error> {
    let gateways: Vec<Uuid> = new.iter().map(|grant| grant.gateway.uuid()).collect();
    let occurrences: Vec<Uuid> = new.iter().map(|grant| grant.occurrence.uuid()).collect();
    sqlx::query!(
        "DELETE FROM access.access_grant written
          USING unnest($2::uuid[], $3::uuid[]) AS new (gateway_id, occurrence_id)
          WHERE written.holder_id = $1 AND NOT written.known AND written.removed_at IS NULL
            AND written.gateway_id = new.gateway_id AND written.occurrence_id = new.occurrence_id",
        holder.id(),
        &gateways,
        &occurrences
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a holder's code is found by, while it opens anything.
pub(crate) async fn live_index(tx: &mut TenantTx, holder: Holder) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT secret_index FROM access.access_grant WHERE holder_id = $1 AND removed_at IS NULL LIMIT 1",
        holder.id()
    )
    .fetch_optional(tx.conn())
    .await
}

/// What a holder opens: at which gateway, for which times.
pub(crate) async fn live_at(
    tx: &mut TenantTx,
    holder: Holder,
) -> Result<Vec<(GatewayId, OccurrenceId)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT gateway_id, occurrence_id FROM access.access_grant WHERE holder_id = $1 AND removed_at IS NULL",
        holder.id()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.gateway_id.into(), row.occurrence_id.into())).collect())
}

/// The times of a booking at which anything opens by the booking's own right.
pub(crate) async fn live(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<OccurrenceId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT occurrence_id FROM access.access_grant
          WHERE booking_id = $1 AND removed_at IS NULL AND (bearer_id IS NULL OR bearer_id = occurrence_id)",
        booking.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(OccurrenceId::new).collect())
}

/// Takes back a holder's grants of other times; returns the gateways that may have them.
pub(crate) async fn remove_others(
    tx: &mut TenantTx,
    holder: Holder,
    keep: &[Uuid],
) -> Result<Vec<GatewayId>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query_scalar!(
        "UPDATE access.access_grant SET removed_at = $2
          WHERE holder_id = $1 AND removed_at IS NULL AND occurrence_id <> ALL($3) RETURNING gateway_id",
        holder.id(),
        now,
        keep
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(GatewayId::new).collect())
}

/// Gives a holder's grants another code, to be carried anew; false where another holder has it at one of their times.
pub(crate) async fn recode(
    tx: &mut TenantTx,
    holder: Holder,
    secret_index: &[u8],
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM access.access_grant own
               JOIN access.access_grant other
                 ON other.tenant_id = own.tenant_id AND other.gateway_id = own.gateway_id
                AND other.secret_index = $2 AND other.holder_id <> own.holder_id AND other.during && own.during
              WHERE own.holder_id = $1) AS "taken!""#,
        holder.id(),
        secret_index
    )
    .fetch_one(tx.conn())
    .await?;
    if taken {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE access.access_grant SET secret_index = $2, carried_revision = NULL
          WHERE holder_id = $1 AND removed_at IS NULL",
        holder.id(),
        secret_index
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The row of a holder's code, also of one that was withdrawn.
pub(crate) async fn credential_of(
    tx: &mut TenantTx,
    holder: Holder,
) -> Result<Option<CredentialId>, sqlx::Error> {
    let id = sqlx::query_scalar!("SELECT id FROM access.credential WHERE holder_id = $1", holder.id())
        .fetch_optional(tx.conn())
        .await?;
    Ok(id.map(CredentialId::new))
}

/// Puts another code in the place of a holder's.
pub(crate) async fn replace_credential(
    tx: &mut TenantTx,
    id: CredentialId,
    ciphertext: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.credential SET secret_ciphertext = $2, withdrawn_at = NULL WHERE id = $1",
        id.uuid(),
        ciphertext
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the booking ever got a code of its own, for all of its times or for one of these. Its guests may have theirs
/// before.
pub(crate) async fn has_credential(
    tx: &mut TenantTx,
    booking: BookingId,
    times: &[Uuid],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM access.credential
                           WHERE booking_id = $1 AND (bearer_id IS NULL OR bearer_id = any($2))) AS "exists!""#,
        booking.uuid(),
        times
    )
    .fetch_one(tx.conn())
    .await
}

/// Stores a holder's code.
pub(crate) async fn put_credential(
    tx: &mut TenantTx,
    id: CredentialId,
    holder: Holder,
    ciphertext: &[u8],
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "INSERT INTO access.credential
           (tenant_id, id, booking_id, bearer_id, kind, secret_ciphertext, created_at)
         VALUES ($1, $2, $3, $4, 'pin', $5, $6)",
        tenant,
        id.uuid(),
        holder.booking.uuid(),
        holder.bearer,
        ciphertext,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A code as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Ciphertext {
    pub credential: CredentialId,
    pub holder: Holder,
    pub bytes: Vec<u8>,
}

/// The codes of these bookings that are still there.
pub(crate) async fn ciphertexts(
    tx: &mut TenantTx,
    bookings: &[Uuid],
) -> Result<Vec<Ciphertext>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, booking_id, bearer_id, secret_ciphertext AS "bytes!" FROM access.credential
            WHERE booking_id = ANY($1) AND secret_ciphertext IS NOT NULL"#,
        bookings
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Ciphertext {
            credential: row.id.into(),
            holder: Holder { booking: row.booking_id.into(), bearer: row.bearer_id },
            bytes: row.bytes,
        })
        .collect())
}

/// Takes a holder's grants and code back; returns the gateways that may have them.
pub(crate) async fn withdraw(tx: &mut TenantTx, holder: Holder) -> Result<Vec<GatewayId>, sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.credential SET secret_ciphertext = NULL, withdrawn_at = $2
          WHERE holder_id = $1 AND withdrawn_at IS NULL",
        holder.id(),
        now
    )
    .execute(tx.conn())
    .await?;
    remove_others(tx, holder, &[]).await
}

/// Takes a booking's grants and codes back; returns the gateways that may have them.
pub(crate) async fn revoke(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<GatewayId>, sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.credential SET secret_ciphertext = NULL, withdrawn_at = $2
          WHERE booking_id = $1 AND withdrawn_at IS NULL",
        booking.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    let rows = sqlx::query_scalar!(
        "UPDATE access.access_grant SET removed_at = $2 WHERE booking_id = $1 AND removed_at IS NULL
         RETURNING gateway_id",
        booking.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let mut gateways: Vec<GatewayId> = rows.into_iter().map(GatewayId::new).collect();
    gateways.sort_unstable();
    gateways.dedup();
    Ok(gateways)
}

/// A grant as it goes into a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrantRow {
    pub id: GrantId,
    pub holder: Holder,
    pub booking_number: u64,
    pub resource: ResourceId,
    pub time: BookedTime,
}

/// Grants that no batch carries as they are now, and that open before `horizon`.
pub(crate) async fn to_carry(
    tx: &mut TenantTx,
    gateway: GatewayId,
    horizon: Timestamp,
) -> Result<Vec<GrantRow>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query!(
        "SELECT id, booking_id, bearer_id, booking_number, resource_id, starts_at, ends_at FROM access.access_grant
          WHERE gateway_id = $1 AND removed_at IS NULL AND carried_revision IS NULL
            AND opens_at < $2 AND closes_at > $3
          ORDER BY opens_at, id",
        gateway.uuid(),
        time(horizon),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GrantRow {
            id: row.id.into(),
            holder: Holder { booking: row.booking_id.into(), bearer: row.bearer_id },
            booking_number: counted(row.booking_number),
            resource: row.resource_id.into(),
            time: BookedTime {
                starts_at: wire_time(row.starts_at.to_jiff()),
                ends_at: wire_time(row.ends_at.to_jiff()),
            },
        })
        .collect())
}

/// Every grant that a gateway's table shall hold.
pub(crate) async fn whole_table(
    tx: &mut TenantTx,
    gateway: GatewayId,
    expired_before: Timestamp,
    horizon: Timestamp,
) -> Result<Vec<GrantRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, booking_id, bearer_id, booking_number, resource_id, starts_at, ends_at FROM access.access_grant
          WHERE gateway_id = $1 AND removed_at IS NULL AND closes_at > $2 AND opens_at < $3
          ORDER BY opens_at, id",
        gateway.uuid(),
        time(expired_before),
        time(horizon)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GrantRow {
            id: row.id.into(),
            holder: Holder { booking: row.booking_id.into(), bearer: row.bearer_id },
            booking_number: counted(row.booking_number),
            resource: row.resource_id.into(),
            time: BookedTime {
                starts_at: wire_time(row.starts_at.to_jiff()),
                ends_at: wire_time(row.ends_at.to_jiff()),
            },
        })
        .collect())
}

/// Grants that were taken back and that the gateway may still have, with no batch that removes them.
pub(crate) async fn to_remove(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<GrantId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT id FROM access.access_grant
          WHERE gateway_id = $1 AND removed_at IS NOT NULL AND known AND removal_revision IS NULL ORDER BY id",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(GrantId::new).collect())
}

/// A batch carries these; what the gateway holds of them then is [`held`](super::held)'s.
pub(crate) async fn carried(tx: &mut TenantTx, grants: &[Uuid], revision: u64) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.access_grant SET known = true, carried_revision = $2 WHERE id = ANY($1)",
        grants,
        stored(revision)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A snapshot leaves out what opens at or after `horizon`: sent while the horizon was longer, it is sent again when
/// its time comes.
pub(crate) async fn left_out_by_snapshot(
    tx: &mut TenantTx,
    gateway: GatewayId,
    horizon: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.access_grant SET carried_revision = NULL
          WHERE gateway_id = $1 AND removed_at IS NULL AND carried_revision IS NOT NULL
            AND opens_at >= $2 AND closes_at > $2",
        gateway.uuid(),
        time(horizon)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A batch removes these.
pub(crate) async fn removed(tx: &mut TenantTx, grants: &[Uuid], revision: u64) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.access_grant SET removal_revision = $2 WHERE id = ANY($1)",
        grants,
        stored(revision)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A snapshot removes every grant that was taken back and not yet confirmed as gone. One that was taken back while
/// the snapshot was built is in it, and goes out with the next batch.
pub(crate) async fn removed_by_snapshot(
    tx: &mut TenantTx,
    gateway: GatewayId,
    acknowledged: u64,
    revision: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.access_grant SET removal_revision = $3
          WHERE gateway_id = $1 AND removed_at IS NOT NULL AND known
            AND (removal_revision IS NULL OR removal_revision > $2)
            AND carried_revision IS DISTINCT FROM $3",
        gateway.uuid(),
        stored(acknowledged),
        stored(revision)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Bookings whose grants were carried or removed by a batch after `from` up to and including `to`.
pub(crate) async fn bookings_between(
    tx: &mut TenantTx,
    gateway: GatewayId,
    from: u64,
    to: u64,
) -> Result<Vec<BookingId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT booking_id FROM access.access_grant
          WHERE gateway_id = $1
            AND (carried_revision > $2 AND carried_revision <= $3
                 OR removal_revision > $2 AND removal_revision <= $3)",
        gateway.uuid(),
        stored(from),
        stored(to)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(BookingId::new).collect())
}

/// Bookings whose grants are not all confirmed by the gateway: those that a gateway's silence is told to.
pub(crate) async fn bookings_waiting(
    tx: &mut TenantTx,
    gateway: GatewayId,
) -> Result<Vec<BookingId>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT g.booking_id FROM access.access_grant g
           JOIN access.gateway w ON w.tenant_id = g.tenant_id AND w.id = g.gateway_id
          WHERE g.gateway_id = $1 AND g.closes_at > $2
            AND coalesce(CASE WHEN g.removed_at IS NULL THEN g.carried_revision ELSE g.removal_revision END,
                         w.revision + 1) > w.acknowledged_revision",
        gateway.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(BookingId::new).collect())
}

/// When the next grant opens beyond the horizon. Also one that was sent while the horizon was longer: a snapshot may
/// leave it out before its time comes.
pub(crate) async fn next_opening(
    tx: &mut TenantTx,
    gateway: GatewayId,
    horizon: Timestamp,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!(
        "SELECT min(opens_at) FROM access.access_grant
          WHERE gateway_id = $1 AND removed_at IS NULL AND opens_at >= $2 AND closes_at > $2",
        gateway.uuid(),
        time(horizon)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// A grant as its standing is judged, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldView {
    pub booking: BookingId,
    /// The guest whose it is; otherwise the booking's own.
    pub guest: Option<GuestId>,
    pub view: GrantView,
}

/// The grants of these bookings, each with its gateway.
pub(crate) async fn views(tx: &mut TenantTx, bookings: &[Uuid]) -> Result<Vec<HeldView>, sqlx::Error> {
    let now = tx.now();
    let rows = sqlx::query!(
        "SELECT g.booking_id, g.bearer_id, g.occurrence_id, g.removed_at, g.known, g.carried_revision, g.removal_revision, g.opens_at, g.closes_at,
                w.acknowledged_revision, w.online, w.last_heard_at, w.contract_version, w.horizon_days
           FROM access.access_grant g
           JOIN access.gateway w ON w.tenant_id = g.tenant_id AND w.id = g.gateway_id
          WHERE g.booking_id = ANY($1) ORDER BY g.booking_id, g.opens_at, g.id",
        bookings
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let removed = row.removed_at.is_some();
            let revision = if removed { row.removal_revision } else { row.carried_revision };
            let heard = row.last_heard_at.map(jiff_sqlx::Timestamp::to_jiff);
            let recently = heard.is_some_and(|at| now.duration_since(at) < SILENT_AFTER);
            let view = GrantView {
                removed,
                known: row.known,
                revision: revision.map(counted),
                acknowledged: counted(row.acknowledged_revision),
                understood: row.contract_version.is_none_or(|has| has >= i32::from(CONTRACT_VERSION)),
                link: if row.online && recently {
                    Link::Up
                } else {
                    Link::Silent { since: heard.map(wire_time) }
                },
                sent_from: wire_time(row.opens_at.to_jiff())
                    .plus_ms(i64::from(row.horizon_days).saturating_mul(-DAY_MS)),
                opens_at: wire_time(row.opens_at.to_jiff()),
                closes_at: wire_time(row.closes_at.to_jiff()),
            };
            // What one time's own code opens is that time.
            let guest = row.bearer_id.filter(|bearer| *bearer != row.occurrence_id).map(GuestId::new);
            HeldView { booking: row.booking_id.into(), guest, view }
        })
        .collect())
}

/// The names of the doors that a booking's grants open.
pub(crate) async fn door_names(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT d.name FROM access.door d
          WHERE d.in_use AND EXISTS (
            SELECT FROM access.access_grant g
              JOIN access.resource_door r ON r.tenant_id = g.tenant_id AND r.resource_id = g.resource_id
             WHERE g.tenant_id = d.tenant_id AND g.booking_id = $1 AND g.gateway_id = d.gateway_id
               AND r.door_id = d.id AND g.removed_at IS NULL)
          ORDER BY d.position, d.name",
        booking.uuid()
    )
    .fetch_all(tx.conn())
    .await
}

/// Forgets codes and grants that have not been good for anything since `before`.
pub(crate) async fn forget(tx: &mut TenantTx, before: Timestamp) -> Result<(), sqlx::Error> {
    let before = time(before);
    sqlx::query!(
        "UPDATE access.credential c SET secret_ciphertext = NULL
          WHERE secret_ciphertext IS NOT NULL AND NOT EXISTS (
            SELECT FROM access.access_grant g
             WHERE g.tenant_id = c.tenant_id AND g.holder_id = c.holder_id AND g.closes_at > $1)",
        before
    )
    .execute(tx.conn())
    .await?;
    // What a gateway still holds stays until a batch has let it go: its hash is part of the table's.
    sqlx::query!("DELETE FROM access.access_grant WHERE closes_at <= $1 AND held_hash IS NULL", before)
        .execute(tx.conn())
        .await?;
    Ok(())
}
