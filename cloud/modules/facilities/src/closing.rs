//! Closing and opening: one row, one line in the trail, one event.

use cloud_contracts::{Closing, ClosureKind, ResourceClosed, ResourceOpened};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::Change;
use jiff::Timestamp;
use protocols_ids::{ClosureId, FacilityId};
use serde_json::json;

use crate::change::{Obstacle, Outcome};
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

/// Closes it as a file says, or brings what is closed from then on up to what the file says.
pub(crate) async fn put(tx: &mut TenantTx, actor: Actor, wanted: Closing) -> Result<Outcome, Obstacle> {
    if wanted.ends_at.is_some_and(|end| end <= tx.now()) {
        return Ok(Outcome::Same);
    }
    let Some(old) = store::closure_from(tx, wanted.facility, wanted.resource, wanted.starts_at).await? else {
        close(tx, actor, wanted).await?;
        return Ok(Outcome::New);
    };
    let (was, is) =
        (said(old.kind, &old.reason, old.ends_at), said(wanted.kind, &wanted.reason, wanted.ends_at));
    let found = facilities_domain::changes(&was, &is);
    if found.is_empty() {
        return Ok(Outcome::Same);
    }
    let Closing { facility, resource, kind, reason, starts_at, ends_at } = wanted;
    let new = NewClosure { id: old.id, facility, resource, kind, reason, starts_at, ends_at };
    store::update_closure(tx, &new).await?;
    let told = |change: &Change| json!({ "key": change.key, "from": change.from, "to": change.to });
    let detail = json!({ "closure": old.id, "changes": found.iter().map(told).collect::<Vec<_>>() });
    tx.audit(actor, "facilities.closure_changed", Some(facility.uuid()), &detail).await?;
    // Whoever it meets now is told; nobody twice.
    tx.emit(&ResourceClosed { closure: old.id, facility, resource }).await?;
    Ok(Outcome::Changed(found))
}

fn said(kind: ClosureKind, reason: &str, ends_at: Option<Timestamp>) -> [(&'static str, String); 3] {
    let kind = match kind {
        ClosureKind::Closed => "closed",
        ClosureKind::Unplayable => "unplayable",
    };
    let ends = ends_at.map(|at| at.to_string()).unwrap_or_default();
    [("closing", kind.to_owned()), ("reason", reason.to_owned()), ("ends", ends)]
}
