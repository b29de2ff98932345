//! What is on site: read for the configuration that a gateway gets, written by the import.

use std::collections::BTreeMap;

use cloud_kernel::TenantTx;
use protocols_ids::{DeviceId, DoorId, GatewayId, ResourceId, ZoneId};
use protocols_wire::{
    DeviceConfig, DoorConfig, DoorGroup, GroupDoor, PointRef, SiteBroker, SiteConfig, SitePolicy, ZoneConfig,
};

use super::{counted, time};

/// The configuration of a gateway as it is now; `None` for a gateway that is not there.
pub(crate) async fn config(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<SiteConfig>, sqlx::Error> {
    let head = sqlx::query!(
        "SELECT name, config_revision, broker_address, visitor_lease_h, staff_lease_h, technician_lease_h,
                lease_warning_h, silent_after_s, clock_margin_s, staff_with_unknown_clock, journal_kept_h
           FROM access.gateway WHERE id = $1",
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(head) = head else { return Ok(None) };
    let policy = SitePolicy {
        visitor_lease_h: whole(head.visitor_lease_h),
        staff_lease_h: whole(head.staff_lease_h),
        technician_lease_h: whole(head.technician_lease_h),
        lease_warning_h: whole(head.lease_warning_h),
        silent_after_s: whole(head.silent_after_s),
        clock_margin_s: whole(head.clock_margin_s),
        staff_with_unknown_clock: head.staff_with_unknown_clock,
        journal_kept_h: whole(head.journal_kept_h),
    };
    let devices = sqlx::query!(
        "SELECT id, profile, address, unit, name FROM access.device WHERE gateway_id = $1 AND in_use ORDER BY slug",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(|row| DeviceConfig {
        id: row.id.into(),
        profile: row.profile,
        address: row.address,
        unit: u8::try_from(row.unit).unwrap_or(0),
        name: row.name,
    })
    .collect();
    let doors = doors(tx, gateway).await?;
    let zones = zones(tx, gateway).await?;
    let groups = groups(tx, gateway).await?;
    Ok(Some(SiteConfig {
        revision: counted(head.config_revision),
        site: head.name,
        devices,
        doors,
        zones,
        groups,
        policy,
        broker: head.broker_address.map(|address| SiteBroker { address }),
    }))
}

/// A count that the database keeps from being negative.
fn whole(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

fn minutes_ms(minutes: i32) -> u32 {
    whole(minutes).saturating_mul(60_000)
}

/// What each resource needs at this gateway.
async fn groups(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<DoorGroup>, sqlx::Error> {
    let doors = sqlx::query!(
        "SELECT r.resource_id, d.id, d.lead_minutes, d.lag_minutes
           FROM access.resource_door r JOIN access.door d ON d.tenant_id = r.tenant_id AND d.id = r.door_id
          WHERE d.gateway_id = $1 AND d.in_use ORDER BY r.resource_id, d.position, d.id",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let zones = sqlx::query!(
        "SELECT r.resource_id, z.id
           FROM access.resource_zone r JOIN access.zone z ON z.tenant_id = r.tenant_id AND z.id = r.zone_id
          WHERE z.gateway_id = $1 AND z.in_use ORDER BY r.resource_id, z.slug",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let mut groups: BTreeMap<uuid::Uuid, DoorGroup> = BTreeMap::new();
    let empty = |id: uuid::Uuid| DoorGroup { id: ResourceId::new(id), doors: Vec::new(), zones: Vec::new() };
    for row in doors {
        let group = groups.entry(row.resource_id).or_insert_with(|| empty(row.resource_id));
        group.doors.push(GroupDoor {
            door: row.id.into(),
            lead_ms: minutes_ms(row.lead_minutes),
            lag_ms: minutes_ms(row.lag_minutes),
        });
    }
    for row in zones {
        let group = groups.entry(row.resource_id).or_insert_with(|| empty(row.resource_id));
        group.zones.push(row.id.into());
    }
    Ok(groups.into_values().collect())
}

async fn doors(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<DoorConfig>, sqlx::Error> {
    let points = sqlx::query!(
        "SELECT p.door_id, p.role, p.device_id, p.point
           FROM access.door_point p JOIN access.door d ON d.tenant_id = p.tenant_id AND d.id = p.door_id
          WHERE d.gateway_id = $1 AND d.in_use",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let point = |door: uuid::Uuid, role: &str| {
        points
            .iter()
            .find(|row| row.door_id == door && row.role == role)
            .map(|row| PointRef { device: row.device_id.into(), point: row.point.clone() })
    };
    let rows = sqlx::query!(
        "SELECT id, name, keypad_id, scanner_id, reader_id, release_ms, held_open_ms FROM access.door
          WHERE gateway_id = $1 AND in_use ORDER BY position, slug",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(DoorConfig {
                id: row.id.into(),
                lock: point(row.id, "lock")?,
                contact: point(row.id, "contact"),
                rex: point(row.id, "rex"),
                tamper: point(row.id, "tamper"),
                name: row.name,
                keypad: row.keypad_id.map(DeviceId::new),
                release_ms: u32::try_from(row.release_ms).unwrap_or(0),
                held_open_ms: u32::try_from(row.held_open_ms).unwrap_or(0),
                scanner: row.scanner_id.map(DeviceId::new),
                reader: row.reader_id.map(DeviceId::new),
            })
        })
        .collect())
}

async fn zones(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<ZoneConfig>, sqlx::Error> {
    let lamps = sqlx::query!(
        "SELECT l.zone_id, l.device_id, l.point
           FROM access.zone_lamp l JOIN access.zone z ON z.tenant_id = l.tenant_id AND z.id = l.zone_id
          WHERE z.gateway_id = $1 AND z.in_use ORDER BY l.device_id, l.point",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = sqlx::query!(
        "SELECT id, name, lag_minutes FROM access.zone WHERE gateway_id = $1 AND in_use ORDER BY slug",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ZoneConfig {
            id: row.id.into(),
            name: row.name,
            lamps: lamps
                .iter()
                .filter(|lamp| lamp.zone_id == row.id)
                .map(|lamp| PointRef { device: lamp.device_id.into(), point: lamp.point.clone() })
                .collect(),
            lag_ms: u32::try_from(row.lag_minutes).unwrap_or(0).saturating_mul(60_000),
        })
        .collect())
}

/// The names of a gateway's doors, in their order.
pub(crate) async fn door_names(tx: &mut TenantTx) -> Result<Vec<(GatewayId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT gateway_id, name FROM access.door WHERE in_use ORDER BY gateway_id, position, name"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.gateway_id.into(), row.name)).collect())
}

/// Whether a row was there before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// It is new.
    Created,
    /// It was there.
    Kept,
}

/// The gateway of that name, made known to the directory when it is new.
pub(crate) async fn put_gateway(
    tx: &mut TenantTx,
    slug: &str,
    name: &str,
) -> Result<(GatewayId, Put), sqlx::Error> {
    let (tenant, new) = (tx.tenant().uuid(), tx.new_id::<GatewayId>());
    let id = sqlx::query_scalar!(
        "INSERT INTO access.gateway (tenant_id, id, slug, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, slug) DO UPDATE SET name = excluded.name RETURNING id",
        tenant,
        new.uuid(),
        slug,
        name
    )
    .fetch_one(tx.conn())
    .await?;
    if id != new.uuid() {
        return Ok((id.into(), Put::Kept));
    }
    sqlx::query!("INSERT INTO access.gateway_directory (gateway_id, tenant_id) VALUES ($1, $2)", id, tenant)
        .execute(tx.conn())
        .await?;
    Ok((id.into(), Put::Created))
}

/// What holds for the whole site, as the import knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPolicy<'a> {
    pub broker: Option<&'a str>,
    pub horizon_days: u16,
    pub policy: SitePolicy,
}

/// Sets what holds for the whole site; answers whether the horizon is another than before.
pub(crate) async fn put_policy(
    tx: &mut TenantTx,
    gateway: GatewayId,
    new: &NewPolicy<'_>,
) -> Result<bool, sqlx::Error> {
    let horizon_days = i32::from(new.horizon_days);
    let before = sqlx::query_scalar!("SELECT horizon_days FROM access.gateway WHERE id = $1", gateway.uuid())
        .fetch_one(tx.conn())
        .await?;
    let policy = new.policy;
    let stored = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    sqlx::query!(
        "UPDATE access.gateway
            SET broker_address = $2, horizon_days = $3, visitor_lease_h = $4, staff_lease_h = $5,
                technician_lease_h = $6, lease_warning_h = $7, silent_after_s = $8, clock_margin_s = $9,
                staff_with_unknown_clock = $10, journal_kept_h = $11
          WHERE id = $1",
        gateway.uuid(),
        new.broker,
        horizon_days,
        stored(policy.visitor_lease_h),
        stored(policy.staff_lease_h),
        stored(policy.technician_lease_h),
        stored(policy.lease_warning_h),
        stored(policy.silent_after_s),
        stored(policy.clock_margin_s),
        policy.staff_with_unknown_clock,
        stored(policy.journal_kept_h)
    )
    .execute(tx.conn())
    .await?;
    Ok(before != horizon_days)
}

/// Takes everything of a gateway out of use, before the import puts back what is still there.
pub(crate) async fn clear(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    let id = gateway.uuid();
    sqlx::query!(
        "DELETE FROM access.resource_door r USING access.door d
          WHERE d.tenant_id = r.tenant_id AND d.id = r.door_id AND d.gateway_id = $1",
        id
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM access.resource_zone r USING access.zone z
          WHERE z.tenant_id = r.tenant_id AND z.id = r.zone_id AND z.gateway_id = $1",
        id
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM access.door_point p USING access.door d
          WHERE d.tenant_id = p.tenant_id AND d.id = p.door_id AND d.gateway_id = $1",
        id
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM access.zone_lamp l USING access.zone z
          WHERE z.tenant_id = l.tenant_id AND z.id = l.zone_id AND z.gateway_id = $1",
        id
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("UPDATE access.door SET in_use = false WHERE gateway_id = $1", id)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE access.zone SET in_use = false WHERE gateway_id = $1", id)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE access.device SET in_use = false WHERE gateway_id = $1", id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A device as the import knows it.
#[derive(Clone, Debug)]
pub(crate) struct NewDevice<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub profile: &'a str,
    pub address: &'a str,
    pub unit: u8,
}

/// Puts a device in use.
pub(crate) async fn put_device(
    tx: &mut TenantTx,
    gateway: GatewayId,
    device: &NewDevice<'_>,
) -> Result<(DeviceId, Put), sqlx::Error> {
    let (tenant, new) = (tx.tenant().uuid(), tx.new_id::<DeviceId>());
    let id = sqlx::query_scalar!(
        "INSERT INTO access.device (tenant_id, id, gateway_id, slug, name, profile, address, unit, in_use)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true)
         ON CONFLICT (tenant_id, gateway_id, slug) DO UPDATE
           SET name = excluded.name, profile = excluded.profile, address = excluded.address,
               unit = excluded.unit, in_use = true
         RETURNING id",
        tenant,
        new.uuid(),
        gateway.uuid(),
        device.slug,
        device.name,
        device.profile,
        device.address,
        i16::from(device.unit)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((id.into(), if id == new.uuid() { Put::Created } else { Put::Kept }))
}

/// A door as the import knows it.
#[derive(Clone, Debug)]
pub(crate) struct NewDoor<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub position: i32,
    pub lead_minutes: u16,
    pub lag_minutes: u16,
    pub release_ms: i32,
    pub held_open_ms: i32,
    pub keypad: Option<DeviceId>,
    pub scanner: Option<DeviceId>,
    pub reader: Option<DeviceId>,
    pub points: Vec<(&'static str, PointRef)>,
}

/// Puts a door in use, with its points.
pub(crate) async fn put_door(
    tx: &mut TenantTx,
    gateway: GatewayId,
    door: &NewDoor<'_>,
) -> Result<(DoorId, Put), sqlx::Error> {
    let (tenant, new) = (tx.tenant().uuid(), tx.new_id::<DoorId>());
    let id = sqlx::query_scalar!(
        "INSERT INTO access.door
           (tenant_id, id, gateway_id, slug, name, position, lead_minutes, lag_minutes, release_ms, held_open_ms,
            keypad_id, scanner_id, reader_id, in_use)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, true)
         ON CONFLICT (tenant_id, gateway_id, slug) DO UPDATE
           SET name = excluded.name, position = excluded.position, lead_minutes = excluded.lead_minutes,
               lag_minutes = excluded.lag_minutes, release_ms = excluded.release_ms,
               held_open_ms = excluded.held_open_ms, keypad_id = excluded.keypad_id,
               scanner_id = excluded.scanner_id, reader_id = excluded.reader_id, in_use = true
         RETURNING id",
        tenant,
        new.uuid(),
        gateway.uuid(),
        door.slug,
        door.name,
        door.position,
        i32::from(door.lead_minutes),
        i32::from(door.lag_minutes),
        door.release_ms,
        door.held_open_ms,
        door.keypad.map(DeviceId::uuid),
        door.scanner.map(DeviceId::uuid),
        door.reader.map(DeviceId::uuid)
    )
    .fetch_one(tx.conn())
    .await?;
    for (role, point) in &door.points {
        sqlx::query!(
            "INSERT INTO access.door_point (tenant_id, door_id, role, device_id, point) VALUES ($1, $2, $3, $4, $5)",
            tenant,
            id,
            role,
            point.device.uuid(),
            point.point
        )
        .execute(tx.conn())
        .await?;
    }
    Ok((id.into(), if id == new.uuid() { Put::Created } else { Put::Kept }))
}

/// A zone as the import knows it.
#[derive(Clone, Debug)]
pub(crate) struct NewZone<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub lag_minutes: u16,
    pub lamps: Vec<PointRef>,
}

/// Puts a zone in use, with its lamps.
pub(crate) async fn put_zone(
    tx: &mut TenantTx,
    gateway: GatewayId,
    zone: &NewZone<'_>,
) -> Result<(ZoneId, Put), sqlx::Error> {
    let (tenant, new) = (tx.tenant().uuid(), tx.new_id::<ZoneId>());
    let id = sqlx::query_scalar!(
        "INSERT INTO access.zone (tenant_id, id, gateway_id, slug, name, lag_minutes, in_use)
         VALUES ($1, $2, $3, $4, $5, $6, true)
         ON CONFLICT (tenant_id, gateway_id, slug) DO UPDATE
           SET name = excluded.name, lag_minutes = excluded.lag_minutes, in_use = true
         RETURNING id",
        tenant,
        new.uuid(),
        gateway.uuid(),
        zone.slug,
        zone.name,
        i32::from(zone.lag_minutes)
    )
    .fetch_one(tx.conn())
    .await?;
    for lamp in &zone.lamps {
        sqlx::query!(
            "INSERT INTO access.zone_lamp (tenant_id, zone_id, device_id, point) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            tenant,
            id,
            lamp.device.uuid(),
            lamp.point
        )
        .execute(tx.conn())
        .await?;
    }
    Ok((id.into(), if id == new.uuid() { Put::Created } else { Put::Kept }))
}

/// What a resource needs.
pub(crate) async fn put_needs(
    tx: &mut TenantTx,
    resource: ResourceId,
    doors: &[DoorId],
    zones: &[ZoneId],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    for door in doors {
        sqlx::query!(
            "INSERT INTO access.resource_door (tenant_id, resource_id, door_id) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            tenant,
            resource.uuid(),
            door.uuid()
        )
        .execute(tx.conn())
        .await?;
    }
    for zone in zones {
        sqlx::query!(
            "INSERT INTO access.resource_zone (tenant_id, resource_id, zone_id) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            tenant,
            resource.uuid(),
            zone.uuid()
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Which doors and zones each resource needs at a gateway, with each door's lead and lag: what grants are
/// made of.
pub(crate) async fn needs(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<[String; 4]>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT r.resource_id AS "resource!", d.id AS "thing!", d.lead_minutes AS "lead!", d.lag_minutes AS "lag!"
             FROM access.resource_door r JOIN access.door d ON d.tenant_id = r.tenant_id AND d.id = r.door_id
            WHERE d.gateway_id = $1 AND d.in_use
           UNION ALL
           SELECT r.resource_id, z.id, 0, 0
             FROM access.resource_zone r JOIN access.zone z ON z.tenant_id = r.tenant_id AND z.id = r.zone_id
            WHERE z.gateway_id = $1 AND z.in_use
            ORDER BY 1, 2"#,
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            [row.resource.to_string(), row.thing.to_string(), row.lead.to_string(), row.lag.to_string()]
        })
        .collect())
}

/// The configuration changed.
pub(crate) async fn raise_revision(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway SET config_revision = config_revision + 1 WHERE id = $1",
        gateway.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Grants that still open something are to be sent again, with the windows that hold now.
pub(crate) async fn refresh_grants(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.access_grant g
            SET carried_revision = NULL,
                opens_at = g.starts_at - make_interval(mins => coalesce(w.lead, 0)),
                closes_at = g.ends_at + make_interval(mins => coalesce(w.lag, 0))
           FROM (SELECT a.id, max(d.lead_minutes) AS lead, max(d.lag_minutes) AS lag
                   FROM access.access_grant a
                   LEFT JOIN (access.resource_door r JOIN access.door d ON d.tenant_id = r.tenant_id
                               AND d.id = r.door_id AND d.in_use)
                     ON r.tenant_id = a.tenant_id AND r.resource_id = a.resource_id AND d.gateway_id = a.gateway_id
                  WHERE a.gateway_id = $1 AND a.removed_at IS NULL AND a.closes_at > $2 GROUP BY a.id) w
          WHERE g.id = w.id AND g.gateway_id = $1",
        gateway.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
