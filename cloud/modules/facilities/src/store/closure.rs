//! What is closed.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{ClosureId, FacilityId, ResourceId};

use cloud_contracts::ClosureKind;

/// A closure to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NewClosure {
    pub(crate) id: ClosureId,
    pub(crate) facility: FacilityId,
    pub(crate) resource: Option<ResourceId>,
    pub(crate) kind: ClosureKind,
    pub(crate) reason: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

/// Writes it down.
pub(crate) async fn insert_closure(tx: &mut TenantTx, closure: &NewClosure) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let kind = kind_key(closure.kind);
    sqlx::query!(
        "INSERT INTO facilities.closure
           (tenant_id, id, facility_id, resource_id, kind, reason, starts_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        closure.id.uuid(),
        closure.facility.uuid(),
        closure.resource.map(ResourceId::uuid),
        kind,
        closure.reason,
        closure.starts_at.to_sqlx() as _,
        closure.ends_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

const fn kind_key(kind: ClosureKind) -> &'static str {
    match kind {
        ClosureKind::Closed => "closed",
        ClosureKind::Unplayable => "unplayable",
    }
}

/// What is closed from exactly then on, and has not opened again.
pub(crate) async fn closure_from(
    tx: &mut TenantTx,
    facility: FacilityId,
    resource: Option<ResourceId>,
    starts_at: Timestamp,
) -> Result<Option<NewClosure>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        "SELECT id, kind, reason, ends_at FROM facilities.closure
          WHERE facility_id = $1 AND resource_id IS NOT DISTINCT FROM $2 AND starts_at = $3
            AND (ends_at IS NULL OR ends_at > $4)
          ORDER BY id LIMIT 1",
        facility.uuid(),
        resource.map(ResourceId::uuid),
        starts_at.to_sqlx() as _,
        now as _
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| NewClosure {
        id: ClosureId::new(row.id),
        facility,
        resource,
        kind: if row.kind == "unplayable" { ClosureKind::Unplayable } else { ClosureKind::Closed },
        reason: row.reason,
        starts_at,
        ends_at: row.ends_at.map(jiff_sqlx::Timestamp::to_jiff),
    }))
}

/// Writes how, why and until when something is closed.
pub(crate) async fn update_closure(tx: &mut TenantTx, closure: &NewClosure) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE facilities.closure SET kind = $2, reason = $3, ends_at = $4 WHERE id = $1",
        closure.id.uuid(),
        kind_key(closure.kind),
        closure.reason,
        closure.ends_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a closure now: one that has begun keeps its row, one that has not is gone. Returns what it was about; nothing
/// if there is none that still holds.
pub(crate) async fn end_closure(
    tx: &mut TenantTx,
    facility: FacilityId,
    id: ClosureId,
) -> Result<Option<Option<ResourceId>>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let gone = sqlx::query_scalar!(
        "DELETE FROM facilities.closure WHERE facility_id = $1 AND id = $2 AND starts_at >= $3 RETURNING resource_id",
        facility.uuid(),
        id.uuid(),
        now as _
    )
    .fetch_optional(tx.conn())
    .await?;
    let ended = match gone {
        Some(resource) => Some(resource),
        None => {
            sqlx::query_scalar!(
                "UPDATE facilities.closure SET ends_at = $3
                  WHERE facility_id = $1 AND id = $2 AND (ends_at IS NULL OR ends_at > $3) RETURNING resource_id",
                facility.uuid(),
                id.uuid(),
                now as _
            )
            .fetch_optional(tx.conn())
            .await?
        }
    };
    Ok(ended.map(|resource| resource.map(ResourceId::new)))
}
