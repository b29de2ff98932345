//! The register as it is maintained: everything known, and every change.

use std::collections::{BTreeMap, HashMap};

use cloud_kernel::TenantTx;
use facilities_domain::{
    Accessibility, Activity, Boat, DayHours, DayKind, EquipmentFacts, FacilityFacts, PeriodEntry, PeriodKind,
    Position, RegularHours, ResourceFacts, ResourceKind, Size,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, CustomerId, EquipmentId, ExceptionId, FacilityId, PartId, ResourceId};
use uuid::Uuid;

use super::{read, unreadable, write};

/// A facility as it is maintained.
#[derive(Clone, Debug)]
pub(crate) struct KnownFacility {
    pub(crate) id: FacilityId,
    pub(crate) authority: AuthorityId,
    pub(crate) owner: Option<CustomerId>,
    pub(crate) facts: FacilityFacts,
    pub(crate) hours: Vec<RegularHours>,
    /// Parts by code.
    pub(crate) parts: HashMap<String, PartId>,
    /// In the order of the schedule.
    pub(crate) resources: Vec<KnownResource>,
    pub(crate) equipment: Vec<KnownEquipment>,
    /// Every exception, the earliest first.
    pub(crate) exceptions: Vec<KnownException>,
}

impl KnownFacility {
    /// The resource with this short name.
    pub(crate) fn resource(&self, slug: &str) -> Option<&KnownResource> {
        self.resources.iter().find(|resource| resource.slug == slug)
    }

    /// The short name of a resource.
    pub(crate) fn slug_of(&self, id: ResourceId) -> Option<&str> {
        self.resources.iter().find(|resource| resource.id == id).map(|resource| resource.slug.as_str())
    }
}

/// A resource as it is maintained.
#[derive(Clone, Debug)]
pub(crate) struct KnownResource {
    pub(crate) id: ResourceId,
    pub(crate) parent: Option<ResourceId>,
    pub(crate) slug: String,
    pub(crate) position: i32,
    /// In order of id.
    pub(crate) parts: Vec<PartId>,
    pub(crate) facts: ResourceFacts,
}

/// Equipment as it is maintained.
#[derive(Clone, Debug)]
pub(crate) struct KnownEquipment {
    pub(crate) id: EquipmentId,
    pub(crate) slug: String,
    pub(crate) facts: EquipmentFacts,
}

/// Other hours on a span of dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KnownException {
    pub(crate) id: ExceptionId,
    pub(crate) resource: Option<ResourceId>,
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) hours: Vec<(u16, u16)>,
    pub(crate) reason: String,
}

/// What the register has, by short name; of one facility where that is named.
pub(crate) async fn known(
    tx: &mut TenantTx,
    slug: Option<&str>,
) -> Result<BTreeMap<String, KnownFacility>, sqlx::Error> {
    let mut found = BTreeMap::new();
    let mut slugs: HashMap<Uuid, String> = HashMap::new();
    let rows = sqlx::query!(
        r#"SELECT f.id, f.authority_id, a.slug AS authority, f.owner_id, o.slug AS "owner?", f.slug, f.name,
                  coalesce(f.address, '') AS "address!", f.time_zone, f.description, f.rules_text, f.directions,
                  f.accessibility, f.accessibility_notes, f.latitude, f.longitude,
                  ARRAY(SELECT i.system FROM facilities.other_id i
                         WHERE i.tenant_id = f.tenant_id AND i.facility_id = f.id ORDER BY i.system) AS "systems!",
                  ARRAY(SELECT i.id FROM facilities.other_id i
                         WHERE i.tenant_id = f.tenant_id AND i.facility_id = f.id ORDER BY i.system) AS "other_ids!"
             FROM facilities.facility f
             JOIN kernel.authority a ON a.tenant_id = f.tenant_id AND a.id = f.authority_id
             LEFT JOIN pub.organisation_v1 o ON o.tenant_id = f.tenant_id AND o.customer_id = f.owner_id
            WHERE $1::text IS NULL OR f.slug = $1"#,
        slug
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let position = row.latitude.zip(row.longitude);
        let facts = FacilityFacts {
            name: row.name,
            authority: row.authority,
            owner: row.owner.unwrap_or_default(),
            time_zone: row.time_zone,
            address: row.address,
            description: row.description,
            rules_text: row.rules_text,
            directions: row.directions,
            accessibility: row.accessibility.iter().filter_map(|key| Accessibility::parse(key)).collect(),
            accessibility_notes: row.accessibility_notes,
            position: position.map(|(latitude, longitude)| Position { latitude, longitude }),
            other_ids: row.systems.into_iter().zip(row.other_ids).collect(),
        };
        slugs.insert(row.id, row.slug.clone());
        let facility = KnownFacility {
            id: FacilityId::new(row.id),
            authority: AuthorityId::new(row.authority_id),
            owner: row.owner_id.map(CustomerId::new),
            facts,
            hours: Vec::new(),
            parts: HashMap::new(),
            resources: Vec::new(),
            equipment: Vec::new(),
            exceptions: Vec::new(),
        };
        found.insert(row.slug, facility);
    }
    let ids: Vec<Uuid> = slugs.keys().copied().collect();
    let mut fill = Fill { found, slugs, ids };
    fill.hours(tx).await?;
    fill.resources(tx).await?;
    fill.equipment(tx).await?;
    fill.exceptions(tx).await?;
    Ok(fill.found)
}

