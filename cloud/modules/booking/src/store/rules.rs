//! Layers of rules.

use booking_domain::{Layer, Parameters, Scope};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, FacilityId, PersonId, ResourceId};
use sqlx::types::Json;
use uuid::Uuid;

/// A layer as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredLayer {
    /// Its id.
    pub id: Uuid,
    /// What it says, of what and when.
    pub layer: Layer,
}

/// Layers of one tenant at most that are read at once: far beyond what people keep in their heads.
const LAYERS_MAX: i64 = 10_000;

/// The layers of these facilities and resources, with those of their authorities and the tenant's.
pub async fn layers(
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
    facilities: &[FacilityId],
    resources: &[ResourceId],
) -> Result<Vec<StoredLayer>, sqlx::Error> {
    let ids: Vec<Uuid> = authorities
        .iter()
        .map(|id| id.uuid())
        .chain(facilities.iter().map(|id| id.uuid()))
        .chain(resources.iter().map(|id| id.uuid()))
        .collect();
    let rows = sqlx::query!(
        r#"SELECT id, scope, scope_id, first_day, last_day, parameters AS "parameters!: Json<Parameters>"
             FROM booking.rule_set WHERE scope_id IS NULL OR scope_id = any($1)
            ORDER BY first_day, id LIMIT $2"#,
        &ids,
        LAYERS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let layer = Layer {
                scope: scope(&row.scope, row.scope_id)?,
                first: row.first_day.to_jiff(),
                last: row.last_day.map(jiff_sqlx::Date::to_jiff),
                parameters: row.parameters.0,
            };
            Ok(StoredLayer { id: row.id, layer })
        })
        .collect()
}

fn scope(name: &str, id: Option<Uuid>) -> Result<Scope, sqlx::Error> {
    match (name, id) {
        ("tenant", None) => Ok(Scope::Tenant),
        ("authority", Some(id)) => Ok(Scope::Authority(id.into())),
        ("facility", Some(id)) => Ok(Scope::Facility(id.into())),
        ("resource", Some(id)) => Ok(Scope::Resource(id.into())),
        _ => Err(sqlx::Error::Decode(format!("unknown scope of rules {name:?}").into())),
    }
}

/// A scope as its columns have it.
fn columns(scope: Scope) -> (&'static str, Option<Uuid>) {
    match scope {
        Scope::Tenant => ("tenant", None),
        Scope::Authority(id) => ("authority", Some(id.uuid())),
        Scope::Facility(id) => ("facility", Some(id.uuid())),
        Scope::Resource(id) => ("resource", Some(id.uuid())),
    }
}

/// What became of a layer that was to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// It holds.
    Done,
    /// Another of the same scope holds on some of its days.
    Overlaps,
}

/// Keeps everybody else from the layers of a scope until the transaction ends. Two who write at once: one waits for the
/// other here, and then sees what the other wrote.
pub async fn lock(tx: &mut TenantTx, scope: Scope) -> Result<(), sqlx::Error> {
    let (name, id) = columns(scope);
    let of = format!("rule_set {} {name} {id:?}", tx.tenant().uuid());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 42))", of).execute(tx.conn()).await?;
    Ok(())
}

/// The layers of one scope, in order.
pub async fn of_scope(tx: &mut TenantTx, scope: Scope) -> Result<Vec<StoredLayer>, sqlx::Error> {
    let (name, id) = columns(scope);
    let rows = sqlx::query!(
        r#"SELECT id, first_day, last_day, parameters AS "parameters!: Json<Parameters>"
             FROM booking.rule_set WHERE scope = $1 AND scope_id IS NOT DISTINCT FROM $2
            ORDER BY first_day LIMIT $3"#,
        name,
        id,
        LAYERS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let layers = rows.into_iter().map(|row| StoredLayer {
        id: row.id,
        layer: Layer {
            scope,
            first: row.first_day.to_jiff(),
            last: row.last_day.map(jiff_sqlx::Date::to_jiff),
            parameters: row.parameters.0,
        },
    });
    Ok(layers.collect())
}

/// Writes a layer, a new one or in the place of the one with its id, and that somebody did; `None` is a file.
pub async fn put(
    tx: &mut TenantTx,
    id: Uuid,
    layer: &Layer,
    by: Option<PersonId>,
) -> Result<Put, sqlx::Error> {
    lock(tx, layer.scope).await?;
    let (scope, scope_id) = columns(layer.scope);
    let overlapping = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM booking.rule_set
              WHERE id <> $1 AND scope = $2 AND scope_id IS NOT DISTINCT FROM $3
                AND daterange(first_day, last_day, '[]') && daterange($4::date, $5::date, '[]')) AS "found!""#,
        id,
        scope,
        scope_id,
        layer.first.to_sqlx() as _,
        layer.last.map(Date::to_sqlx) as _
    )
    .fetch_one(tx.conn())
    .await?;
    if overlapping {
        return Ok(Put::Overlaps);
    }
    let by = By { person: by, change: tx.new_id() };
    write(tx, &StoredLayer { id, layer: layer.clone() }, by).await?;
    Ok(Put::Done)
}

/// Who writes, and in which change.
#[derive(Clone, Copy)]
struct By {
    person: Option<PersonId>,
    change: Uuid,
}

async fn write(tx: &mut TenantTx, stored: &StoredLayer, by: By) -> Result<i64, sqlx::Error> {
    let layer = &stored.layer;
    let (scope, scope_id) = columns(layer.scope);
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO booking.rule_set (tenant_id, id, scope, scope_id, first_day, last_day, parameters, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET first_day = excluded.first_day, last_day = excluded.last_day, parameters = excluded.parameters,
               changed_at = excluded.changed_at",
        tenant,
        stored.id,
        scope,
        scope_id,
        layer.first.to_sqlx() as _,
        layer.last.map(Date::to_sqlx) as _,
        Json(&layer.parameters) as _,
        now
    )
    .execute(tx.conn())
    .await?;
    keep(tx, stored, Some(&layer.parameters), by).await
}

