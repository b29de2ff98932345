//! The register's tables.

use std::collections::HashMap;

use cloud_contracts::{BookingRules, Facility, OpeningHours, Position, Resource, SizeCm};
use cloud_kernel::TenantTx;
use facilities_domain::{Activity, DayHours, FacilityEntry, ResourceEntry};
use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, FacilityId, PartId, ResourceId};
use uuid::Uuid;

/// Which facilities to read.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    /// Every one of the tenant.
    All,
    /// The one with this name in paths.
    Slug(&'a str),
    /// The one where this can be booked.
    OfResource(ResourceId),
}

/// Facilities by name, with hours and resources: one statement, however many they are. Every page that shows
/// what is free begins with it.
pub(crate) async fn facilities(tx: &mut TenantTx, which: Which<'_>) -> Result<Vec<Facility>, sqlx::Error> {
    let (slug, resource) = match which {
        Which::All => (None, None),
        Which::Slug(slug) => (Some(slug), None),
        Which::OfResource(resource) => (None, Some(resource.uuid())),
    };
    // A row for each resource; a facility without any has one row. Hours are put together once for each
    // facility.
    let rows = sqlx::query!(
        r#"WITH chosen AS MATERIALIZED (
             SELECT f.tenant_id, f.id, f.authority_id, f.slug, f.name, f.address, f.time_zone, f.latitude,
                    f.longitude, ARRAY(SELECT ARRAY[h.weekday, h.opens_minute, h.closes_minute]
                            FROM facilities.opening_hours h
                           WHERE h.tenant_id = f.tenant_id AND h.facility_id = f.id
                           ORDER BY h.weekday, h.opens_minute)::smallint[] AS hours
               FROM facilities.facility f
              WHERE ($1::text IS NULL OR f.slug = $1)
                AND ($2::uuid IS NULL OR f.id = (SELECT facility_id FROM facilities.resource WHERE id = $2)))
           SELECT f.id AS "id!", f.authority_id AS "authority_id!", f.slug AS "slug!", f.name AS "name!",
                  f.address AS "address?", f.time_zone AS "time_zone!",
                  f.latitude AS "latitude?", f.longitude AS "longitude?", ARRAY(SELECT unnest(f.hours)) AS "hours!: Vec<i16>",
                  r.id AS "resource_id?", r.parent_id AS "parent_id?", r.slug AS "resource_slug?",
                  r.name AS "resource_name?", r.width_cm_min AS "width_cm_min?",
                  r.width_cm_max AS "width_cm_max?", r.length_cm_min AS "length_cm_min?",
                  r.length_cm_max AS "length_cm_max?", r.ceiling_cm AS "ceiling_cm?",
                  r.activities AS "activities?", r.step_minutes AS "step_minutes?",
                  r.minutes_min AS "minutes_min?", r.minutes_max AS "minutes_max?",
                  r.lead_minutes AS "lead_minutes?", r.horizon_minutes AS "horizon_minutes?",
                  ARRAY(SELECT p.part_id FROM facilities.resource_part p
                         WHERE p.tenant_id = r.tenant_id AND p.resource_id = r.id
                         ORDER BY p.part_id) AS "parts!"
             FROM chosen f
             LEFT JOIN facilities.resource r ON r.tenant_id = f.tenant_id AND r.facility_id = f.id
            ORDER BY f.name COLLATE "sv-x-icu", f.slug, r.position, r.slug"#,
        slug,
        resource
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<Facility> = Vec::new();
    for row in rows {
        let id = FacilityId::new(row.id);
        if found.last().is_none_or(|facility| facility.id != id) {
            let zone = TimeZone::get(&row.time_zone).map_err(|e| sqlx::Error::Decode(e.into()))?;
            let authority = AuthorityId::new(row.authority_id);
            found.push(Facility {
                address: row.address,
                position: row
                    .latitude
                    .zip(row.longitude)
                    .map(|(latitude, longitude)| Position { latitude, longitude }),
                opening_hours: hours_of(&row.hours)?,
                ..Facility::named(id, authority, &row.slug, &row.name, zone)
            });
        }
        let (Some(id), Some(facility)) = (row.resource_id, found.last_mut()) else { continue };
        let width = extent(row.width_cm_min, row.width_cm_max)?;
        let length = extent(row.length_cm_min, row.length_cm_max)?;
        let ceiling = row.ceiling_cm.map(read).transpose()?;
        let rules = BookingRules {
            step: read(there(row.step_minutes)?)?,
            shortest: read(there(row.minutes_min)?)?,
            longest: read(there(row.minutes_max)?)?,
            lead: read(there(row.lead_minutes)?)?,
            horizon: read(there(row.horizon_minutes)?)?,
        };
        let parts: Vec<PartId> = row.parts.into_iter().map(PartId::new).collect();
        let (slug, name) = (there(row.resource_slug)?, there(row.resource_name)?);
        facility.resources.push(Resource {
            parent: row.parent_id.map(ResourceId::new),
            size: width.zip(length).map(|(width, length)| SizeCm { width, length, ceiling }),
            activities: there(row.activities)?,
            ..Resource::named(ResourceId::new(id), &slug, &name, &parts, rules)
        });
    }
    Ok(found)
}