/// Facilities that are being read.
struct Fill {
    found: BTreeMap<String, KnownFacility>,
    slugs: HashMap<Uuid, String>,
    ids: Vec<Uuid>,
}

impl Fill {
    fn of(&mut self, facility: Uuid) -> Option<&mut KnownFacility> {
        self.found.get_mut(self.slugs.get(&facility)?)
    }

    async fn hours(&mut self, tx: &mut TenantTx) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT facility_id, day_kind, weekday, opens_minute, closes_minute FROM facilities.opening_hours
              WHERE facility_id = any($1)",
            &self.ids
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            let on = DayKind::parse(&row.day_kind).ok_or_else(|| unreadable("kind of day"))?;
            let hours = DayHours {
                weekday: read(row.weekday)?,
                opens_minute: read(row.opens_minute)?,
                closes_minute: read(row.closes_minute)?,
            };
            if let Some(facility) = self.of(row.facility_id) {
                facility.hours.push(RegularHours { on, hours });
            }
        }
        for facility in self.found.values_mut() {
            facility.hours.sort_unstable();
        }
        let rows = sqlx::query!(
            "SELECT facility_id, code, id FROM facilities.part WHERE facility_id = any($1)",
            &self.ids
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            if let Some(facility) = self.of(row.facility_id) {
                facility.parts.insert(row.code, PartId::new(row.id));
            }
        }
        Ok(())
    }

    async fn resources(&mut self, tx: &mut TenantTx) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT r.id, r.facility_id, r.parent_id, r.slug, r.name, r.position, r.width_cm_min, r.width_cm_max,
                      r.length_cm_min, r.length_cm_max, r.ceiling_cm, r.activities, r.kind, r.licence, r.boat_length_cm,
                      r.boat_beam_cm, r.boat_draught_cm, r.persons_max, r.before_minutes, r.after_minutes,
                      r.description, r.rules_text,
                      ARRAY(SELECT p.part_id FROM facilities.resource_part p
                             WHERE p.tenant_id = r.tenant_id AND p.resource_id = r.id
                             ORDER BY p.part_id) AS "parts!"
                 FROM facilities.resource r WHERE r.facility_id = any($1) ORDER BY r.position, r.slug"#,
            &self.ids
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            let number = |value: Option<i32>| value.map(read::<_, u32>).transpose();
            let extent = |from: Option<i32>, to: Option<i32>| match from.zip(to) {
                Some((from, to)) => Ok::<_, sqlx::Error>(Some((read(from)?, read(to)?))),
                None => Ok(None),
            };
            let boat = Boat {
                length: number(row.boat_length_cm)?,
                beam: number(row.boat_beam_cm)?,
                draught: number(row.boat_draught_cm)?,
            };
            let kind = ResourceKind::with(&row.kind, &row.licence, boat);
            let width = extent(row.width_cm_min, row.width_cm_max)?;
            let length = extent(row.length_cm_min, row.length_cm_max)?;
            let ceiling = number(row.ceiling_cm)?;
            let facts = ResourceFacts {
                name: row.name,
                kind: kind.ok_or_else(|| unreadable("kind of resource"))?,
                persons_max: number(row.persons_max)?,
                before_minutes: read(row.before_minutes)?,
                after_minutes: read(row.after_minutes)?,
                size: width.zip(length).map(|(width, length)| Size { width, length, ceiling }),
                activities: row.activities.iter().filter_map(|key| Activity::parse(key)).collect(),
                description: row.description,
                rules_text: row.rules_text,
            };
            let resource = KnownResource {
                id: ResourceId::new(row.id),
                parent: row.parent_id.map(ResourceId::new),
                slug: row.slug,
                position: row.position,
                parts: row.parts.into_iter().map(PartId::new).collect(),
                facts,
            };
            if let Some(facility) = self.of(row.facility_id) {
                facility.resources.push(resource);
            }
        }
        Ok(())
    }

    async fn equipment(&mut self, tx: &mut TenantTx) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT q.id, q.facility_id, q.slug, q.name, q.description, q.stock,
                      ARRAY(SELECT r.slug FROM facilities.equipment_resource w
                              JOIN facilities.resource r ON r.tenant_id = w.tenant_id AND r.id = w.resource_id
                             WHERE w.tenant_id = q.tenant_id AND w.equipment_id = q.id
                             ORDER BY r.slug COLLATE "C") AS "resources!"
                 FROM facilities.equipment q WHERE q.facility_id = any($1) ORDER BY q.name, q.slug"#,
            &self.ids
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            let facts = EquipmentFacts {
                name: row.name,
                stock: row.stock.map(read).transpose()?,
                description: row.description,
                resources: row.resources,
            };
            let equipment = KnownEquipment { id: EquipmentId::new(row.id), slug: row.slug, facts };
            if let Some(facility) = self.of(row.facility_id) {
                facility.equipment.push(equipment);
            }
        }
        Ok(())
    }

    async fn exceptions(&mut self, tx: &mut TenantTx) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, facility_id, resource_id, first_date, last_date, minutes, reason FROM facilities.exception
              WHERE facility_id = any($1) ORDER BY first_date, id",
            &self.ids
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            let minutes: Vec<u16> = row.minutes.into_iter().map(read).collect::<Result<_, _>>()?;
            let exception = KnownException {
                id: ExceptionId::new(row.id),
                resource: row.resource_id.map(ResourceId::new),
                first: row.first_date.to_jiff(),
                last: row.last_date.to_jiff(),
                hours: super::port::pairs(&minutes),
                reason: row.reason,
            };
            if let Some(facility) = self.of(row.facility_id) {
                facility.exceptions.push(exception);
            }
        }
        Ok(())
    }
}

