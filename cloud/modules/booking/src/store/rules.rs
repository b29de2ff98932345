//! Layers of rules.

use booking_domain::{Layer, Parameters, Scope};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, FacilityId, ResourceId};
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

/// Writes a layer: a new one, or in the place of the one with its id.
pub async fn put(tx: &mut TenantTx, id: Uuid, layer: &Layer) -> Result<Put, sqlx::Error> {
    let (scope, scope_id) = columns(layer.scope);
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let (first, last) = (layer.first.to_sqlx(), layer.last.map(Date::to_sqlx));
    // Two who write at once: one waits for the other here, and then sees what the other wrote.
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 42))",
        format!("rule_set {tenant} {scope} {scope_id:?}")
    )
    .execute(tx.conn())
    .await?;
    let overlapping = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM booking.rule_set
              WHERE id <> $1 AND scope = $2 AND scope_id IS NOT DISTINCT FROM $3
                AND daterange(first_day, last_day, '[]') && daterange($4::date, $5::date, '[]')) AS "found!""#,
        id,
        scope,
        scope_id,
        first as _,
        last as _
    )
    .fetch_one(tx.conn())
    .await?;
    if overlapping {
        return Ok(Put::Overlaps);
    }
    sqlx::query!(
        "INSERT INTO booking.rule_set (tenant_id, id, scope, scope_id, first_day, last_day, parameters, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET first_day = excluded.first_day, last_day = excluded.last_day, parameters = excluded.parameters,
               changed_at = excluded.changed_at",
        tenant,
        id,
        scope,
        scope_id,
        first as _,
        last as _,
        Json(&layer.parameters) as _,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(Put::Done)
}

/// Takes a layer away; whether it was there.
pub async fn remove(tx: &mut TenantTx, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("DELETE FROM booking.rule_set WHERE id = $1", id).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}