/// Keeps what a layer says from now on, nothing where it is taken away; answers its place in the order of all that was
/// written.
async fn keep(
    tx: &mut TenantTx,
    stored: &StoredLayer,
    says: Option<&Parameters>,
    by: By,
) -> Result<i64, sqlx::Error> {
    let (scope, scope_id) = columns(stored.layer.scope);
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query_scalar!(
        "INSERT INTO booking.rule_set_version
           (tenant_id, id, rule_set_id, scope, scope_id, first_day, last_day, parameters, written_at, written_by,
            change_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING written_no",
        tenant,
        id,
        stored.id,
        scope,
        scope_id,
        stored.layer.first.to_sqlx() as _,
        stored.layer.last.map(Date::to_sqlx) as _,
        says.map(Json) as _,
        now,
        by.person.map(PersonId::uuid),
        by.change
    )
    .fetch_one(tx.conn())
    .await
}

/// Brings the layers of a scope from what they were read as to what they shall be; the scope is locked. Answers what
/// [`before`] takes back to what was, where anything was written.
pub async fn replace(
    tx: &mut TenantTx,
    before: &[StoredLayer],
    after: &[StoredLayer],
    by: PersonId,
) -> Result<Option<i64>, sqlx::Error> {
    let by = By { person: Some(by), change: tx.new_id() };
    let mut first: Option<i64> = None;
    let gone = before.iter().filter(|old| !after.iter().any(|new| new.id == old.id));
    for old in gone {
        sqlx::query!("DELETE FROM booking.rule_set WHERE id = $1", old.id).execute(tx.conn()).await?;
        let no = keep(tx, old, None, by).await?;
        first.get_or_insert(no);
    }
    // All that changes goes first, so that none stands in the way of another.
    let changed: Vec<&StoredLayer> = after.iter().filter(|new| !before.contains(new)).collect();
    let ids: Vec<Uuid> = changed.iter().map(|new| new.id).collect();
    sqlx::query!("DELETE FROM booking.rule_set WHERE id = any($1)", &ids).execute(tx.conn()).await?;
    for new in changed {
        let no = write(tx, new, by).await?;
        first.get_or_insert(no);
    }
    Ok(first)
}

/// Changes of the rules that are shown at most, newest first: years of them.
const HISTORY_MAX: i64 = 400;

/// What a layer said from a moment on.
#[derive(Clone, PartialEq, Debug)]
pub struct Version {
    /// Its place in the order of all that was written.
    pub no: i64,
    /// The same for all that was written at once.
    pub change: Uuid,
    /// When it was written.
    pub written_at: Timestamp,
    /// By whom, by name; `None` is a file that was read in.
    pub author: Option<String>,
    /// Which layer; what it said where it was not taken away.
    pub layer: Result<StoredLayer, Uuid>,
}

/// What was written of a scope, newest first.
pub async fn versions(tx: &mut TenantTx, scope: Scope) -> Result<Vec<Version>, sqlx::Error> {
    let (name, id) = columns(scope);
    let rows = sqlx::query!(
        r#"SELECT version.written_no, version.change_id, version.written_at, version.rule_set_id, version.first_day, version.last_day,
                  version.parameters AS "parameters: Json<Parameters>", person.name AS "author?"
             FROM booking.rule_set_version version
             LEFT JOIN pub.person_v1 person
               ON person.tenant_id = version.tenant_id AND person.id = version.written_by
            WHERE version.scope = $1 AND version.scope_id IS NOT DISTINCT FROM $2
            ORDER BY version.written_no DESC LIMIT $3"#,
        name,
        id,
        HISTORY_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let versions = rows.into_iter().map(|row| Version {
        no: row.written_no,
        change: row.change_id,
        written_at: row.written_at.to_jiff(),
        author: row.author,
        layer: match row.parameters {
            Some(Json(parameters)) => Ok(StoredLayer {
                id: row.rule_set_id,
                layer: Layer {
                    scope,
                    first: row.first_day.to_jiff(),
                    last: row.last_day.map(jiff_sqlx::Date::to_jiff),
                    parameters,
                },
            }),
            None => Err(row.rule_set_id),
        },
    });
    Ok(versions.collect())
}

/// The layers of a scope as they were before something was written.
pub async fn before(tx: &mut TenantTx, scope: Scope, no: i64) -> Result<Vec<StoredLayer>, sqlx::Error> {
    let (name, id) = columns(scope);
    let rows = sqlx::query!(
        r#"SELECT last.rule_set_id AS "rule_set_id!", last.first_day AS "first_day!", last.last_day,
                  last.parameters AS "parameters!: Json<Parameters>"
             FROM (SELECT DISTINCT ON (rule_set_id) rule_set_id, first_day, last_day, parameters
                     FROM booking.rule_set_version
                    WHERE scope = $1 AND scope_id IS NOT DISTINCT FROM $2 AND written_no < $3
                    ORDER BY rule_set_id, written_no DESC) last
            WHERE last.parameters IS NOT NULL ORDER BY last.first_day LIMIT $4"#,
        name,
        id,
        no,
        LAYERS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let layers = rows.into_iter().map(|row| StoredLayer {
        id: row.rule_set_id,
        layer: Layer {
            scope,
            first: row.first_day.to_jiff(),
            last: row.last_day.map(jiff_sqlx::Date::to_jiff),
            parameters: row.parameters.0,
        },
    });
    Ok(layers.collect())
}