/// Weekday, opening and closing minute, one after the other.
fn hours_of(numbers: &[i16]) -> Result<Vec<OpeningHours>, sqlx::Error> {
    let read_one = |hours: &[i16]| match hours {
        [weekday, opens_minute, closes_minute] => Ok(OpeningHours {
            weekday: read(*weekday)?,
            opens_minute: read(*opens_minute)?,
            closes_minute: read(*closes_minute)?,
        }),
        _ => Err(sqlx::Error::Decode("opening hours are not in threes".into())),
    };
    numbers.chunks(3).map(read_one).collect()
}

/// What no resource lacks, by its column's constraint.
fn there<T>(value: Option<T>) -> Result<T, sqlx::Error> {
    value.ok_or_else(|| sqlx::Error::Decode("a resource lacks what its constraints promise".into()))
}

fn extent(from: Option<i32>, to: Option<i32>) -> Result<Option<(u32, u32)>, sqlx::Error> {
    from.zip(to).map(|(from, to)| Ok((read(from)?, read(to)?))).transpose()
}

/// A number as the database has it, in the type that its constraint allows.
fn read<From, To: TryFrom<From>>(number: From) -> Result<To, sqlx::Error>
where
    To::Error: std::error::Error + Send + Sync + 'static,
{
    To::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A number that the domain has checked, as the database takes it.
fn write<From, To: TryFrom<From>>(number: From) -> Result<To, sqlx::Error>
where
    To::Error: std::error::Error + Send + Sync + 'static,
{
    To::try_from(number).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// What the register has already, by short names.
#[derive(Default)]
pub(crate) struct Known {
    /// Facilities by slug.
    pub(crate) facilities: HashMap<String, FacilityId>,
    /// Parts by facility and code.
    pub(crate) parts: HashMap<(FacilityId, String), PartId>,
    /// Resources by facility and slug.
    pub(crate) resources: HashMap<(FacilityId, String), ResourceId>,
    /// The parts that each resource takes, in order of id.
    pub(crate) taken: HashMap<ResourceId, Vec<PartId>>,
    /// Opening hours, in order.
    pub(crate) hours: HashMap<FacilityId, Vec<DayHours>>,
}

/// Reads what the register has.
pub(crate) async fn known(tx: &mut TenantTx) -> Result<Known, sqlx::Error> {
    let mut known = Known::default();
    for facility in facilities(tx, Which::All).await? {
        let hours = facility.opening_hours.iter().map(|hours| DayHours {
            weekday: hours.weekday,
            opens_minute: hours.opens_minute,
            closes_minute: hours.closes_minute,
        });
        known.hours.insert(facility.id, hours.collect());
        for resource in facility.resources {
            known.taken.insert(resource.id, resource.parts);
            known.resources.insert((facility.id, resource.slug), resource.id);
        }
        known.facilities.insert(facility.slug, facility.id);
    }
    let rows = sqlx::query!("SELECT facility_id, code, id FROM facilities.part").fetch_all(tx.conn()).await?;
    for row in rows {
        known.parts.insert((FacilityId::new(row.facility_id), row.code), PartId::new(row.id));
    }
    Ok(known)
}

/// Writes a new facility, without hours.
pub(crate) async fn insert_facility(
    tx: &mut TenantTx,
    id: FacilityId,
    authority: AuthorityId,
    entry: &FacilityEntry,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO facilities.facility (tenant_id, id, authority_id, slug, name, address, time_zone)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id.uuid(),
        authority.uuid(),
        entry.slug,
        entry.name,
        entry.address,
        entry.time_zone
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Brings a facility up to date, without hours; whether anything was different.
pub(crate) async fn update_facility(
    tx: &mut TenantTx,
    id: FacilityId,
    authority: AuthorityId,
    entry: &FacilityEntry,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE facilities.facility SET authority_id = $2, name = $3, address = $4, time_zone = $5
          WHERE id = $1 AND (authority_id, name, address, time_zone) IS DISTINCT FROM ($2, $3, $4, $5)",
        id.uuid(),
        authority.uuid(),
        entry.name,
        entry.address.as_deref(),
        entry.time_zone
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Puts these hours in the place of those that a facility had.
pub(crate) async fn replace_hours(
    tx: &mut TenantTx,
    facility: FacilityId,
    hours: &[DayHours],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("DELETE FROM facilities.opening_hours WHERE facility_id = $1", facility.uuid())
        .execute(tx.conn())
        .await?;
    for day in hours {
        sqlx::query!(
            "INSERT INTO facilities.opening_hours (tenant_id, facility_id, weekday, opens_minute, closes_minute)
             VALUES ($1, $2, $3, $4, $5)",
            tenant,
            facility.uuid(),
            i16::from(day.weekday),
            write::<_, i16>(day.opens_minute)?,
            write::<_, i16>(day.closes_minute)?
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Writes a new part.
pub(crate) async fn insert_part(
    tx: &mut TenantTx,
    id: PartId,
    facility: FacilityId,
    code: &str,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO facilities.part (tenant_id, id, facility_id, code) VALUES ($1, $2, $3, $4)",
        tenant,
        id.uuid(),
        facility.uuid(),
        code
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Where a resource stands.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    /// Its id.
    pub(crate) id: ResourceId,
    /// Its facility.
    pub(crate) facility: FacilityId,
    /// The whole that it is a part of.
    pub(crate) parent: Option<ResourceId>,
    /// Its place in the schedule, from 0.
    pub(crate) position: usize,
}

/// A resource as its row has it.
struct Row {
    parent: Option<Uuid>,
    position: i32,
    width: Option<(i32, i32)>,
    length: Option<(i32, i32)>,
    ceiling: Option<i32>,
    activities: Vec<String>,
    step: i32,
    shortest: i32,
    longest: i32,
    lead: i32,
    horizon: i32,
}

impl Row {
    fn of(standing: Standing, entry: &ResourceEntry) -> Result<Self, sqlx::Error> {
        let range = |(from, to): (u32, u32)| Ok::<(i32, i32), sqlx::Error>((write(from)?, write(to)?));
        let ceiling = entry.size.and_then(|size| size.ceiling);
        Ok(Self {
            parent: standing.parent.map(ResourceId::uuid),
            position: write(standing.position)?,
            width: entry.size.map(|size| range(size.width)).transpose()?,
            length: entry.size.map(|size| range(size.length)).transpose()?,
            ceiling: ceiling.map(write).transpose()?,
            activities: entry.activities.iter().copied().map(Activity::key).map(str::to_owned).collect(),
            step: i32::from(entry.rules.step),
            shortest: write(entry.rules.shortest)?,
            longest: write(entry.rules.longest)?,
            lead: write(entry.rules.lead)?,
            horizon: write(entry.rules.horizon)?,
        })
    }
}

/// Writes a new resource with the parts that it takes.
pub(crate) async fn insert_resource(
    tx: &mut TenantTx,
    standing: Standing,
    entry: &ResourceEntry,
    parts: &[PartId],
) -> Result<(), sqlx::Error> {
    let row = Row::of(standing, entry)?;
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO facilities.resource
           (tenant_id, id, facility_id, parent_id, slug, name, position, width_cm_min, width_cm_max,
            length_cm_min, length_cm_max, ceiling_cm, activities, step_minutes, minutes_min, minutes_max,
            lead_minutes, horizon_minutes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        tenant,
        standing.id.uuid(),
        standing.facility.uuid(),
        row.parent,
        entry.slug,
        entry.name,
        row.position,
        row.width.map(|(from, _)| from),
        row.width.map(|(_, to)| to),
        row.length.map(|(from, _)| from),
        row.length.map(|(_, to)| to),
        row.ceiling,
        &row.activities,
        row.step,
        row.shortest,
        row.longest,
        row.lead,
        row.horizon
    )
    .execute(tx.conn())
    .await?;
    let parts: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    sqlx::query!(
        "INSERT INTO facilities.resource_part (tenant_id, resource_id, part_id) SELECT $1, $2, unnest($3::uuid[])",
        tenant,
        standing.id.uuid(),
        &parts
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Brings a resource up to date; whether anything was different. Its parts stay.
pub(crate) async fn update_resource(
    tx: &mut TenantTx,
    standing: Standing,
    entry: &ResourceEntry,
) -> Result<bool, sqlx::Error> {
    let row = Row::of(standing, entry)?;
    let done = sqlx::query!(
        "UPDATE facilities.resource SET parent_id = $2, name = $3, position = $4, width_cm_min = $5,
                width_cm_max = $6, length_cm_min = $7, length_cm_max = $8, ceiling_cm = $9, activities = $10,
                step_minutes = $11, minutes_min = $12, minutes_max = $13, lead_minutes = $14,
                horizon_minutes = $15
          WHERE id = $1
            AND (parent_id, name, position, width_cm_min, width_cm_max, length_cm_min, length_cm_max, ceiling_cm,
                 activities, step_minutes, minutes_min, minutes_max, lead_minutes, horizon_minutes)
                IS DISTINCT FROM ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        standing.id.uuid(),
        row.parent,
        entry.name,
        row.position,
        row.width.map(|(from, _)| from),
        row.width.map(|(_, to)| to),
        row.length.map(|(from, _)| from),
        row.length.map(|(_, to)| to),
        row.ceiling,
        &row.activities,
        row.step,
        row.shortest,
        row.longest,
        row.lead,
        row.horizon
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
