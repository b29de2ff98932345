//! Closing and opening: one row, one line in the trail, one event.

use cloud_contracts::{Closing, ClosureKind, ResourceClosed, ResourceOpened};
use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{ClosureId, FacilityId};
use serde_json::json;

use crate::store::{self, NewClosure};

/// Closes it.
pub(crate) async fn close(
    tx: &mut TenantTx,
    actor: Actor,
    closing: Closing,
) -> Result<ClosureId, sqlx::Error> {
    let id: ClosureId = tx.new_id();
    let Closing { facility, resource, kind, reason, starts_at, ends_at } = closing;
    let detail = json!({
        "resource": resource,
        "kind": match kind { ClosureKind::Closed => "closed", ClosureKind::Unplayable => "unplayable" },
        "reason": reason,
        "from": starts_at,
        "to": ends_at,
    });
    store::insert_closure(tx, &NewClosure { id, facility, resource, kind, reason, starts_at, ends_at })
        .await?;
    tx.audit(actor, "facilities.closed", Some(facility.uuid()), &detail).await?;
    tx.emit(&ResourceClosed { closure: id, facility, resource }).await?;
    Ok(id)
}

/// Opens what is closed; whether it was.
pub(crate) async fn open(
    tx: &mut TenantTx,
    actor: Actor,
    facility: FacilityId,
    closure: ClosureId,
) -> Result<bool, sqlx::Error> {
    let Some(resource) = store::end_closure(tx, facility, closure).await? else { return Ok(false) };
    let detail = json!({ "closure": closure, "resource": resource });
    tx.audit(actor, "facilities.opened", Some(facility.uuid()), &detail).await?;
    tx.emit(&ResourceOpened { closure, facility, resource }).await?;
    Ok(true)
}
