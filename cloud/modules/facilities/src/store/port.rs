//! Facilities as other modules read them: on every page that shows what is free.

use std::sync::Arc;

use cloud_contracts::{
    Closure, ClosureKind, DayKind, Equipment, Facility, HoursException, OpeningHours, Position, Resource,
    ResourceKind, SchoolPeriod, SchoolPeriodKind, SizeCm, SpecialHours,
};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use protocols_ids::{AuthorityId, ClosureId, EquipmentId, FacilityId, PartId, ResourceId};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{read, unreadable};

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

/// How long closures and exceptions are told after they are over: the schedule is leafed back in by weeks.
const PAST_DAYS: i64 = 31;

/// What a facility has beside its own row and its resources.
#[derive(Debug, Deserialize)]
struct Beside {
    hours: Vec<(String, i8, u16, u16)>,
    exceptions: Vec<ExceptionRow>,
    closures: Vec<ClosureRow>,
    equipment: Vec<EquipmentRow>,
    school: Vec<(SchoolPeriodKind, Date, Date)>,
}

#[derive(Debug, Deserialize)]
struct ExceptionRow {
    resource: Option<Uuid>,
    first: Date,
    last: Date,
    minutes: Vec<u16>,
    reason: String,
}

#[derive(Debug, Deserialize)]
struct ClosureRow {
    id: Uuid,
    resource: Option<Uuid>,
    kind: String,
    reason: String,
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct EquipmentRow {
    id: Uuid,
    name: String,
    stock: Option<u32>,
    resources: Vec<Uuid>,
}

/// Facilities by name, with hours and resources: one statement, however many they are. Every page that shows
/// what is free begins with it.
pub(crate) async fn facilities(tx: &mut TenantTx, which: Which<'_>) -> Result<Vec<Facility>, sqlx::Error> {
    let (slug, resource) = match which {
        Which::All => (None, None),
        Which::Slug(slug) => (Some(slug), None),
        Which::OfResource(resource) => (None, Some(resource.uuid())),
    };
    let since = tx.now().checked_sub(SignedDuration::from_hours(24 * PAST_DAYS)).unwrap_or(Timestamp::MIN);
    // A row for each resource; a facility without any has one row. What stands beside a facility is put together
    // once, and goes with its first row.
    let rows = sqlx::query!(
        r#"WITH chosen AS MATERIALIZED (
             SELECT f.tenant_id, f.id, f.authority_id, f.slug, f.name, f.address, f.time_zone, f.latitude,
                    f.longitude, f.description, f.accessibility,
                    jsonb_build_object(
                      'hours', coalesce((
                        SELECT jsonb_agg(jsonb_build_array(h.day_kind, h.weekday, h.opens_minute, h.closes_minute)
                                         ORDER BY h.day_kind, h.weekday, h.opens_minute)
                          FROM facilities.opening_hours h
                         WHERE h.tenant_id = f.tenant_id AND h.facility_id = f.id), '[]'),
                      'exceptions', coalesce((
                        SELECT jsonb_agg(jsonb_build_object('resource', e.resource_id, 'first', e.first_date,
                                           'last', e.last_date, 'minutes', e.minutes, 'reason', e.reason)
                                         ORDER BY e.first_date, e.id)
                          FROM facilities.exception e
                         WHERE e.tenant_id = f.tenant_id AND e.facility_id = f.id
                           AND e.last_date >= $3::timestamptz::date), '[]'),
                      'closures', coalesce((
                        SELECT jsonb_agg(jsonb_build_object('id', c.id, 'resource', c.resource_id, 'kind', c.kind,
                                           'reason', c.reason, 'starts_at', c.starts_at, 'ends_at', c.ends_at)
                                         ORDER BY c.starts_at, c.id)
                          FROM facilities.closure c
                         WHERE c.tenant_id = f.tenant_id AND c.facility_id = f.id
                           AND (c.ends_at IS NULL OR c.ends_at > $3)), '[]'),
                      'equipment', coalesce((
                        SELECT jsonb_agg(jsonb_build_object('id', q.id, 'name', q.name, 'stock', q.stock,
                                           'resources', ARRAY(
                                              SELECT w.resource_id FROM facilities.equipment_resource w
                                               WHERE w.tenant_id = q.tenant_id AND w.equipment_id = q.id))
                                         ORDER BY q.name, q.id)
                          FROM facilities.equipment q
                         WHERE q.tenant_id = f.tenant_id AND q.facility_id = f.id), '[]'),
                      'school', coalesce((
                        SELECT jsonb_agg(jsonb_build_array(s.kind, s.first_date, s.last_date) ORDER BY s.first_date)
                          FROM facilities.school_period s), '[]')) AS beside
               FROM facilities.facility f
              WHERE ($1::text IS NULL OR f.slug = $1)
                AND ($2::uuid IS NULL OR f.id = (SELECT facility_id FROM facilities.resource WHERE id = $2)))
           SELECT f.id AS "id!", f.authority_id AS "authority_id!", f.slug AS "slug!", f.name AS "name!",
                  f.address AS "address?", f.time_zone AS "time_zone!", f.latitude AS "latitude?",
                  f.longitude AS "longitude?", f.description AS "facility_description!",
                  f.accessibility AS "accessibility!",
                  CASE WHEN row_number() OVER (PARTITION BY f.id ORDER BY r.position, r.slug) = 1
                       THEN f.beside END AS "beside?: Json<Beside>",
                  r.id AS "resource_id?", r.parent_id AS "parent_id?", r.slug AS "resource_slug?",
                  r.name AS "resource_name?", r.kind AS "kind?", r.licence AS "licence?",
                  r.boat_length_cm AS "boat_length_cm?", r.boat_beam_cm AS "boat_beam_cm?",
                  r.boat_draught_cm AS "boat_draught_cm?", r.persons_max AS "persons_max?",
                  r.before_minutes AS "before_minutes?", r.after_minutes AS "after_minutes?",
                  r.description AS "description?", r.width_cm_min AS "width_cm_min?",
                  r.width_cm_max AS "width_cm_max?", r.length_cm_min AS "length_cm_min?",
                  r.length_cm_max AS "length_cm_max?", r.ceiling_cm AS "ceiling_cm?",
                  r.activities AS "activities?",
                  ARRAY(SELECT p.part_id FROM facilities.resource_part p
                          JOIN facilities.part cell ON cell.tenant_id = p.tenant_id AND cell.id = p.part_id
                         WHERE p.tenant_id = r.tenant_id AND p.resource_id = r.id
                         ORDER BY length(cell.code), cell.code) AS "parts!"
             FROM chosen f
             LEFT JOIN facilities.resource r ON r.tenant_id = f.tenant_id AND r.facility_id = f.id
            ORDER BY f.name COLLATE "sv-x-icu", f.slug, r.position, r.slug"#,
        slug,
        resource,
        since.to_sqlx() as _
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<Facility> = Vec::new();
    let mut school: Option<Arc<[SchoolPeriod]>> = None;
    for row in rows {
        let id = FacilityId::new(row.id);
        if let Some(Json(beside)) = row.beside {
            let zone = TimeZone::get(&row.time_zone).map_err(|e| sqlx::Error::Decode(e.into()))?;
            let authority = AuthorityId::new(row.authority_id);
            let school = Arc::clone(school.get_or_insert_with(|| periods(&beside.school)));
            let position = row.latitude.zip(row.longitude);
            let facility = Facility {
                address: row.address,
                position: position.map(|(latitude, longitude)| Position { latitude, longitude }),
                description: row.facility_description,
                accessibility: row.accessibility,
                ..Facility::named(id, authority, &row.slug, &row.name, zone)
            };
            found.push(with(facility, beside, school)?);
        }
        let (Some(id), Some(facility)) = (row.resource_id, found.last_mut()) else { continue };
        let width = extent(row.width_cm_min, row.width_cm_max)?;
        let length = extent(row.length_cm_min, row.length_cm_max)?;
        let ceiling = row.ceiling_cm.map(read).transpose()?;
        let parts: Vec<PartId> = row.parts.into_iter().map(PartId::new).collect();
        let (slug, name) = (there(row.resource_slug)?, there(row.resource_name)?);
        let kind = match there(row.kind)?.as_str() {
            "hall" => ResourceKind::Hall,
            "pitch" => ResourceKind::Pitch,
            "room" => ResourceKind::Room,
            "premises" => ResourceKind::Premises,
            "lodging" => ResourceKind::Lodging,
            "vehicle" => ResourceKind::Vehicle { licence: row.licence.filter(|licence| !licence.is_empty()) },
            "berth" => ResourceKind::Berth {
                length_cm: row.boat_length_cm.map(read).transpose()?,
                beam_cm: row.boat_beam_cm.map(read).transpose()?,
                draught_cm: row.boat_draught_cm.map(read).transpose()?,
            },
            "other" => ResourceKind::Other,
            _ => return Err(unreadable("a kind of resource that is not known")),
        };
        facility.resources.push(Resource {
            parent: row.parent_id.map(ResourceId::new),
            kind,
            persons_max: row.persons_max.map(read).transpose()?,
            before_minutes: read(there(row.before_minutes)?)?,
            after_minutes: read(there(row.after_minutes)?)?,
            size: width.zip(length).map(|(width, length)| SizeCm { width, length, ceiling }),
            activities: there(row.activities)?,
            description: there(row.description)?,
            ..Resource::named(ResourceId::new(id), &slug, &name, &parts)
        });
    }
    Ok(found)
}

/// The facility with what stands beside it.
fn with(facility: Facility, beside: Beside, school: Arc<[SchoolPeriod]>) -> Result<Facility, sqlx::Error> {
    let mut opening_hours = Vec::new();
    let mut by_kind = Vec::new();
    for (kind, weekday, opens_minute, closes_minute) in beside.hours {
        let hours = OpeningHours { weekday, opens_minute, closes_minute };
        match kind.as_str() {
            "always" if closes_minute > 0 => opening_hours.push(hours),
            "always" => {}
            "term" => by_kind.push((DayKind::Term, hours)),
            "break" => by_kind.push((DayKind::Break, hours)),
            "eve" => by_kind.push((DayKind::Eve, hours)),
            "holiday" => by_kind.push((DayKind::Holiday, hours)),
            _ => return Err(unreadable("a kind of day that is not known")),
        }
    }
    let exceptions = beside.exceptions.into_iter().map(|row| HoursException {
        resource: row.resource.map(ResourceId::new),
        first: row.first,
        last: row.last,
        minutes: pairs(&row.minutes),
        reason: row.reason,
    });
    let closures = beside.closures.into_iter().map(|row| {
        let kind = match row.kind.as_str() {
            "closed" => ClosureKind::Closed,
            "unplayable" => ClosureKind::Unplayable,
            _ => return Err(unreadable("a kind of closure that is not known")),
        };
        Ok(Closure {
            id: ClosureId::new(row.id),
            resource: row.resource.map(ResourceId::new),
            kind,
            reason: row.reason,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        })
    });
    let equipment = beside.equipment.into_iter().map(|row| Equipment {
        id: EquipmentId::new(row.id),
        name: row.name,
        stock: row.stock,
        resources: row.resources.into_iter().map(ResourceId::new).collect(),
    });
    Ok(Facility {
        opening_hours,
        special_hours: SpecialHours { by_kind, exceptions: exceptions.collect(), school },
        closures: closures.collect::<Result<_, _>>()?,
        equipment: equipment.collect(),
        ..facility
    })
}

fn periods(rows: &[(SchoolPeriodKind, Date, Date)]) -> Arc<[SchoolPeriod]> {
    rows.iter().map(|(kind, first, last)| SchoolPeriod { kind: *kind, first: *first, last: *last }).collect()
}

/// From and until, one after the other.
pub(super) fn pairs(minutes: &[u16]) -> Vec<(u16, u16)> {
    minutes.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}

/// What no resource lacks, by its column's constraint.
fn there<T>(value: Option<T>) -> Result<T, sqlx::Error> {
    value.ok_or_else(|| unreadable("a resource lacks what its constraints promise"))
}

fn extent(from: Option<i32>, to: Option<i32>) -> Result<Option<(u32, u32)>, sqlx::Error> {
    from.zip(to).map(|(from, to)| Ok((read(from)?, read(to)?))).transpose()
}