/// The association, company or unit with this short name.
pub(crate) async fn organisation(tx: &mut TenantTx, slug: &str) -> Result<Option<CustomerId>, sqlx::Error> {
    let id =
        sqlx::query_scalar!(r#"SELECT customer_id AS "id!" FROM pub.organisation_v1 WHERE slug = $1"#, slug)
            .fetch_optional(tx.conn())
            .await?;
    Ok(id.map(CustomerId::new))
}

/// Short name and name of every association, company and unit, by name.
pub(crate) async fn organisations(tx: &mut TenantTx) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT slug AS "slug!", name AS "name!" FROM pub.organisation_v1 ORDER BY name COLLATE "sv-x-icu", slug"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.slug, row.name)).collect())
}

/// Short name and name of every board, by name.
pub(crate) async fn authorities(
    tx: &mut TenantTx,
) -> Result<Vec<(AuthorityId, String, String)>, sqlx::Error> {
    let rows =
        sqlx::query!(r#"SELECT id, slug, name FROM kernel.authority ORDER BY name COLLATE "sv-x-icu", slug"#)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| (AuthorityId::new(row.id), row.slug, row.name)).collect())
}

/// Writes a facility's facts, a new one's or an old one's.
pub(crate) async fn save_facility(
    tx: &mut TenantTx,
    id: FacilityId,
    slug: &str,
    (authority, owner): (AuthorityId, Option<CustomerId>),
    facts: &FacilityFacts,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let accessibility: Vec<String> = facts.accessibility.iter().map(|fact| fact.key().to_owned()).collect();
    let address = Some(facts.address.as_str()).filter(|address| !address.is_empty());
    sqlx::query!(
        "INSERT INTO facilities.facility
           (tenant_id, id, authority_id, slug, name, address, time_zone, latitude, longitude, description, rules_text,
            directions, accessibility, accessibility_notes, owner_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET authority_id = excluded.authority_id, name = excluded.name, address = excluded.address,
               time_zone = excluded.time_zone, latitude = excluded.latitude, longitude = excluded.longitude,
               description = excluded.description, rules_text = excluded.rules_text,
               directions = excluded.directions, accessibility = excluded.accessibility,
               accessibility_notes = excluded.accessibility_notes, owner_id = excluded.owner_id",
        tenant,
        id.uuid(),
        authority.uuid(),
        slug,
        facts.name,
        address,
        facts.time_zone,
        facts.position.map(|position| position.latitude),
        facts.position.map(|position| position.longitude),
        facts.description,
        facts.rules_text,
        facts.directions,
        &accessibility,
        facts.accessibility_notes,
        owner.map(CustomerId::uuid)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM facilities.other_id WHERE facility_id = $1", id.uuid())
        .execute(tx.conn())
        .await?;
    let (systems, ids): (Vec<String>, Vec<String>) = facts.other_ids.clone().into_iter().unzip();
    sqlx::query!(
        "INSERT INTO facilities.other_id (tenant_id, facility_id, system, id)
         SELECT $1, $2, * FROM unnest($3::text[], $4::text[])",
        tenant,
        id.uuid(),
        &systems,
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts these hours in the place of those that a facility had.
pub(crate) async fn replace_hours(
    tx: &mut TenantTx,
    facility: FacilityId,
    hours: &[RegularHours],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("DELETE FROM facilities.opening_hours WHERE facility_id = $1", facility.uuid())
        .execute(tx.conn())
        .await?;
    for regular in hours {
        let day = regular.hours;
        sqlx::query!(
            "INSERT INTO facilities.opening_hours
               (tenant_id, facility_id, day_kind, weekday, opens_minute, closes_minute)
             VALUES ($1, $2, $3, $4, $5, $6)",
            tenant,
            facility.uuid(),
            regular.on.key(),
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

/// Writes a resource, a new one or an old one; its parts are [`replace_parts`]'s.
pub(crate) async fn save_resource(
    tx: &mut TenantTx,
    facility: FacilityId,
    resource: &KnownResource,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let facts = &resource.facts;
    let number = |value: Option<u32>| value.map(write::<_, i32>).transpose();
    let boat = facts.kind.boat();
    let activities: Vec<String> = facts.activities.iter().map(|activity| activity.key().to_owned()).collect();
    let size = facts.size.as_ref();
    sqlx::query!(
        "INSERT INTO facilities.resource
           (tenant_id, id, facility_id, parent_id, slug, name, position, width_cm_min, width_cm_max, length_cm_min,
            length_cm_max, ceiling_cm, activities, kind, licence, boat_length_cm, boat_beam_cm, boat_draught_cm, persons_max,
            before_minutes, after_minutes, description, rules_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET parent_id = excluded.parent_id, name = excluded.name, position = excluded.position,
               width_cm_min = excluded.width_cm_min, width_cm_max = excluded.width_cm_max,
               length_cm_min = excluded.length_cm_min, length_cm_max = excluded.length_cm_max,
               ceiling_cm = excluded.ceiling_cm, activities = excluded.activities,
               kind = excluded.kind, licence = excluded.licence,
               boat_length_cm = excluded.boat_length_cm, boat_beam_cm = excluded.boat_beam_cm,
               boat_draught_cm = excluded.boat_draught_cm, persons_max = excluded.persons_max,
               before_minutes = excluded.before_minutes, after_minutes = excluded.after_minutes,
               description = excluded.description, rules_text = excluded.rules_text",
        tenant,
        resource.id.uuid(),
        facility.uuid(),
        resource.parent.map(ResourceId::uuid),
        resource.slug,
        facts.name,
        resource.position,
        number(size.map(|size| size.width.0))?,
        number(size.map(|size| size.width.1))?,
        number(size.map(|size| size.length.0))?,
        number(size.map(|size| size.length.1))?,
        number(size.and_then(|size| size.ceiling))?,
        &activities,
        facts.kind.key(),
        facts.kind.licence(),
        number(boat.length)?,
        number(boat.beam)?,
        number(boat.draught)?,
        number(facts.persons_max)?,
        write::<_, i32>(facts.before_minutes)?,
        write::<_, i32>(facts.after_minutes)?,
        facts.description,
        facts.rules_text
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a resource take these parts and no others.
pub(crate) async fn replace_parts(
    tx: &mut TenantTx,
    resource: ResourceId,
    parts: &[PartId],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let parts: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    sqlx::query!("DELETE FROM facilities.resource_part WHERE resource_id = $1", resource.uuid())
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO facilities.resource_part (tenant_id, resource_id, part_id) SELECT $1, $2, unnest($3::uuid[])",
        tenant,
        resource.uuid(),
        &parts
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes equipment, new or old, with what it can be had with.
pub(crate) async fn save_equipment(
    tx: &mut TenantTx,
    facility: FacilityId,
    equipment: &KnownEquipment,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let stock: Option<i32> = equipment.facts.stock.map(write).transpose()?;
    sqlx::query!(
        "INSERT INTO facilities.equipment (tenant_id, id, facility_id, slug, name, description, stock)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET name = excluded.name, description = excluded.description, stock = excluded.stock",
        tenant,
        equipment.id.uuid(),
        facility.uuid(),
        equipment.slug,
        equipment.facts.name,
        equipment.facts.description,
        stock
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM facilities.equipment_resource WHERE equipment_id = $1", equipment.id.uuid())
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO facilities.equipment_resource (tenant_id, equipment_id, resource_id)
         SELECT $1, $2, id FROM facilities.resource WHERE facility_id = $3 AND slug = any($4)",
        tenant,
        equipment.id.uuid(),
        facility.uuid(),
        &equipment.facts.resources
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes other hours, new or old.
pub(crate) async fn save_exception(
    tx: &mut TenantTx,
    facility: FacilityId,
    exception: &KnownException,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let minutes = exception.hours.iter().flat_map(|(opens, closes)| [*opens, *closes]);
    let minutes: Vec<i16> = minutes.map(write).collect::<Result<_, _>>()?;
    sqlx::query!(
        "INSERT INTO facilities.exception
           (tenant_id, id, facility_id, resource_id, first_date, last_date, minutes, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, id) DO UPDATE SET minutes = excluded.minutes, reason = excluded.reason",
        tenant,
        exception.id.uuid(),
        facility.uuid(),
        exception.resource.map(ResourceId::uuid),
        exception.first.to_sqlx() as _,
        exception.last.to_sqlx() as _,
        &minutes,
        exception.reason
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes other hours away; whether they were there.
pub(crate) async fn delete_exception(
    tx: &mut TenantTx,
    facility: FacilityId,
    id: ExceptionId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM facilities.exception WHERE facility_id = $1 AND id = $2",
        facility.uuid(),
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

const fn period_key(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Term => "term",
        PeriodKind::Break => "break",
    }
}

/// The school's year, in order.
pub(crate) async fn periods(tx: &mut TenantTx) -> Result<Vec<PeriodEntry>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT kind, first_date, last_date, name FROM facilities.school_period ORDER BY first_date, kind"
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = match row.kind.as_str() {
                "term" => PeriodKind::Term,
                "break" => PeriodKind::Break,
                _ => return Err(unreadable("kind of period")),
            };
            let (first, last) = (row.first_date.to_jiff(), row.last_date.to_jiff());
            Ok(PeriodEntry { line: 0, name: row.name, kind, first, last })
        })
        .collect()
}

/// Writes a span of the school's year, new or old.
pub(crate) async fn save_period(tx: &mut TenantTx, period: &PeriodEntry) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO facilities.school_period (tenant_id, kind, first_date, last_date, name)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, kind, first_date) DO UPDATE SET last_date = excluded.last_date, name = excluded.name",
        tenant,
        period_key(period.kind),
        period.first.to_sqlx() as _,
        period.last.to_sqlx() as _,
        period.name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a span of the school's year away; whether it was there.
pub(crate) async fn delete_period(
    tx: &mut TenantTx,
    kind: PeriodKind,
    first: Date,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM facilities.school_period WHERE kind = $1 AND first_date = $2",
        period_key(kind),
        first.to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
